/**
 * A pipeline definition: everything that a run needs to know of a pipeline folder, compiled once when the folder is
 * checked, so that no YAML is read again. Plain JSON, stored with the pipeline version.
 */
import { z } from 'zod';

import { commandJobDraft, deploymentDraft, endpointDraft, type JobOutput } from '../azure-ml/draft/drafts.ts';

const sha256Hex = z.string().regex(/^[0-9a-f]{64}$/);

/** A folder that Azure ML gets as it is: code of a step or of a deployment, or a build context. */
export const sourceFolder = z.strictObject({
  /** SHA-256 over the canonical JSON of its files' paths and digests: the same bytes are the same folder. */
  digestSha256: sha256Hex,
  /** Files in path order; paths start at the folder. */
  files: z.array(z.strictObject({ path: z.string(), sha256: sha256Hex, sizeBytes: z.int().nonnegative() })),
});
/** See {@link sourceFolder}. */
export type SourceFolder = z.output<typeof sourceFolder>;

/**
 * A job that is made of jobs, as its payload before anything is uploaded: `$environment` and `$anonymousComponent` stand
 * for what a run registers, and code is named by its folder.
 */
export const compositeJob = z.strictObject({
  kind: z.enum(['sweepJob', 'pipelineJob']),
  properties: z.record(z.string(), z.unknown()),
});
/** See {@link compositeJob}. */
export type CompositeJob = z.output<typeof compositeJob>;

/** A step that runs as an Azure ML job; its file is named from the pipeline's folder. */
export const stepDefinition = z.union([
  z.strictObject({ file: z.string(), job: commandJobDraft }),
  z.strictObject({ file: z.string(), composite: compositeJob }),
]);
/** See {@link stepDefinition}. */
export type StepDefinition = z.output<typeof stepDefinition>;

/** @returns the outputs of the job of a step, whatever kind of job it is */
export function outputsOf(step: StepDefinition): Readonly<Record<string, JobOutput>> {
  return 'job' in step ? step.job.outputs : (step.composite.properties['outputs'] as Record<string, JobOutput>);
}

/**
 * The schema of a definition.
 *
 * @param parts - schemas that live elsewhere: the pipeline's name and the list of gates
 */
export function pipelineDefinitionSchema<Gates extends z.ZodType>(parts: {
  readonly name: z.ZodString;
  readonly gates: Gates;
}) {
  return z.strictObject({
    schemaVersion: z.literal(1),
    name: parts.name,
    trigger: z.strictObject({
      container: z.string(),
      path: z.string(),
      select: z.literal('all'),
      settleMs: z.int().nonnegative(),
      maxWaitMs: z.int().positive(),
    }),
    /** Path of the data contract, from the pipeline's folder. */
    data: z.strictObject({ contract: z.string() }),
    train: stepDefinition,
    evaluate: stepDefinition,
    gates: parts.gates,
    register: z.strictObject({ model: z.string(), derivedInputs: z.array(z.string()).optional() }),
    deploy: z.strictObject({
      endpoint: z.strictObject({ file: z.string(), endpoint: endpointDraft }),
      deployment: z.strictObject({ file: z.string(), deployment: deploymentDraft }),
      /** Path of the scoring request of the smoke test, from the pipeline's folder. */
      smokeTest: z.string(),
    }),
    concurrency: z.strictObject({ whenBusy: z.literal('queue') }),
    /** Every folder that the jobs, environments and the deployment name; `.` is the pipeline's own. */
    folders: z.record(z.string(), sourceFolder),
  });
}

/** A definition, whatever its gates look like. */
export type AnyPipelineDefinition = z.output<ReturnType<typeof pipelineDefinitionSchema<z.ZodType>>>;
