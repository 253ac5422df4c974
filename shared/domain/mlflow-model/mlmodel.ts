/** What an MLflow model says of itself, in its file `MLmodel`. */
import { z } from 'zod';

import { checkSchema } from '../yaml/check-schema.ts';
import { parseYaml } from '../yaml/parse-yaml.ts';
import type { Problem } from '../yaml/problem.ts';

import { signatureColumn, type ModelSignature, type SignatureColumn } from './signature.ts';

/** The file that makes a folder an MLflow model. */
export const MLMODEL_FILE = 'MLmodel';

const example = z.looseObject({ artifact_path: z.string().max(400), type: z.string().optional() });

const mlmodelYaml = z.looseObject({
  flavors: z
    .record(z.string(), z.record(z.string(), z.unknown()))
    .refine((flavors) => Object.keys(flavors).length > 0, {
      error: 'at least one flavour, as `mlflow.<flavour>.save_model` writes',
    }),
  mlflow_version: z.string().optional(),
  model_uuid: z.string().nullish(),
  run_id: z.string().nullish(),
  saved_input_example_info: example.nullish(),
  signature: z
    .looseObject({
      inputs: z.string().nullish(),
      outputs: z.string().nullish(),
      params: z.string().nullish(),
    })
    .nullish(),
});

/** An MLflow model, as far as Whence reads it. Plain JSON, kept with the model version. */
export const mlflowModel = z.strictObject({
  /** Flavour → what it says of itself, texts only. */
  flavors: z.record(z.string(), z.record(z.string(), z.string())),
  mlflowVersion: z.string().optional(),
  modelUuid: z.string().optional(),
  mlflowRunId: z.string().optional(),
  signature: z
    .strictObject({
      inputs: z.array(signatureColumn).optional(),
      outputs: z.array(signatureColumn).optional(),
      params: z.unknown().optional(),
    })
    .optional(),
  /** Path from the model's folder. */
  inputExample: z.strictObject({ path: z.string(), type: z.string().optional() }).optional(),
});
/** See {@link mlflowModel}. */
export type MlflowModel = z.output<typeof mlflowModel>;

/** The model, or everything that is wrong with its file. */
export type ReadModel =
  | { readonly model: MlflowModel; readonly problems?: never }
  | { readonly model?: never; readonly problems: readonly Problem[] };

/**
 * Reads an `MLmodel`. Keys that Whence has no use for are left alone: the file is MLflow's.
 *
 * @param file - path for the problems
 * @source mlflow, docs "MLflow Models: Storage Format" and "Model Signatures"
 */
export function readMlmodel(file: string, bytes: Uint8Array): ReadModel {
  const { document, problems } = parseYaml(file, bytes, 'core');
  if (problems !== undefined) return { problems };
  const checked = checkSchema(mlmodelYaml, document);
  if (checked.problems !== undefined) return { problems: checked.problems };
  const { value } = checked;
  const wrong: Problem[] = [];
  const columns = (key: 'inputs' | 'outputs'): readonly SignatureColumn[] | undefined => {
    const text = value.signature?.[key];
    if (typeof text !== 'string') return undefined;
    const read = readColumns(text);
    if (typeof read !== 'string') return read;
    wrong.push(
      document.problem(['signature', key], {
        code: 'wrong-value',
        message: `The ${key} of the signature could not be read: ${read}`,
        expected: 'a JSON list of columns or tensors, as `mlflow.models.infer_signature` makes it',
        fix: 'Save the model with a signature that MLflow made.',
      }),
    );
    return undefined;
  };
  const signature: ModelSignature = { inputs: columns('inputs'), outputs: columns('outputs') };
  if (wrong.length > 0) return { problems: wrong };
  return { model: toModel(value, signature) };
}

function toModel(yaml: z.output<typeof mlmodelYaml>, { inputs, outputs }: ModelSignature): MlflowModel {
  const { mlflow_version: mlflowVersion, model_uuid: modelUuid, run_id: runId, saved_input_example_info: told } = yaml;
  const params = yaml.signature?.params;
  return {
    flavors: Object.fromEntries(Object.entries(yaml.flavors).map(([name, data]) => [name, textsOf(data)])),
    ...(mlflowVersion === undefined ? {} : { mlflowVersion }),
    ...(typeof modelUuid === 'string' ? { modelUuid } : {}),
    ...(typeof runId === 'string' ? { mlflowRunId: runId } : {}),
    ...(yaml.signature === undefined || yaml.signature === null
      ? {}
      : {
          signature: {
            ...(inputs === undefined ? {} : { inputs: [...inputs] }),
            ...(outputs === undefined ? {} : { outputs: [...outputs] }),
            ...(typeof params === 'string' ? { params: jsonOr(params) } : {}),
          },
        }),
    ...(told === undefined || told === null
      ? {}
      : { inputExample: { path: told.artifact_path, ...(told.type === undefined ? {} : { type: told.type }) } }),
  };
}

/** @returns the columns, or why there are none */
function readColumns(text: string): readonly SignatureColumn[] | string {
  const json = jsonOr(text);
  const checked = z.array(signatureColumn).min(1).safeParse(json);
  if (checked.success) return checked.data;
  return typeof json === 'string' ? 'it is not JSON.' : z.prettifyError(checked.error).replaceAll(/\s+/g, ' ');
}

/** @returns the value of JSON, or the text where it is none */
function jsonOr(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return text;
  }
}

function textsOf(data: Readonly<Record<string, unknown>>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(data).flatMap(([key, value]) =>
      value === null || value === undefined ? [] : [[key, typeof value === 'string' ? value : JSON.stringify(value)]],
    ),
  );
}
