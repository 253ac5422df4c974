/** Bodies of command jobs: what the laptop runs of them, and what it refuses by name. */
import { z } from 'zod';

import { canonicalJson } from '#shared/domain/canonical-json.ts';

import { invalid, notServed, readBody } from './arm-error.ts';
import { durationMs } from './duration.ts';

const texts = z.record(z.string(), z.string());
const described = { description: z.string().nullish() };

const dataTypes = ['uri_folder', 'uri_file', 'mltable', 'custom_model', 'mlflow_model', 'triton_model'] as const;

/** An input of a job. The laptop downloads data in every mode; jobs may not write it. */
export const jobInput = z.discriminatedUnion(
  'jobInputType',
  [
    z.strictObject({ ...described, jobInputType: z.literal('literal'), value: z.string() }),
    z.strictObject({
      ...described,
      jobInputType: z.enum(dataTypes),
      uri: z.string().min(1),
      mode: z
        .enum(['ReadOnlyMount', 'Download'], { error: 'the laptop has the modes ReadOnlyMount and Download' })
        .optional(),
    }),
  ],
  { error: `the laptop has inputs of the types literal, ${dataTypes.join(', ')}` },
);
/** See {@link jobInput}. */
export type JobInput = z.output<typeof jobInput>;

/** An output of a job. */
export const jobOutput = z.strictObject({
  ...described,
  jobOutputType: z.enum(dataTypes, { error: `the laptop has outputs of the types ${dataTypes.join(', ')}` }),
  uri: z.string().min(1).optional(),
  mode: z.enum(['ReadWriteMount', 'Upload'], { error: 'the laptop uploads outputs when the job is done' }).optional(),
  assetName: z.string().optional(),
  assetVersion: z.string().optional(),
});
/** See {@link jobOutput}. */
export type JobOutput = z.output<typeof jobOutput>;

const entryName = z.string().regex(/^[A-Za-z_][\w-]*$/);
/** Inputs by name. */
export const jobInputs = z.record(entryName, jobInput).nullish();
/** Outputs by name. */
export const jobOutputs = z.record(entryName, jobOutput).nullish();

/** Only one process: what needs more needs more machines. */
const one = z.literal(1, { error: 'the laptop runs one process a job: set the count to 1' }).nullish();
/** How the processes of a job find each other. */
export const jobDistribution = z
  .discriminatedUnion('distributionType', [
    z.strictObject({ distributionType: z.literal('PyTorch'), processCountPerInstance: one }),
    z.strictObject({ distributionType: z.literal('Mpi'), processCountPerInstance: one }),
    z.strictObject({
      distributionType: z.literal('TensorFlow'),
      workerCount: one,
      parameterServerCount: z.literal(0, { error: 'the laptop runs one process a job: set it to 0' }).nullish(),
    }),
  ])
  .nullish();

/** What every job says of itself. */
export const jobWords = {
  ...described,
  displayName: z.string().nullish(),
  experimentName: z.string().default('Default'),
  tags: texts.nullish(),
  properties: texts.nullish(),
  isArchived: z.boolean().default(false),
};

/** Interactive services. None is started on a laptop; the job's log says so. */
export const jobServices = z.record(z.string(), z.looseObject({ jobServiceType: z.string().nullish() })).nullish();

/** What a job runs on. */
export const jobResources = z
  .strictObject({
    instanceCount: z.int().positive().default(1),
    instanceType: z.string().nullish(),
    shmSize: z.string().nullish(),
    // What a compute may make of them; the laptop has none.
    properties: z.looseObject({}).nullish(),
    dockerArgs: z.string().nullish(),
  })
  .nullish();

/** @source azure-facts.md 3.4 and the ARM type CommandJob of 2024-10-01 */
const properties = z.strictObject({
  ...jobWords,
  jobType: z.literal('Command'),
  command: z.string().min(1),
  codeId: z.string().nullish(),
  environmentId: z.string().min(1),
  // Computes and tiers are how Azure is told where to run; here is only one place.
  computeId: z.string().nullish(),
  queueSettings: z.looseObject({}).nullish(),
  inputs: jobInputs,
  outputs: jobOutputs,
  environmentVariables: texts.nullish(),
  resources: jobResources,
  limits: z.strictObject({ jobLimitsType: z.literal('Command'), timeout: z.string().nullish() }).nullish(),
  identity: z.looseObject({ identityType: z.literal('AMLToken', 'a job on the laptop has no identity') }).nullish(),
  services: jobServices,
  distribution: jobDistribution,
});

/** A command job's properties, as the laptop knows them. */
export type JobProperties = z.output<typeof properties>;

const body = z.strictObject({ properties });

/** Places in a command that Azure ML fills. */
const places = /\$\{\{\s*([^}]*?)\s*\}\}/g;
/** A part of a command that is there only if all its places are filled. @source Azure ML: `$[[--x ${{inputs.x}}]]` */
const optionalPart = /\$\[\[(.*?)\]\]/gs;
/** Azure's machines with GPUs. @source Azure VM sizes: families of the letter N */
const gpu = /^standard_n/i;

/**
 * Reads the body of a PUT of a command job.
 *
 * @throws {ArmError} Azure ML would refuse it, or this machine cannot run it
 */
export function readCommandJob(told: unknown): JobProperties {
  const { properties: job } = readBody(body, told, 'The job');
  checkResources(job.resources);
  if (typeof job.limits?.timeout === 'string') durationMs(job.limits.timeout);
  checkPlaces(job.command, { inputs: job.inputs, outputs: job.outputs });
  return job;
}

/** @throws {ArmError} this machine does not have them */
export function checkResources(resources: z.output<typeof jobResources>): void {
  const { instanceCount = 1, instanceType } = resources ?? {};
  if (instanceCount > 1) throw notServed(`A job of ${instanceCount} instances (set instance_count to 1)`);
  if (typeof instanceType === 'string' && gpu.test(instanceType))
    throw notServed(`A job on ${instanceType}, which has a GPU (choose an instance type without one)`);
}

/** @throws {ArmError} the command names what is not there */
export function checkPlaces(command: string, groups: Readonly<Record<string, object | null | undefined>>): void {
  // What is optional may be missing.
  for (const [place, name = ''] of command.replaceAll(optionalPart, '').matchAll(places)) {
    const [group = '', key = '', ...more] = name.split('.');
    const isKnown = more.length === 0 && Object.hasOwn(groups, group) && Object.hasOwn(groups[group] ?? {}, key);
    if (!isKnown) throw invalid(`The command names ${place}, and the job has no such input or output.`);
  }
}

/** @returns the command with each place filled by a path or a literal value, as it is */
export function fillCommand(command: string, fill: (group: string, name: string) => string | undefined): string {
  const isFilled = (part: string): boolean =>
    [...part.matchAll(places)].every(([, name = '']) => fill(...splitName(name)) !== undefined);
  return command
    .replaceAll(optionalPart, (_whole, part: string) => (isFilled(part) ? part : ''))
    .replaceAll(places, (_place, name: string) => fill(...splitName(name)) ?? '');
}

function splitName(name: string): [string, string] {
  const [group = '', key = ''] = name.split('.');
  return [group, key];
}

/** What a second PUT of a job may not change. @source azure-facts.md 3.4 */
export function fixedPartOf(job: object): string {
  const {
    displayName: _name,
    description: _description,
    tags: _tags,
    isArchived: _archived,
    ...fixed
  } = job as Record<string, unknown>;
  return canonicalJson(fixed);
}
