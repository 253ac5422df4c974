/** Finds a job that has done the same before: equal program, equal literals, equal bytes. */
import { canonicalJson } from '#shared/domain/canonical-json.ts';
import { digestOf } from '#shared/domain/digest.ts';

import type { JobProperties } from '../job-body.ts';
import type { Job, JobStore } from '../job-state.ts';
import type { WorkspaceStorage } from '../workspace-storage.ts';

/** Key of a job's work; equal keys give equal outputs. @throws {ArmError} an input is not there */
export async function workKey(job: JobProperties, storage: WorkspaceStorage): Promise<string> {
  const inputs = await Promise.all(
    Object.entries(job.inputs ?? {}).map(async ([name, input]) => {
      if (input.jobInputType === 'literal') return [name, input.value] as const;
      const kind = input.jobInputType.endsWith('_model') ? 'models' : 'data';
      return [name, input.jobInputType, await storage.fingerprint(storage.resolve(input.uri, kind))] as const;
    }),
  );
  const outputs = Object.entries(job.outputs ?? {}).map(([name, { jobOutputType }]) => [name, jobOutputType]);
  const { command, codeId, environmentId, environmentVariables, distribution } = job;
  return digestOf([
    command,
    codeId ?? '',
    environmentId,
    canonicalJson(environmentVariables ?? {}),
    canonicalJson(distribution ?? {}),
    canonicalJson(inputs),
    canonicalJson(outputs),
  ]);
}

/** @returns a completed job of the same work whose outputs are still as it left them */
export function earlierJob(key: string, store: JobStore): Job | undefined {
  return store
    .all()
    .find(({ state }) => state.workKey === key && state.status === 'Completed' && state.reusedFrom === undefined);
}
