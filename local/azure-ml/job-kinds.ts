/** The types of jobs that the laptop runs: how their bodies are read, and what must be there when they are submitted. */
import { notServed } from './arm-error.ts';
import { findComponent } from './composite/component.ts';
import { dependencies } from './composite/bindings.ts';
import { readPipelineJob, stepsOf, type PipelineNode, type PipelineProperties } from './composite/pipeline-body.ts';
import { readSweepJob, type SweepProperties } from './composite/sweep-body.ts';
import type { WorkspaceContext } from './context.ts';
import { findCodeUri, findEnvironment } from './environment.ts';
import { readCommandJob, type JobProperties } from './job-body.ts';
import type { ResourceStore } from './resource-store.ts';
import { samplerOf } from './sweep/sampler.ts';
import { readSearchSpace } from './sweep/search-space.ts';

/** A job of any type that the laptop runs. */
export type AnyJob = JobProperties | PipelineProperties | SweepProperties;

const readers: Readonly<Record<AnyJob['jobType'], (told: unknown, resources: ResourceStore) => AnyJob>> = {
  Command: readCommandJob,
  Pipeline: readPipelineJob,
  Sweep: readSweepJob,
};

/**
 * Reads the body of a PUT of a job by its type.
 *
 * @throws {ArmError} Azure ML would refuse it, or this machine cannot run it
 */
export function readJob(told: unknown, resources: ResourceStore): AnyJob {
  const stated = (told as { properties?: { jobType?: unknown } } | undefined)?.properties?.jobType;
  const type = (Object.keys(readers) as AnyJob['jobType'][]).find((known) => known === stated);
  if (type === undefined && typeof stated === 'string')
    throw notServed(`A job of type ${stated} (only ${Object.keys(readers).join(', ')})`);
  return readers[type ?? 'Command'](told, resources);
}

/** What a job names must be there when it is submitted. @throws {ArmError} */
export function checkReferences(job: AnyJob, context: WorkspaceContext): void {
  const { storage } = context;
  for (const input of Object.values(job.inputs ?? {}))
    if (input.jobInputType !== 'literal')
      storage.resolve(input.uri, input.jobInputType.endsWith('_model') ? 'models' : 'data');
  for (const { uri = '' } of Object.values(job.outputs ?? {})) storage.resolve(uri);
  switch (job.jobType) {
    case 'Command':
      return checkProgram(job.environmentId, job.codeId, context);
    case 'Sweep':
      samplerOf('', job.samplingAlgorithm, readSearchSpace(job.searchSpace), job.objective.goal);
      return checkProgram(job.trial.environmentId, job.trial.codeId, context);
    case 'Pipeline':
      return checkSteps(job.jobs ?? {}, context);
  }
}

function checkSteps(jobs: Readonly<Record<string, PipelineNode>>, context: WorkspaceContext): void {
  dependencies(jobs);
  for (const step of Object.values(jobs)) {
    const component = findComponent(
      context.resources,
      step.type === 'sweep' ? step.trial.componentId : step.componentId,
    );
    if (component.type === 'pipeline') checkSteps(stepsOf(component), context);
    else checkProgram(component.environment, component.code, context);
  }
}

function checkProgram(environmentId: string, codeId: string | null | undefined, context: WorkspaceContext): void {
  findEnvironment(context, environmentId);
  if (typeof codeId === 'string') findCodeUri(context.resources, codeId);
}
