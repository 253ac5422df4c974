/** The model file: encoder and weights in one JSON document, written by train and read by evaluate and the server. */
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { encode } from './encoder.mjs';
import { logistic } from './logistic.mjs';

const FILE = 'model.json';

/**
 * @param {string} folder - is made if it isn't there
 * @param {object} model - plain JSON; equal models give equal bytes
 */
export function writeModel(folder, model) {
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, FILE), `${JSON.stringify({ schemaVersion: 1, ...model })}\n`);
}

/**
 * @param {string} folder - that holds the file itself or, as a registered model's folder does, one folder with it
 * @throws {Error} where there is no model, or one of another shape
 */
export function readModel(folder) {
  const path = [
    folder,
    ...readdirSync(folder, { withFileTypes: true })
      .filter((entry) => entry.isDirectory())
      .map(({ name }) => join(folder, name)),
  ]
    .map((place) => join(place, FILE))
    .find((place) => existsSync(place));
  if (path === undefined) throw new Error(`There is no ${FILE} in ${folder}.`);
  const model = JSON.parse(readFileSync(path, 'utf8'));
  if (model.schemaVersion !== 1)
    throw new Error(`${path} has schemaVersion ${model.schemaVersion}; this code reads 1.`);
  return model;
}

/**
 * @param {object} model - of {@link readModel}
 * @param {Record<string, string | undefined>} row - a strike report; unseen and missing categories count as other
 * @returns {number} probability of damage
 */
export function predict(model, row) {
  const sum = encode(model.encoder, row).reduce(
    (total, { column, value }) => total + value * model.weights[column],
    model.intercept,
  );
  return logistic(sum);
}
