/** The scoring address of an endpoint: checks the caller, picks a deployment by traffic or by header, and passes on. */
import {
  createServer,
  request as httpRequest,
  type IncomingMessage,
  type Server,
  type ServerResponse,
} from 'node:http';
import { once } from 'node:events';
import { pipeline } from 'node:stream/promises';

/** A deployment that can be asked. */
export interface RouteTarget {
  readonly port: number;
  readonly scoringPath: string;
  readonly requestTimeoutMs: number;
  /** Lets a request in when there is room; false: it has waited too long. */
  readonly enter: () => Promise<boolean>;
  /** Tells that a request has left. */
  readonly leave: () => void;
}

/** What the router asks when a request comes. */
export interface RouterContext {
  /** @returns whether the caller may score */
  readonly mayScore: (authorization: string | undefined) => Promise<boolean>;
  readonly traffic: () => Readonly<Record<string, number>>;
  /** Deployments that get a copy of some requests, and of how many in a hundred. */
  readonly mirror: () => Readonly<Record<string, number>>;
  readonly target: (deployment: string) => Promise<RouteTarget | undefined>;
  readonly random: () => number;
  /** Told of each request that a deployment was asked, and how long it took. */
  readonly measured: (deployment: string, latencyMs: number) => void;
}

/** A listening router. */
export interface EndpointRouter {
  readonly scoringUri: string;
  readonly port: number;
  stop(): Promise<void>;
}

/** Header that names a deployment, in requests and answers. @source azure-facts.md 3.4 */
const HEADER = 'azureml-model-deployment';

/** Starts a router on the loopback address; `port` 0: chosen by the system. */
export async function startEndpointRouter(port: number, context: RouterContext): Promise<EndpointRouter> {
  const server = createServer((request, response) => {
    route(context, request, response).catch(() => response.destroy());
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, '127.0.0.1', resolve);
  });
  const listening = portOf(server);
  return {
    port: listening,
    scoringUri: `http://127.0.0.1:${listening}/score`,
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

async function route(context: RouterContext, request: IncomingMessage, response: ServerResponse): Promise<void> {
  if (!(await context.mayScore(request.headers.authorization)))
    return answer(response, 401, 'The caller shows no valid token or key of this endpoint.');
  if (request.url?.split('?')[0] !== '/score') return answer(response, 404, 'Only /score is there.');
  const named = request.headers[HEADER];
  const deployment = typeof named === 'string' ? named : pick(context.traffic(), context.random());
  if (deployment === undefined) return answer(response, 503, 'No deployment of this endpoint has traffic.');
  const target = await context.target(deployment);
  if (target === undefined)
    return answer(response, typeof named === 'string' ? 404 : 502, `Deployment ${deployment} cannot be asked.`);
  const startedAt = performance.now();
  response.once('close', () => context.measured(deployment, performance.now() - startedAt));
  if (!(await target.enter()))
    return answer(response, 429, `Deployment ${deployment} has as many requests as it takes at a time.`);
  try {
    if (named === undefined) await mirror(context, request);
    await pass(target, deployment, request, response);
  } finally {
    target.leave();
  }
}

/**
 * Sends a copy of a request to a deployment that mirrors; nobody waits for its answer.
 *
 * @source Azure ML, "Safe rollout for online endpoints": mirrored traffic
 */
async function mirror(context: RouterContext, request: IncomingMessage): Promise<void> {
  const shares = context.mirror();
  const deployment = Object.keys(shares).length === 0 ? undefined : pick(shares, context.random());
  const target = deployment === undefined ? undefined : await context.target(deployment);
  if (target === undefined) return;
  const { authorization: _authorization, host: _host, ...headers } = request.headers;
  const { port, scoringPath: path, requestTimeoutMs } = target;
  const signal = AbortSignal.timeout(requestTimeoutMs);
  const copy = httpRequest({ host: '127.0.0.1', port, path, method: request.method, headers, signal });
  // What becomes of a copy is seen in the log of its deployment only.
  copy.once('error', () => copy.destroy()).once('response', (response) => response.resume());
  request.pipe(copy);
}

async function pass(
  { port, scoringPath, requestTimeoutMs }: RouteTarget,
  deployment: string,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const { authorization: _authorization, host: _host, ...headers } = request.headers;
  const timeout = AbortSignal.timeout(requestTimeoutMs);
  const gone = new AbortController();
  response.once('close', () => gone.abort());
  const signal = AbortSignal.any([timeout, gone.signal]);
  const outgoing = httpRequest({ host: '127.0.0.1', port, path: scoringPath, method: request.method, headers, signal });
  try {
    const answered = once(outgoing, 'response') as Promise<[IncomingMessage]>;
    // A server may answer before it has read everything; a failure that matters fails `answered` too.
    pipeline(request, outgoing).catch((error: unknown) => error);
    const [incoming] = await answered;
    // A model that answers 4xx or 5xx is told as 424 by Azure, with its own status beside it.
    const status = incoming.statusCode ?? 502;
    const { connection: _connection, 'keep-alive': _keepAlive, ...headersBack } = incoming.headers;
    response.writeHead(status >= 400 ? 424 : status, {
      ...headersBack,
      [HEADER]: deployment,
      ...(status >= 400 ? { 'ms-azureml-model-error-statuscode': String(status) } : {}),
    });
    await pipeline(incoming, response);
  } catch {
    // The caller is told whatever went wrong between here and the scoring server.
    if (response.headersSent) response.destroy();
    else if (timeout.aborted)
      answer(response, 408, `Deployment ${deployment} did not answer within ${requestTimeoutMs} ms.`);
    else answer(response, 502, `Deployment ${deployment} did not answer.`);
  }
}

/** @returns a deployment by its share of traffic, or undefined where none has any */
export function pick(traffic: Readonly<Record<string, number>>, random: number): string | undefined {
  let left = random * 100;
  for (const [deployment, percent] of Object.entries(traffic)) {
    left -= percent;
    if (percent > 0 && left < 0) return deployment;
  }
  return undefined;
}

function answer(response: ServerResponse, status: number, message: string): void {
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify({ error: { message } }));
}

function portOf(server: Server): number {
  const address = server.address();
  return typeof address === 'object' && address !== null ? address.port : 0;
}
