/** Schemas of the words that several kinds of Azure ML YAML share. @source azure-ai-ml 1.34, `azure/ai/ml/_schema` */
import { z } from 'zod';

/**
 * An enum as Azure ML's tools read it: `AADToken`, `aadToken` and `aad_token` are one.
 * @param values - the words in snake case
 */
export function looseEnum<const Values extends readonly [string, ...string[]]>(values: Values) {
  const plain = (text: string): string => text.toLowerCase().replaceAll('_', '');
  return z.preprocess(
    (value) => (typeof value === 'string' ? (values.find((word) => plain(word) === plain(value)) ?? value) : value),
    z.enum(values),
  );
}

/** Free text. */
export const text = z.string();

/** Tags: names and texts; a name without a value is an empty text. */
export const tags = z.record(
  z.string(),
  z.union([z.string(), z.null()], { error: 'text; a number or a true needs quotes' }).transform((value) => value ?? ''),
);

/** Environment variables: texts. */
export const environmentVariables = z.record(
  z.string().regex(/^[A-Za-z_]\w*$/, 'letters, digits and underscores, not starting with a digit'),
  z.string({ error: 'text; a number or a true needs quotes' }),
);

/** A version, which YAML may read as a number. */
export const version = z
  .union([z.string(), z.int()], { error: 'text or a whole number' })
  .transform((value) => String(value));

/** Kinds of data and models that inputs and outputs have. */
export const assetTypes = [
  'uri_file',
  'uri_folder',
  'mltable',
  'custom_model',
  'mlflow_model',
  'triton_model',
] as const;

/** A name of an input, an output or a service. */
export const entryName = z
  .string()
  .regex(/^[a-zA-Z_]\w*$/, 'letters, digits and underscores, not starting with a digit');

/** Seconds. */
export const seconds = z.int().nonnegative();
