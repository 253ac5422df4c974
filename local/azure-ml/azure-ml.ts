/**
 * Azure ML for a laptop: the part of its ARM REST API that Whence uses, over HTTPS, with bearer tokens checked. Jobs are
 * processes and endpoints are servers. Anything else is refused by name.
 *
 * @source azure-facts.md §3
 */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';

import { notServed } from './arm-error.ts';
import { startArmServer } from './arm-server.ts';
import { answerAsset, isAssetKind } from './assets.ts';
import { Background, type OnProblem } from './background.ts';
import type { Answer, Call } from './call.ts';
import { answerComputes } from './computes.ts';
import type { WorkspaceContext } from './context.ts';
import { Endpoints } from './endpoints.ts';
import type { LaptopEnvironment } from './environment.ts';
import type { SendEvent } from './job-runner.ts';
import { Jobs } from './jobs.ts';
import { startMlflow } from './mlflow/mlflow.ts';
import { Operations } from './operations.ts';
import { PythonFinder } from './python.ts';
import { ResourceStore } from './resource-store.ts';
import { answerDatastore, answerWorkspace } from './workspace.ts';
import { WorkspaceStorage } from './workspace-storage.ts';

/** How it is started. */
export interface AzureMlOptions {
  readonly folder: string;
  /** Chosen by the system unless given. */
  readonly port?: number;
  readonly certificate: { readonly cert: string; readonly key: string };
  readonly identity: { verify(token: string, audiences: readonly string[]): Promise<unknown> };
  readonly subscriptionId: string;
  readonly resourceGroup: string;
  readonly workspaceName: string;
  /** Azurite, for datastores, code and logs. */
  readonly blobConnectionString: string;
  /** Datastore → container. */
  readonly datastores: Readonly<Record<string, string>>;
  readonly environments: Readonly<Record<string, LaptopEnvironment>>;
  /** The Python of environments that no setting names: a path, or a name on PATH; default `python3`. */
  readonly python?: string;
  /** Brings an event to where Event Grid would bring it. */
  readonly sendEvent: SendEvent;
  /** Jobs that run at the same time; default 2. */
  readonly parallelJobs?: number;
  /** Items of a page of a list; default 100. */
  readonly pageSize?: number;
  /** Shortest time that a long-running operation takes, milliseconds; default 200. */
  readonly operationMs?: number;
  /** Picks the deployment of a request; default `Math.random`. */
  readonly random?: () => number;
  /** Says for how many seconds a call is put off with 429; a switch for tests. */
  readonly putOff?: (call: Call) => number | undefined;
  /** Told of what goes wrong behind the API; default: standard error. */
  readonly onProblem?: OnProblem;
}

/** A running stand-in. */
export interface AzureMl {
  readonly baseUrl: string;
  /** Stops, and ends every process of jobs and deployments; they are started again at the next start. */
  stop(): Promise<void>;
}

/** Jobs that run at the same time. */
const PARALLEL_JOBS = 2;

/** Starts the stand-in on the loopback address, and goes on with what was interrupted. */
export async function startAzureMl(options: AzureMlOptions): Promise<AzureMl> {
  const stopping = new AbortController();
  const context = await contextOf(options, stopping.signal);
  const operations = new Operations(context.workspaceId);
  const jobs = new Jobs(context, operations, {
    parallel: options.parallelJobs ?? PARALLEL_JOBS,
    sendEvent: options.sendEvent,
    metrics: (job, metric) => context.mlflow.metrics(job, metric),
  });
  const endpoints = new Endpoints(context, operations, options.random ?? Math.random);
  const server = await startArmServer({
    port: options.port ?? 0,
    certificate: options.certificate,
    workspaceId: context.workspaceId,
    verify: context.verify,
    onProblem: context.onProblem,
    putOff: options.putOff,
    answer: (call) => route(call, { context, operations, jobs, endpoints, options }),
  });
  operations.listenAt(server.baseUrl);
  await endpoints.resume();
  jobs.resume();
  return {
    baseUrl: server.baseUrl,
    stop: async () => {
      stopping.abort();
      await server.stop();
      await Promise.all([jobs.stop(), endpoints.stop()]);
      await context.background.settled();
      // What was just being started when the stop came.
      await Promise.all([jobs.stop(), endpoints.stop()]);
      await endpoints.close();
      await context.mlflow.stop();
      context.resources.close();
    },
  };
}

async function contextOf(options: AzureMlOptions, stopping: AbortSignal): Promise<WorkspaceContext> {
  const { subscriptionId, resourceGroup, workspaceName, environments, identity } = options;
  const folder = join(options.folder, 'azure-ml');
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const resources = new ResourceStore(join(folder, 'azure-ml.db'));
  const onProblem =
    options.onProblem ?? ((problem: string, error: unknown): void => console.error(`Azure ML: ${problem}:`, error));
  return {
    folder,
    resources,
    environments,
    onProblem,
    stopping,
    mlflow: await startMlflow(folder, onProblem),
    python: new PythonFinder(join(folder, 'python'), options.python),
    workspaceId: `/subscriptions/${subscriptionId}/resourceGroups/${resourceGroup}/providers/Microsoft.MachineLearningServices/workspaces/${workspaceName}`,
    storage: new WorkspaceStorage(options.blobConnectionString, options.datastores, resources),
    background: new Background(onProblem),
    pageSize: options.pageSize ?? 100,
    operationMs: options.operationMs ?? 200,
    verify: (token, audiences) => identity.verify(token, audiences),
  };
}

interface Parts {
  readonly context: WorkspaceContext;
  readonly operations: Operations;
  readonly jobs: Jobs;
  readonly endpoints: Endpoints;
  readonly options: AzureMlOptions;
}

function route(call: Call, { context, operations, jobs, endpoints, options }: Parts): Answer | Promise<Answer> {
  const [kind] = call.segments;
  if (kind === undefined) return answerWorkspace(context, options.workspaceName, call);
  if (kind === 'jobs') return jobs.answer(call);
  if (kind === 'onlineendpoints') return endpoints.answer(call);
  if (kind === 'mfeoperationsstatus' || kind === 'mfeoperationresults') return operations.answer(call);
  if (kind === 'computes') return answerComputes(context, call, options.parallelJobs ?? PARALLEL_JOBS);
  if (kind === 'datastores') return answerDatastore(context, options.datastores, call);
  if (isAssetKind(kind)) return answerAsset(context, kind, call);
  throw notServed(`${call.method} ${call.segments.join('/')}`);
}
