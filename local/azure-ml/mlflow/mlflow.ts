/**
 * The tracking server of MLflow that jobs log to, on the loopback address. Each job has a token of its own and a run that
 * is named after it.
 */
import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { text } from 'node:stream/consumers';

import type { OnProblem } from '../background.ts';
import { ArtifactFolder } from './artifact-folder.ts';
import { invalidValue, MlflowError } from './mlflow-error.ts';
import { TrackingApi, type Caller, type Fields } from './tracking-api.ts';
import { TrackingStore } from './tracking-store.ts';

/** A running tracking server. */
export interface Mlflow {
  readonly url: string;
  /** Begins (again) the run of a job. @returns the environment variables that MLflow's clients read */
  beginRun(job: {
    readonly name: string;
    readonly experiment: string;
    readonly parent?: string | undefined;
  }): Readonly<Record<string, string>>;
  /** Ends the run of a job, unless the job did so itself. */
  endRun(job: string, status: 'FINISHED' | 'FAILED' | 'KILLED'): void;
  /** Reports of a metric by a job, oldest first. */
  metrics(job: string, metric: string): readonly number[];
  stop(): Promise<void>;
}

/** Longest body of a call of the tracking API. @source mlflow REST: a request is at most 1 MB */
const BODY_BYTES = 1_000_000;
const API = /^\/api\/2\.0\/mlflow\/(.+)$/;
const ARTIFACTS = /^\/api\/2\.0\/mlflow-artifacts\/artifacts(?:\/(.*))?$/;

/** @param folder - for the database and the artifacts */
export async function startMlflow(folder: string, onProblem: OnProblem): Promise<Mlflow> {
  const store = new TrackingStore(join(folder, 'mlflow.db'));
  const artifacts = new ArtifactFolder(join(folder, 'artifacts'));
  const api = new TrackingApi(store, (run, path) =>
    artifacts.list(join(run, 'artifacts', path), join(run, 'artifacts')),
  );
  // Kept, so that jobs that outlive a crash of the runtime still find and may use it.
  const secret = store.setting('secret', () => randomBytes(32).toString('base64url'));
  const callerOf = (token: string): Caller | undefined => {
    const [, job = '', proof = ''] = /^(.+)\.([\w-]+)$/.exec(token) ?? [];
    const isRunning = store.findRun(job)?.status === 'RUNNING';
    return isRunning && isEqual(proof, proofOf(secret, job)) ? { job } : undefined;
  };
  const server = createServer((request, response) => {
    serve({ api, artifacts, callerOf }, request, response).catch((error: unknown) => {
      const told = error instanceof MlflowError ? error : undefined;
      if (told === undefined) onProblem(`MLflow ${request.method} ${request.url}`, error);
      if (response.headersSent) return response.destroy();
      return json(response, told?.status ?? 500, {
        error_code: told?.code ?? 'INTERNAL_ERROR',
        message: told?.message ?? 'The stand-in made a mistake.',
      });
    });
  });
  const port = await listen(server, Number(store.setting('port', () => '0')));
  store.keepSetting('port', String(port));
  const url = `http://127.0.0.1:${port}`;
  return {
    url,
    beginRun: ({ name, experiment, parent }) => {
      const experimentId = store.transaction(
        () => store.experimentNamed(experiment)?.experimentId ?? store.createExperiment(experiment),
      );
      if (store.findRun(name) === undefined) {
        store.createRun({
          runId: name,
          experimentId,
          runName: name,
          status: 'RUNNING',
          startTime: Date.now(),
          endTime: null,
          lifecycleStage: 'active',
        });
        store.setTag(name, 'mlflow.runName', name);
        if (parent !== undefined) store.setTag(name, 'mlflow.parentRunId', parent);
      } else store.changeRun(name, { status: 'RUNNING', endTime: null });
      return {
        MLFLOW_TRACKING_URI: url,
        MLFLOW_TRACKING_TOKEN: `${name}.${proofOf(secret, name)}`,
        MLFLOW_RUN_ID: name,
        MLFLOW_EXPERIMENT_ID: experimentId,
        MLFLOW_EXPERIMENT_NAME: experiment,
      };
    },
    endRun: (job, status) => {
      if (store.findRun(job) !== undefined) store.changeRun(job, { status, endTime: Date.now() });
    },
    metrics: (job, metric) => store.history(job, metric).map(({ value }) => value),
    stop: async () => {
      await new Promise<void>((closed) => {
        server.close(() => closed());
        server.closeAllConnections();
      });
      store.close();
    },
  };
}

