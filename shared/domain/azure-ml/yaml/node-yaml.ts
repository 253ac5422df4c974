/** Steps of pipeline jobs in Azure ML CLI v2 YAML. @source azure-ai-ml 1.34, `_schema/pipeline/component_job.py` */
import { z } from 'zod';

import type { LaterKeys } from '../../yaml/check-schema.ts';

import { distributionYaml } from './command-job-yaml.ts';
import { environmentUse } from './environment-yaml.ts';
import { nodeOutputYaml, pipelineInputYaml } from './job-io-yaml.ts';
import { sweepShape } from './sweep-yaml.ts';
import { entryName, environmentVariables, looseEnum, seconds, tags, text } from './words.ts';

/** Steps say numbers by value or by a binding to an input of the pipeline. */
function bindable<Schema extends z.ZodType>(schema: Schema) {
  return z.union([z.string().regex(/^\$\{\{.+\}\}$/), schema]);
}

const count = bindable(z.int().positive());

const resources = z.strictObject({
  instance_count: count.optional(),
  instance_type: text.optional(),
  shm_size: text.optional(),
  docker_args: text.optional(),
});

const shape = {
  $schema: text.optional(),
  name: text.optional(),
  display_name: text.optional(),
  description: text.optional(),
  comment: text.optional(),
  tags: tags.optional(),
  properties: tags.optional(),
  compute: text.optional(),
  inputs: z.record(entryName, z.union([z.null(), pipelineInputYaml])).optional(),
  outputs: z.record(entryName, nodeOutputYaml).optional(),
};

const commandShape = {
  ...shape,
  type: looseEnum(['command']).optional(),
  environment_variables: environmentVariables.optional(),
  resources: resources.optional(),
  distribution: distributionYaml.optional(),
  limits: z.strictObject({ timeout: bindable(seconds).optional() }).optional(),
};

/** A command job as a step. */
export const commandNodeYaml = z.strictObject({
  ...commandShape,
  command: text.min(1, 'the command that the step runs'),
  code: text.optional(),
  environment: environmentUse,
});
/** See {@link commandNodeYaml}. */
export type CommandNodeYaml = z.output<typeof commandNodeYaml>;

/** What a step runs: a reference, a file, or the component itself. */
const component = z.union([text, z.record(z.string(), z.unknown())], {
  error: 'the path of a component file, `azureml:<name>:<version>`, or a component',
});

/** A command component as a step. */
export const componentNodeYaml = z.strictObject({ ...commandShape, component });
/** See {@link componentNodeYaml}. */
export type ComponentNodeYaml = z.output<typeof componentNodeYaml>;

/** A pipeline component as a step. */
export const pipelineNodeYaml = z.strictObject({ ...shape, type: looseEnum(['pipeline']), component });
/** See {@link pipelineNodeYaml}. */
export type PipelineNodeYaml = z.output<typeof pipelineNodeYaml>;

/** A sweep as a step. */
export const sweepNodeYaml = z.strictObject({
  ...shape,
  type: looseEnum(['sweep']),
  trial: component,
  ...sweepShape,
  inputs: shape.inputs,
});
/** See {@link sweepNodeYaml}. */
export type SweepNodeYaml = z.output<typeof sweepNodeYaml>;

const whole = z.int().nonnegative();

/** A parallel job as a step. It is converted, and it runs in Azure only. */
export const parallelNodeYaml = z.strictObject({
  ...shape,
  type: looseEnum(['parallel']),
  input_data: text,
  task: z.strictObject({
    type: looseEnum(['run_function', 'function', 'model']),
    code: text,
    entry_script: text,
    environment: environmentUse,
    program_arguments: text.optional(),
    append_row_to: text.optional(),
    model: text.optional(),
  }),
  mini_batch_size: z.union([text, whole]).optional(),
  partition_keys: z.array(text).optional(),
  resources: resources.optional(),
  max_concurrency_per_instance: whole.optional(),
  error_threshold: z.int().optional(),
  mini_batch_error_threshold: z.int().optional(),
  logging_level: text.optional(),
  retry_settings: z.strictObject({ max_retries: whole.optional(), timeout: whole.optional() }).optional(),
  environment_variables: environmentVariables.optional(),
});
/** See {@link parallelNodeYaml}. */
export type ParallelNodeYaml = z.output<typeof parallelNodeYaml>;

/** Keys of Microsoft's schemas that a later release honours. */
export const laterNodeKeys: LaterKeys = {
  'jobs.*.identity': 'the identity of a step',
  'jobs.*.services': 'interactive services of steps',
  'jobs.*.queue_settings': 'job tiers and priorities',
  'jobs.*.experiment_name': 'an experiment for one step; that of the pipeline counts',
  'jobs.*.inputs.*.optional': 'optional inputs of inline steps',
  'jobs.*.resources.properties': 'properties of resources',
};
