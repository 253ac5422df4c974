import { appendFile, cp, mkdir, mkdtemp, readdir, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';

import { BlobServiceClient, type ContainerClient } from '@azure/storage-blob';
import type { z } from 'zod';
import { vi } from 'vitest';

import { ApiClient } from '#cli/client/api-client.ts';
import { publishFolder } from '#cli/publishing/publish-folder.ts';
import { laptopTarget } from '#cli/target.ts';
import { dataRoutes, type windowView } from '#shared/contracts/api/data-routes.ts';
import { runRoutes, type RunView } from '#shared/contracts/api/run-routes.ts';
import type { RunEvent } from '#shared/contracts/records/run.ts';
import { jobOutputPath } from '#shared/domain/run/names.ts';
import { terminalRunStatuses } from '#shared/domain/run/statuses.ts';
import { startRuntimeProcess, type RuntimeProcess } from '#test/support/runtime-process.ts';

import { commitAll, makeTinyPipeline, type TinyPipeline } from './tiny-pipeline.ts';

/** Longest wait for something that must happen. */
const PATIENCE = { timeout: 180_000, interval: 300 };
const root = join(import.meta.dirname, '..', '..');

/** A data window as the API shows it. */
type WindowView = z.output<typeof windowView>;

/** The built app in the laptop runtime, in a process of its own, seen from outside only. */
export class Laptop implements AsyncDisposable {
  readonly stateFolder: string;
  readonly #app: string;
  #runtime: RuntimeProcess;
  #api: ApiClient;

  private constructor(stateFolder: string, app: string, runtime: RuntimeProcess) {
    this.stateFolder = stateFolder;
    this.#app = app;
    this.#runtime = runtime;
    this.#api = new ApiClient(laptopTarget(runtime.endpoints));
  }

  /**
   * Starts one with a state folder of its own. `npm test` has built the app before.
   *
   * @param settings - `Values` of a local.settings.json
   * @param environments - its `Environments`
   */
  static async start(
    settings: Readonly<Record<string, string>> = {},
    environments: Readonly<Record<string, string>> = {},
  ): Promise<Laptop> {
    const folder = await mkdtemp(join(tmpdir(), 'whence-e2e-'));
    const app = join(folder, 'app');
    await mkdir(app);
    for (const part of ['dist', 'host.json', 'package.json', 'node_modules'])
      await symlink(join(root, part), join(app, part));
    await writeFile(
      join(app, 'local.settings.json'),
      JSON.stringify({ IsEncrypted: false, Values: settings, Environments: environments }),
    );
    const state = join(folder, 'state');
    return new Laptop(state, app, await startRuntimeProcess(state, app));
  }

  get api(): ApiClient {
    return this.#api;
  }

  get runtime(): RuntimeProcess {
    return this.#runtime;
  }

  get landing(): ContainerClient {
    return BlobServiceClient.fromConnectionString(this.#runtime.endpoints.blob.connectionString).getContainerClient(
      'landing',
    );
  }

  /** Kills the process without warning and starts it again on the same state. */
  async killAndRestart(): Promise<void> {
    await this.#runtime.end('SIGKILL');
    this.#runtime = await startRuntimeProcess(this.stateFolder, this.#app);
    this.#api = new ApiClient(laptopTarget(this.#runtime.endpoints));
  }

  /** Publishes a {@link makeTinyPipeline}. @returns its version */
  async publish(pipeline: TinyPipeline): Promise<string> {
    const folder = await makeTinyPipeline(join(this.stateFolder, '..', 'repositories', pipeline.name), pipeline);
    if (pipeline.isDirty === true) await appendFile(join(folder, 'src', 'train.mjs'), '// not committed\n');
    return (await publishFolder(this.api, folder)).version;
  }

  /** Publishes a copy of a pipeline folder from a repository of its own. @returns its version */
  async publishCopy(folder: string): Promise<string> {
    const root = join(this.stateFolder, '..', 'repositories', basename(folder));
    await cp(folder, join(root, basename(folder)), { recursive: true });
    await commitAll(root);
    return (await publishFolder(this.api, join(root, basename(folder)))).version;
  }

  /** Writes a blob into the landing container. */
  async drop(path: string, content: string | Uint8Array): Promise<void> {
    await this.landing.getBlockBlobClient(path).uploadData(Buffer.from(content));
  }

  /** @returns all runs of a pipeline, oldest first */
  async runs(pipeline: string): Promise<RunView[]> {
    const runs: RunView[] = [];
    for await (const { runId } of this.api.list(runRoutes.listRuns, { query: { pipeline } }))
      runs.unshift(await this.api.call(runRoutes.showRun, { params: { runId } }));
    return runs;
  }

  /** Waits until a pipeline has had so many runs and all of them have ended. @returns them, oldest first */
  async endedRuns(pipeline: string, count: number): Promise<RunView[]> {
    let runs: RunView[] = [];
    await vi.waitFor(async () => {
      runs = await this.runs(pipeline);
      const ended = runs.filter(({ status }) => terminalRunStatuses.has(status));
      if (runs.length < count || ended.length < runs.length)
        throw new Error(`${pipeline} has ${ended.length} ended of ${runs.length} runs, not ${count} yet.`);
    }, PATIENCE);
    return runs;
  }

  /** Waits until a pipeline has had so many data windows and all of them are done. @returns them, oldest first */
  async doneWindows(pipeline: string, count: number): Promise<WindowView[]> {
    let windows: WindowView[] = [];
    await vi.waitFor(async () => {
      windows = (await this.api.call(dataRoutes.listWindows, { params: { pipeline } })).items.toReversed();
      const done = windows.filter(({ state }) => state === 'done');
      if (windows.length < count || done.length < windows.length)
        throw new Error(`${pipeline} has ${done.length} done of ${windows.length} data windows, not ${count} yet.`);
    }, PATIENCE);
    return windows;
  }

  /** @returns events of a run, oldest first */
  async events(runId: string): Promise<RunEvent[]> {
    return (await this.api.call(runRoutes.listRunEvents, { params: { runId }, query: { limit: 200 } })).items;
  }

  /** @returns the text of a file of a job's output; `path` begins with the output's name */
  async output(runId: string, job: string, path: string): Promise<string> {
    const { connectionString } = this.#runtime.endpoints.blob;
    const container = BlobServiceClient.fromConnectionString(connectionString).getContainerClient('azureml-blobstore');
    return (await container.getBlobClient(jobOutputPath(runId, job, path)).downloadToBuffer()).toString('utf8');
  }

  /** @returns names of the jobs that Azure ML ever got */
  jobs(): Promise<string[]> {
    return readdir(join(this.stateFolder, 'azure-ml', 'jobs'));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#runtime.end('SIGTERM');
    await rm(join(this.stateFolder, '..'), { recursive: true, force: true });
  }
}