interface Parts {
  readonly api: TrackingApi;
  readonly artifacts: ArtifactFolder;
  /** @returns who a token belongs to, while its job runs */
  readonly callerOf: (token: string) => Caller | undefined;
}

function proofOf(secret: string, job: string): string {
  return createHmac('sha256', secret).update(job).digest('base64url');
}

function isEqual(one: string, other: string): boolean {
  const [a, b] = [Buffer.from(one), Buffer.from(other)];
  return a.length === b.length && timingSafeEqual(a, b);
}

/** Listens on the port that it had before, or on another where that is taken. @returns the port */
async function listen(server: Server, port: number): Promise<number> {
  const attempt = (wanted: number): Promise<void> =>
    new Promise((listening, failed) => {
      server.once('error', failed);
      server.listen(wanted, '127.0.0.1', () => {
        server.off('error', failed);
        listening();
      });
    });
  try {
    await attempt(port);
  } catch (error) {
    if (port === 0 || (error as NodeJS.ErrnoException).code !== 'EADDRINUSE') throw error;
    await attempt(0);
  }
  const address = server.address();
  return typeof address === 'object' && address !== null ? address.port : 0;
}

async function serve(
  { api, artifacts, callerOf }: Parts,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const { method = 'GET' } = request;
  const url = new URL(request.url ?? '/', 'http://mlflow');
  if (url.pathname === '/health') return void response.end('OK');
  const caller = callerOf(/^Bearer (.+)$/.exec(request.headers.authorization ?? '')?.[1] ?? '');
  if (caller === undefined)
    return json(response, 401, {
      error_code: 'UNAUTHENTICATED',
      message: 'Show the token of MLFLOW_TRACKING_TOKEN; it ends with its job.',
    });
  const call = API.exec(url.pathname);
  if (call !== null) {
    const fields = method === 'GET' ? queryOf(url) : await bodyOf(request);
    return json(response, 200, await api.answer(method, call[1] ?? '', fields, caller));
  }
  const artifact = ARTIFACTS.exec(url.pathname);
  if (artifact === null)
    throw new MlflowError('ENDPOINT_NOT_FOUND', `${method} ${url.pathname} is not served by the laptop's MLflow.`);
  const path = decodeURIComponent(artifact[1] ?? '');
  if (method === 'GET' && path === '')
    return json(response, 200, { files: await artifacts.list(url.searchParams.get('path') ?? '') });
  if (method === 'GET')
    return pipeline(await artifacts.read(path), response.setHeader('content-type', 'application/octet-stream'));
  if (!path.startsWith(`${caller.job}/`))
    throw new MlflowError('PERMISSION_DENIED', `The job ${caller.job} may not change ${path}.`);
  if (method === 'PUT') await artifacts.write(path, request);
  else if (method === 'DELETE') await artifacts.remove(path);
  else throw new MlflowError('ENDPOINT_NOT_FOUND', `${method} of artifacts is not served.`);
  return json(response, 200, {});
}

/** Fields of a query; those that come more than once are lists. */
function queryOf(url: URL): Fields {
  const fields = [...new Set(url.searchParams.keys())].map((name) => {
    const all = url.searchParams.getAll(name);
    return [name, all.length === 1 ? all[0] : all] as const;
  });
  return Object.fromEntries(fields);
}

async function bodyOf(request: IncomingMessage): Promise<Fields> {
  if (Number(request.headers['content-length'] ?? 0) > BODY_BYTES)
    throw invalidValue(`A request has at most ${BODY_BYTES} bytes.`);
  const body = await text(request);
  if (body.trim() === '') return {};
  try {
    const parsed: unknown = JSON.parse(body);
    if (typeof parsed === 'object' && parsed !== null) return parsed as Fields;
  } catch (error) {
    throw invalidValue(`The body is no JSON: ${error instanceof Error ? error.message : String(error)}`);
  }
  throw invalidValue('The body is no JSON object.');
}

function json(response: ServerResponse, status: number, body: object): void {
  response.writeHead(status, { 'content-type': 'application/json' });
  response.end(JSON.stringify(body));
}
