/** Azure ML CLI v2 YAML of command jobs. @source azure-ai-ml 1.34, `_schema/job/{base_job,parameterized_command,…}.py` */
import { z } from 'zod';

import type { LaterKeys } from '../../yaml/check-schema.ts';

import { environmentUse } from './environment-yaml.ts';
import { jobInputYaml, jobOutputYaml } from './job-io-yaml.ts';
import { entryName, environmentVariables, looseEnum, seconds, tags, text } from './words.ts';

const instances = z.int().positive();

/** How the processes of a job find each other. */
export const distributionYaml = z.discriminatedUnion('type', [
  z.strictObject({ type: z.literal('pytorch'), process_count_per_instance: instances.optional() }),
  z.strictObject({ type: z.literal('mpi'), process_count_per_instance: instances.optional() }),
  z.strictObject({
    type: z.literal('tensorflow'),
    worker_count: instances.optional(),
    parameter_server_count: z.int().nonnegative().optional(),
  }),
]);

/** What a job runs on. */
export const resourcesYaml = z.strictObject({
  instance_count: instances.optional(),
  instance_type: text.optional(),
  shm_size: text.optional(),
  docker_args: text.optional(),
});

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
  inputs: z.record(entryName, jobInputYaml).optional(),
  outputs: z.record(entryName, jobOutputYaml).optional(),
  resources: resourcesYaml.optional(),
  distribution: distributionYaml.optional(),
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
  'resources.properties': 'properties of resources',
  'resources.max_instance_count': 'elastic jobs',
  'resources.locations': 'placing jobs by region',
  'environment.datastore': 'uploads of environments',
};
