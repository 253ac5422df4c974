/** Bodies of command jobs: what the laptop runs of them, and what it refuses by name. */
import { z } from 'zod';

import { canonicalJson } from '#shared/domain/canonical-json.ts';

import { invalid, notServed, readBody } from './arm-error.ts';
import { durationMs } from './duration.ts';

const texts = z.record(z.string(), z.string());
const nothing = z.union([z.null(), z.strictObject({})]).optional();
const described = { description: z.string().nullish() };

const input = z.discriminatedUnion(
  'jobInputType',
  [
    z.strictObject({ ...described, jobInputType: z.literal('literal'), value: z.string() }),
    z.strictObject({
      ...described,
      jobInputType: z.enum(['uri_folder', 'uri_file', 'custom_model']),
      uri: z.string().min(1),
      mode: z
        .enum(['ReadOnlyMount', 'Download'], { error: 'the laptop downloads inputs, and jobs may not write them' })
        .optional(),
    }),
  ],
  { error: 'the laptop has inputs of the types literal, uri_folder, uri_file and custom_model' },
);

const output = z.strictObject({
  ...described,
  jobOutputType: z.enum(['uri_folder', 'custom_model'], {
    error: 'the laptop has outputs of the types uri_folder and custom_model',
  }),
  uri: z.string().min(1).optional(),
  mode: z.enum(['ReadWriteMount', 'Upload'], { error: 'the laptop uploads outputs when the job is done' }).optional(),
});

/** @source azure-facts.md 3.4 and the ARM type CommandJob of 2024-10-01 */
const properties = z.strictObject({
  ...described,
  jobType: z.string(),
  displayName: z.string().nullish(),
  experimentName: z.string().default('Default'),
  command: z.string().min(1),
  codeId: z.string().nullish(),
  environmentId: z.string().min(1),
  // Computes and tiers are how Azure is told where to run; here is only one place.
  computeId: z.string().nullish(),
  queueSettings: z.looseObject({}).nullish(),
  inputs: z.record(z.string().regex(/^[A-Za-z_][\w-]*$/), input).nullish(),
  outputs: z.record(z.string().regex(/^[A-Za-z_][\w-]*$/), output).nullish(),
  environmentVariables: texts.nullish(),
  resources: z
    .strictObject({
      instanceCount: z.int().positive().default(1),
      instanceType: z.string().nullish(),
      shmSize: z.string().nullish(),
      properties: nothing,
    })
    .nullish(),
  limits: z.strictObject({ jobLimitsType: z.literal('Command'), timeout: z.string().nullish() }).nullish(),
  identity: z.looseObject({ identityType: z.literal('AMLToken', 'a job on the laptop has no identity') }).nullish(),
  services: nothing,
  distribution: z.null().optional(),
  tags: texts.nullish(),
  properties: texts.nullish(),
  isArchived: z.boolean().default(false),
});

/** A job's properties, as the laptop knows them. */
export type JobProperties = z.output<typeof properties>;

const body = z.strictObject({ properties });

/** Places in a command that Azure ML fills. */
const places = /\$\{\{\s*([^}]*?)\s*\}\}/g;
/** Azure's machines with GPUs. @source Azure VM sizes: families of the letter N */
const gpu = /^standard_n/i;

/**
 * Reads the body of a PUT of a job.
 *
 * @throws {ArmError} Azure ML would refuse it, or this machine cannot run it
 */
export function readJob(told: unknown): JobProperties {
  const type = (told as { properties?: { jobType?: unknown } } | undefined)?.properties?.jobType;
  if (typeof type === 'string' && type !== 'Command') throw notServed(`A job of type ${type} (only Command)`);
  const { properties: job } = readBody(body, told, 'The job');
  const { instanceCount = 1, instanceType } = job.resources ?? {};
  if (instanceCount > 1) throw notServed(`A job of ${instanceCount} instances (set instance_count to 1)`);
  if (typeof instanceType === 'string' && gpu.test(instanceType))
    throw notServed(`A job on ${instanceType}, which has a GPU (choose an instance type without one)`);
  if (typeof job.limits?.timeout === 'string') durationMs(job.limits.timeout);
  for (const [place, name = ''] of job.command.matchAll(places)) {
    const [group = '', key = '', ...more] = name.split('.');
    const isKnown =
      more.length === 0 &&
      ((group === 'inputs' && job.inputs?.[key] !== undefined) ||
        (group === 'outputs' && job.outputs?.[key] !== undefined));
    if (!isKnown) throw invalid(`The command names ${place}, and the job has no such input or output.`);
  }
  return job;
}

/** @returns the command with each place filled by a path or a literal value, as it is */
export function fillCommand(command: string, fill: (group: 'inputs' | 'outputs', name: string) => string): string {
  return command.replaceAll(places, (_place, name: string) => {
    const [group, key = ''] = name.split('.');
    return fill(group === 'inputs' ? 'inputs' : 'outputs', key);
  });
}

/** What a second PUT of a job may not change. @source azure-facts.md 3.4 */
export function fixedPartOf(job: JobProperties): string {
  const { displayName: _name, description: _description, tags: _tags, isArchived: _archived, ...fixed } = job;
  return canonicalJson(fixed);
}
