/** Azure ML CLI v2 YAML of pipeline jobs. @source azure-ai-ml 1.34, `_schema/pipeline/{pipeline_job,settings}.py` */
import { z } from 'zod';

import type { LaterKeys } from '../../yaml/check-schema.ts';

import { nodesYaml } from './component-yaml.ts';
import { jobOutputYaml, pipelineInputYaml } from './job-io-yaml.ts';
import { entryName, looseEnum, tags, text } from './words.ts';

/** A pipeline job: steps of its own, or those of a pipeline component. */
export const pipelineJobYaml = z
  .strictObject({
    $schema: text.optional(),
    type: looseEnum(['pipeline']).optional(),
    name: text.optional(),
    display_name: text.optional(),
    experiment_name: text.optional(),
    description: text.optional(),
    tags: tags.optional(),
    properties: tags.optional(),
    compute: text.optional(),
    settings: z
      .strictObject({
        default_compute: text.optional(),
        default_datastore: text.optional(),
        continue_on_step_failure: z.boolean().optional(),
        force_rerun: z.boolean().optional(),
      })
      .optional(),
    inputs: z.record(entryName, pipelineInputYaml).optional(),
    outputs: z.record(entryName, jobOutputYaml).optional(),
    jobs: nodesYaml.optional(),
    component: text.optional(),
  })
  .refine((value) => (value.jobs === undefined) !== (value.component === undefined), {
    error: 'either `jobs` or `component`, and not both',
  });
/** See {@link pipelineJobYaml}. */
export type PipelineJobYaml = z.output<typeof pipelineJobYaml>;

/** Keys of Microsoft's schema that a later release honours. */
export const laterPipelineJobKeys: LaterKeys = {
  identity: 'the identity of a job',
  services: 'interactive services of pipelines',
  schedule: 'schedules; write `trigger.schedule` in pipeline.yaml',
  'settings.on_init': 'steps before the others',
  'settings.on_finalize': 'steps after the others',
  'settings.default_code': 'defaults of older releases of Azure ML',
  'settings.default_environment': 'defaults of older releases of Azure ML',
};
