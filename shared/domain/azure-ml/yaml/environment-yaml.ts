/** Azure ML CLI v2 YAML of environments. @source azure-ai-ml 1.34, `_schema/assets/environment.py` */
import { z } from 'zod';

import type { LaterKeys } from '../../yaml/check-schema.ts';

import { looseEnum, tags, text, version } from './words.ts';

const route = z.strictObject({ port: z.int().positive(), path: text });

const environmentShape = {
  $schema: text.optional(),
  name: text.optional(),
  version: version.optional(),
  description: text.optional(),
  tags: tags.optional(),
  properties: tags.optional(),
  image: text.optional(),
  conda_file: z
    .union([text, z.record(z.string(), z.unknown())], { error: 'the path of a conda file, or its contents' })
    .optional(),
  build: z.strictObject({ path: text, dockerfile_path: text.optional() }).optional(),
  inference_config: z.strictObject({ liveness_route: route, readiness_route: route, scoring_route: route }).optional(),
  os_type: looseEnum(['linux', 'windows']).optional(),
};

/** An environment in the place where it is used: its name and version don't count. */
export const inlineEnvironmentYaml = z
  .strictObject(environmentShape)
  .refine((value) => (value.image === undefined) !== (value.build === undefined), {
    error: 'either `image` or `build`, and not both',
  });
/** See {@link inlineEnvironmentYaml}. */
export type EnvironmentYaml = z.output<typeof inlineEnvironmentYaml>;

/** A file of its own. */
export const environmentYaml = z
  .strictObject({ ...environmentShape, name: text })
  .refine((value) => (value.image === undefined) !== (value.build === undefined), {
    error: 'either `image` or `build`, and not both',
  });

/** Where an environment is used: a reference, a file (`file:./environment.yml`) or the environment itself. */
export const environmentUse = z.union([text, inlineEnvironmentYaml], {
  error: 'a reference (`azureml:name:version`), a file (`file:./environment.yml`) or a map with `image` or `build`',
});

/** Keys of Microsoft's schema that a later release honours. */
export const laterEnvironmentKeys: LaterKeys = { datastore: 'uploads of environments' };
