import { BlobServiceClient } from '@azure/storage-blob';

import { platformRoutes } from '#shared/contracts/api/platform-routes.ts';
import { pipelineRoutes } from '#shared/contracts/api/pipeline-routes.ts';
import { runRoutes, type RunView } from '#shared/contracts/api/run-routes.ts';
import { demoBatches, type DemoBatches, type DemoFile } from '#local/demo/batches.ts';
import {
  brokenExport,
  checkFigures,
  expectedRuns,
  scoringExamples,
  type ExpectedRun,
  type ShownVerdict,
} from '#local/demo/figures.ts';

import type { ApiClient } from '../client/api-client.ts';
import { publishFolder } from '../publishing/publish-folder.ts';
import type { MadeOf, Reporter } from './reporter.ts';
import type { ScratchRepository } from './scratch-repository.ts';

/** Name of the demo's pipeline. */
const PIPELINE = 'birdstrikes';
/** Container in which data lands. */
const LANDING = 'landing';
/** Longest wait for a run to appear; a wait for something that never comes must end. */
const RUN_APPEARS_MS = 120_000;

/** What the story is told with. */
export interface Stage {
  readonly api: ApiClient;
  readonly blobConnection: string;
  readonly repository: ScratchRepository;
  readonly reporter: Reporter;
  /** Folder of this repository. */
  readonly root: string;
  readonly signal: AbortSignal;
}

/** Something did not happen as the story says. */
export class StoryBroken extends Error {
  override readonly name = 'StoryBroken';
}

/**
 * Tells the story of demo-data.md with the real function app, from outside: uploads, the API, scoring requests.
 *
 * @throws {StoryBroken} if anything did not happen, or a figure is not the one that was measured
 */
export async function tellStory(stage: Stage): Promise<readonly MadeOf[]> {
  const teller = new Teller(stage, await demoBatches(stage.root));
  await teller.firstModel();
  await teller.betterModel();
  await teller.brokenExport();
  await teller.leanerModel();
  await teller.fullModelAgain();
  return teller.made;
}

class Teller {
  readonly made: MadeOf[] = [];
  readonly #stage: Stage;
  readonly #batches: DemoBatches;
  readonly #seen = new Set<string>();
  #commit = '';

  constructor(stage: Stage, batches: DemoBatches) {
    this.#stage = stage;
    this.#batches = batches;
  }

