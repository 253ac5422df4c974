import type { DoneOrEnded, OwnedRun } from '#shared/contracts/activities/run/run-activities.ts';
import type { GateVerdict } from '#shared/contracts/gates.ts';
import { evaluationFiles, parseEvaluation } from '#shared/contracts/evaluation.ts';
import { allPassed, evaluateGates } from '#shared/domain/gates/evaluate-gates.ts';
import { limits } from '#shared/domain/limits.ts';
import { jobName, jobOutputPath } from '#shared/domain/run/names.ts';

import type { ActivityDependencies } from '../../durable/register-activity.ts';
import { readPipelineVersion, readPublication } from '../../pipelines/pipeline-store.ts';
import { readBlob } from '../../read-blob.ts';
import { appendRunEvent } from '../../run-store/run-store.ts';
import { ATTEMPT, inStep } from './step.ts';

/**
 * Judges the evaluation by the pipeline's gates. The statistics are computed here, from the predictions that the job
 * wrote, so that a verdict can be taken again; every verdict keeps its numbers.
 */
export function judgeGatesActivity(deps: ActivityDependencies, owned: OwnedRun): Promise<DoneOrEnded> {
  const { run } = owned;
  return inStep(deps, owned, 'gate', 'Judging the candidate.', async (head) => {
    const { definition } = await readPipelineVersion(deps, run.pipeline, run.pipelineVersion);
    const metrics = await readOutput(deps, owned, evaluationFiles.metrics);
    if (metrics === undefined) return invalid([`The evaluate job wrote no ${evaluationFiles.metrics}.`]);
    const predictions = await readOutput(deps, owned, evaluationFiles.predictions);
    const parsed = parseEvaluation({ metrics, predictions });
    if ('problems' in parsed) return invalid(parsed.problems);
    const { evaluation } = parsed;
    const verdicts = evaluateGates(definition.gates, evaluation.predictions, evaluation.metrics, {
      hasChampion: head.champion !== undefined,
    });
    for (const [at, verdict] of verdicts.entries()) {
      await appendRunEvent(deps, run.runId, {
        key: `gate.verdict:${at}`,
        type: 'gate.verdict',
        step: 'gate',
        attempt: ATTEMPT,
        summary: `${verdict.gate.metric}: ${verdict.verdict}. ${verdict.text}`,
        data: { verdict },
      });
    }
    const stored = { verdicts: verdicts.map(shortened) };
    if (allPassed(verdicts)) {
      const { trust, commit } = await readPublication(deps.records, run.pipeline, run.pipelineVersion);
      if (trust === 'unverified')
        return {
          status: 'refused',
          change: (before) => ({ ...before, ...stored }),
          failure: {
            code: 'run.version-unverified',
            message: `All ${verdicts.length} gates passed, but pipeline version ${run.pipelineVersion.slice(0, 12)} is not what commit ${commit} holds: no provenance, no deployment.`,
            details: { pipelineVersion: run.pipelineVersion, commit },
          },
        };
      return {
        summary: `All ${verdicts.length} gates passed.`,
        data: { passed: verdicts.length },
        change: (before) => ({ ...before, ...stored }),
      };
    }
    const failed = verdicts.filter((verdict) => verdict.verdict !== 'passed');
    return {
      status: 'refused',
      change: (before) => ({ ...before, ...stored }),
      failure: {
        code: 'run.gate-refused',
        message: failed
          .map((verdict) => verdict.text)
          .join(' ')
          .slice(0, 2_000),
        details: {
          failed: failed.map((verdict) => ({
            metric: verdict.gate.metric,
            verdict: verdict.verdict,
            reason: verdict.reason,
          })),
        },
      },
    };
  });
}

/** Slices of a verdict that the run's head keeps; its event has all of them. */
const SLICES = 5;

/** A verdict as the run's head keeps it: with its worst slices, so that many gates with many slices fit into a row. */
function shortened({ slices, ...verdict }: GateVerdict): Record<string, unknown> {
  if (slices === undefined) return verdict;
  const worst = slices.toSorted((a, b) => Number(b.verdict === 'failed') - Number(a.verdict === 'failed'));
  return { ...verdict, slices: worst.slice(0, SLICES) };
}

function invalid(problems: readonly string[]) {
  return {
    status: 'failed' as const,
    failure: {
      code: 'run.evaluation-invalid' as const,
      message: problems.join(' ').slice(0, 2_000),
      details: { problems },
    },
  };
}

/** @returns the text of a file of the evaluate job's output `metrics`, or undefined */
async function readOutput(deps: ActivityDependencies, { run }: OwnedRun, file: string): Promise<string | undefined> {
  const path = `${jobOutputPath(run.runId, jobName(run.runId, 'evaluate', ATTEMPT), 'metrics')}/${file}`;
  const bytes = await readBlob(deps.mlBlobs, deps.config.WHENCE_ML_CONTAINER, path, limits.predictionsBytes);
  return bytes?.toString('utf8');
}
