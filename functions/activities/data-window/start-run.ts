import type { DataWindow } from '#shared/contracts/records/data-window.ts';
import type { RunScope } from '#shared/contracts/records/run.ts';
import { runIdOf } from '#shared/domain/data-window/keys.ts';
import { WhenceError } from '#shared/errors/whence-error.ts';

import type { ProtocolDependencies } from './protocol-dependencies.ts';

/** Name of the orchestration of a run. */
export const PIPELINE_RUN = 'pipelineRun';

/** @returns what the run of a sealed window is about */
export function runScopeOf(pipeline: string, window: DataWindow): RunScope {
  const { generation, manifestNumber, manifestDigest, pipelineVersion, occasion, runKey } = window;
  if (
    manifestNumber === undefined ||
    manifestDigest === undefined ||
    pipelineVersion === undefined ||
    occasion === undefined ||
    runKey === undefined
  ) {
    throw new WhenceError('core.internal', `Data window ${generation} of ${pipeline} pinned no run.`);
  }
  return {
    runId: runIdOf(pipeline, runKey),
    runKey,
    pipeline,
    pipelineVersion,
    generation,
    manifestNumber,
    manifestDigest,
    occasion,
  };
}

/** Starts the run of a sealed window, at least once: the run fences itself. */
export async function startRun(
  deps: Pick<ProtocolDependencies, 'client'>,
  pipeline: string,
  window: DataWindow,
): Promise<void> {
  const scope = runScopeOf(pipeline, window);
  await deps.client.start(PIPELINE_RUN, scope.runId, { ...scope, requests: window.requests });
}
