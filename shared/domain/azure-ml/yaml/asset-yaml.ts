/** Azure ML CLI v2 YAML of data and models. @source azure-ai-ml 1.34, `_schema/assets/{data,model}.py` */
import { z } from 'zod';

import type { LaterKeys } from '../../yaml/check-schema.ts';

import { looseEnum, tags, text, version } from './words.ts';

const shape = {
  $schema: text.optional(),
  version: version.optional(),
  description: text.optional(),
  tags: tags.optional(),
  properties: tags.optional(),
};

/** A data asset. */
export const dataYaml = z.strictObject({
  ...shape,
  name: text.optional(),
  type: looseEnum(['uri_file', 'uri_folder', 'mltable']).optional(),
  path: text,
});
/** See {@link dataYaml}. */
export type DataYaml = z.output<typeof dataYaml>;

/** A model. */
export const modelYaml = z.strictObject({
  ...shape,
  name: text,
  type: looseEnum(['custom_model', 'mlflow_model', 'triton_model']).optional(),
  path: text.optional(),
  flavors: z.record(text, z.record(text, z.unknown())).optional(),
});
/** See {@link modelYaml}. */
export type ModelYaml = z.output<typeof modelYaml>;

/** Keys of Microsoft's schemas that a later release honours. */
export const laterAssetKeys: LaterKeys = {
  datastore: 'uploads to a datastore of one’s own',
  auto_delete_setting: 'deleting assets by themselves',
  stage: 'stages of models',
  default_deployment_template: 'deployment templates of models',
};