  async firstModel(): Promise<void> {
    this.#chapter(
      'The first model',
      'Bird strikes of 1990 to 1993 land as four files, and their events come twice and in any order.',
    );
    await this.#publish('full');
    await this.#drop(this.#batches.first);
    const run = await this.#watch();
    this.#expect(run, expectedRuns.first);
    await this.#askEndpoint(false);
  }

  async betterModel(): Promise<void> {
    this.#chapter(
      'Newer data makes a better model',
      'Six more years land. The new model is compared with the one that serves, on the same rows.',
    );
    await this.#drop(this.#batches.second);
    const run = await this.#watch();
    this.#expect(run, expectedRuns.second);
    await this.#askEndpoint(true);
  }

  async brokenExport(): Promise<void> {
    this.#chapter('A broken export', 'The year 2000 arrives with speeds in km/h and a renamed column.');
    await this.#drop(this.#batches.broken);
    const run = await this.#watch();
    const { message, code } = run.failure ?? { message: '', code: '' };
    this.#require(
      run.status === 'refused' && code === 'run.data-rejected',
      `the broken export was ${run.status} (${code})`,
    );
    for (const reason of [
      brokenExport.missingColumn,
      `${brokenExport.speedsOutOfRange} of ${brokenExport.reportedSpeeds}`,
    ]) {
      this.#require(message.includes(reason), `the reason does not name ${reason}: ${message}`);
    }
    this.#require(
      run.steps.every((step) => step.name !== 'train' || step.status === 'skipped'),
      'something was trained on the broken export',
    );
    this.#stage.reporter.tell(
      'rejected',
      'Stopped before training, and rejected until its bytes change. The old model keeps serving:',
    );
    await this.#askEndpoint(true);
  }

  async leanerModel(): Promise<void> {
    this.#chapter(
      'A leaner model is refused',
      'Paused; a version without wildlife size and species is published; the repaired year 2000 and the year 2001 land; resumed.',
    );
    const { api, reporter } = this.#stage;
    await api.call(pipelineRoutes.pausePipeline, { params: { pipeline: PIPELINE } });
    reporter.tell('paused', `Pipeline ${PIPELINE} is paused: data is collected, nothing runs.`);
    await this.#publish('leaner');
    await this.#drop([...this.#batches.repaired, ...this.#batches.last]);
    await api.call(pipelineRoutes.resumePipeline, { params: { pipeline: PIPELINE } });
    reporter.tell('resumed', `Pipeline ${PIPELINE} goes on.`);
    const run = await this.#watch();
    this.#expect(run, expectedRuns.leaner);
    await this.#askEndpoint(true);
  }

  async fullModelAgain(): Promise<void> {
    this.#chapter('All features again', 'Publishing is a reason to run: the same data, the full model.');
    await this.#publish('full');
    const run = await this.#watch();
    this.#expect(run, expectedRuns.full);
    await this.#askEndpoint(false);
  }

  #chapter(title: string, about: string): void {
    this.#stage.reporter.chapter(title, about);
  }

  async #publish(features: 'full' | 'leaner'): Promise<void> {
    const { api, repository, reporter } = this.#stage;
    if (this.#commit !== '') await repository.useFeatures(features);
    const published = await publishFolder(api, repository.folder);
    this.#commit = published.commit;
    reporter.tell(
      'published',
      `Published ${features} version ${published.version.slice(0, 12)} from commit ${published.commit.slice(0, 8)}.`,
      { version: published.version, commit: published.commit },
    );
  }

  async #drop(files: readonly DemoFile[]): Promise<void> {
    const container = BlobServiceClient.fromConnectionString(this.#stage.blobConnection).getContainerClient(LANDING);
    await container.createIfNotExists();
    await Promise.all(
      files.map((file) =>
        container
          .getBlockBlobClient(file.path)
          .upload(file.text, Buffer.byteLength(file.text), { blobHTTPHeaders: { blobContentType: 'text/csv' } }),
      ),
    );
    const rows = files.reduce((sum, file) => sum + file.rows, 0);
    this.#stage.reporter.tell('landed', `Landed: ${files.map((file) => file.path).join(', ')} (${rows} rows).`, {
      files: files.map((file) => file.path),
      rows,
    });
  }

  /** Waits for the next run of the pipeline and follows it to its end. */
  async #watch(): Promise<RunView> {
    const { api, reporter, signal } = this.#stage;
    const runId = await this.#nextRun();
    for await (const event of api.watchRun(runId, signal)) reporter.runEvent(event);
    const run = await api.call(runRoutes.showRun, { params: { runId } });
    if (run.verdicts !== undefined) reporter.verdicts(run);
    return run;
  }

  async #nextRun(): Promise<string> {
    const endMs = Date.now() + RUN_APPEARS_MS;
    while (Date.now() < endMs) {
      this.#stage.signal.throwIfAborted();
      const { items } = await this.#stage.api.call(runRoutes.listRuns, { query: { pipeline: PIPELINE, limit: 5 } });
      const fresh = items.findLast((run) => !this.#seen.has(run.runId));
      if (fresh !== undefined) {
        this.#seen.add(fresh.runId);
        return fresh.runId;
      }
      await new Promise((resolve) => setTimeout(resolve, 300));
    }
    throw new StoryBroken(`No run appeared within ${RUN_APPEARS_MS / 1_000} s.`);
  }

  #expect(run: RunView, expected: ExpectedRun): void {
    const status = expected.outcome === 'promoted' ? 'succeeded' : 'refused';
    this.#require(
      run.status === status,
      `run ${run.runId} is ${run.status}, not ${status}: ${run.failure?.message ?? ''}`,
    );
    const figures = checkFigures(expected, (run.verdicts ?? []) as unknown as ShownVerdict[]);
    for (const figure of figures) {
      this.#require(
        figure.agrees,
        `${figure.metric} ${figure.kind} ${figure.number} is ${figure.found}, and was measured as ${figure.expected}`,
      );
    }
    this.#stage.reporter.tell('figures', `All ${figures.length} figures agree with those measured before.`, {
      figures,
    });
    const shown = figures.filter((figure) => figure.number === 'candidate' && figure.metric === 'auc').at(0);
    this.made.push({
      model:
        run.model === undefined ? `candidate of window ${run.generation}` : `${run.model.name}:${run.model.version}`,
      data: run.manifestDigest.slice(0, 12),
      files: run.data?.blobs ?? 0,
      code: `${this.#commit.slice(0, 8)} (${run.pipelineVersion.slice(0, 8)})`,
      run: run.runId,
      outcome: expected.outcome,
      figures: shown?.found === undefined ? '' : `AUC ${shown.found.toFixed(4)}`,
    });
  }

  async #askEndpoint(isSecondModel: boolean): Promise<void> {
    const { api, reporter } = this.#stage;
    const endpoint = (await api.call(platformRoutes.listEndpoints, {})).items.find((one) => one.pipeline === PIPELINE);
    if (endpoint === undefined) throw new StoryBroken('Nothing serves.');
    const answer = await api.call(platformRoutes.invokeEndpoint, {
      params: { name: endpoint.endpoint },
      body: { input: { rows: scoringExamples.map((one) => one.row) } },
    });
    const predictions = predictionsOf(answer.output);
    this.#require(
      answer.status === 200 && predictions.length === scoringExamples.length,
      `the endpoint answered ${answer.status}`,
    );
    for (const [at, example] of scoringExamples.entries()) {
      const found = predictions[at] ?? Number.NaN;
      this.#require(
        found >= 0 && found <= 1 && (!isSecondModel || Math.abs(found - example.probability) < 0.001),
        `${example.name}: ${found}, and was measured as ${example.probability}`,
      );
    }
    const model = endpoint.model === undefined ? '' : `${endpoint.model.name}:${endpoint.model.version}`;
    const said = scoringExamples.map(
      (example, at) => `${example.name}: ${(100 * (predictions[at] ?? 0)).toFixed(1)} %`,
    );
    reporter.tell('scored', `${model} says damage for ${said[0]}; ${said[1]}.`, { model, predictions });
  }

  #require(holds: boolean, otherwise: string): void {
    if (!holds) throw new StoryBroken(`The story broke: ${otherwise}.`);
  }
}

function predictionsOf(output: unknown): number[] {
  const listed =
    typeof output === 'object' && output !== null && 'predictions' in output ? output.predictions : undefined;
  return Array.isArray(listed)
    ? listed.map((one: unknown) =>
        typeof one === 'object' && one !== null && 'probability' in one ? Number(one.probability) : Number(one),
      )
    : [];
}
