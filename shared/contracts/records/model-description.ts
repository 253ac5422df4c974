import { z } from 'zod';

import { mlflowModel } from '#shared/domain/mlflow-model/mlmodel.ts';

/** What an MLflow model says of itself, kept with the model version: a blob named by its digest. */
export const modelDescription = z.strictObject({
  ...mlflowModel.shape,
  /** The input example, where it is small and JSON. */
  exampleValue: z.unknown().optional(),
});
/** See {@link modelDescription}. */
export type ModelDescription = z.output<typeof modelDescription>;

/** Tag of a model version with the digest of its description. */
export const DESCRIPTION_TAG = 'whence.mlflow';
