/** Azure ML CLI v2 YAML of command jobs. @source azure-ai-ml 1.34, `_schema/job/{base_job,parameterized_command,…}.py` */
import { z } from 'zod';

import type { LaterKeys } from '../../yaml/check-schema.ts';

import { environmentUse } from './environment-yaml.ts';
import { assetTypes, entryName, environmentVariables, looseEnum, seconds, tags, text } from './words.ts';

const assetInput = z.strictObject({
  type: looseEnum(assetTypes).optional(),
  path: text,
  mode: looseEnum(['mount', 'ro_mount', 'download', 'direct', 'eval_mount', 'eval_download']).optional(),
  description: text.optional(),
});

const input = z.union([z.string(), z.number(), z.boolean(), assetInput], {
  error: 'text, a number, true or false, or a map with `type` and `path`',
});

const output = z.union(
  [
    z.null(),
    z.strictObject({
      type: looseEnum(assetTypes).optional(),
      path: text.optional(),
      mode: looseEnum(['mount', 'rw_mount', 'upload', 'direct']).optional(),
      description: text.optional(),
    }),
  ],
  { error: 'a map with `type`, or nothing' },
);

const instances = z.int().positive();

const distribution = z.discriminatedUnion('type', [
  z.strictObject({ type: z.literal('pytorch'), process_count_per_instance: instances.optional() }),
  z.strictObject({ type: z.literal('mpi'), process_count_per_instance: instances.optional() }),
  z.strictObject({
    type: z.literal('tensorflow'),
    worker_count: instances.optional(),
    parameter_server_count: z.int().nonnegative().optional(),
  }),
]);

const service = z.strictObject({
  type: looseEnum(['vs_code', 'jupyter_lab', 'tensor_board', 'ssh']),
  port: z.int().positive().optional(),
  nodes: text.optional(),
  log_dir: text.optional(),
  ssh_public_keys: text.optional(),
});

/** A command job. */
export const commandJobYaml = z.strictObject({
  $schema: text.optional(),
  type: looseEnum(['command']).optional(),
  name: text.optional(),
  display_name: text.optional(),
  experiment_name: text.optional(),
  description: text.optional(),
  tags: tags.optional(),
  properties: tags.optional(),
  command: text.min(1, 'the command that the job runs'),
  code: text.optional(),
  environment: environmentUse,
  environment_variables: environmentVariables.optional(),
  compute: text.optional(),
  inputs: z.record(entryName, input).optional(),
  outputs: z.record(entryName, output).optional(),
  resources: z
    .strictObject({
      instance_count: instances.optional(),
      instance_type: text.optional(),
      shm_size: text.optional(),
      docker_args: text.optional(),
    })
    .optional(),
  distribution: distribution.optional(),
  limits: z.strictObject({ timeout: seconds.optional() }).optional(),
  services: z.record(entryName, service).optional(),
});
/** See {@link commandJobYaml}. */
export type CommandJobYaml = z.output<typeof commandJobYaml>;

/** Keys of Microsoft's schema that a later release honours. */
export const laterCommandJobKeys: LaterKeys = {
  identity: 'the identity of a job',
  queue_settings: 'job tiers and priorities',
  'inputs.*.optional': 'optional inputs',
  'inputs.*.datastore': 'uploads of inputs',
  'outputs.*.name': 'registering outputs as assets',
  'outputs.*.version': 'registering outputs as assets',
  'resources.properties': 'properties of resources',
  'resources.max_instance_count': 'elastic jobs',
  'resources.locations': 'placing jobs by region',
  'environment.datastore': 'uploads of environments',
};
