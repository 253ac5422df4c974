/** Online endpoints: each has a scoring address of its own, whose traffic changes only by PUT of the whole endpoint. */
import { randomBytes } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';

import { listed } from './asset-list.ts';
import { conflict, invalid, notFound, notServed } from './arm-error.ts';
import { ok, page, type Answer, type Call } from './call.ts';
import type { WorkspaceContext } from './context.ts';
import { Deployments } from './deployments.ts';
import { readEndpoint, type EndpointBody } from './endpoint-body.ts';
import { startEndpointRouter, type EndpointRouter, type RouterContext } from './endpoint-router.ts';
import { EndpointMetrics } from './endpoint-metrics.ts';
import { EndpointStore, type StoredEndpoint } from './endpoint-state.ts';
import { withWords } from './endpoint-words.ts';
import { acceptedUntil, type Operations } from './operations.ts';
import { answerKeys, answerToken, mayScore, regeneratedKeys } from './scoring-access.ts';

/** The endpoints of the workspace. */
export class Endpoints {
  readonly #context: WorkspaceContext;
  readonly #store: EndpointStore;
  readonly #deployments: Deployments;
  readonly #operations: Operations;
  readonly #random: () => number;
  readonly #metrics = new EndpointMetrics();
  readonly #routers = new Map<string, EndpointRouter>();

  /** @param random - picks the deployment of a request, from 0 to below 1 */
  constructor(context: WorkspaceContext, operations: Operations, random: () => number) {
    this.#context = context;
    this.#operations = operations;
    this.#random = random;
    this.#store = new EndpointStore(context.resources);
    this.#deployments = new Deployments(context, this.#store, operations);
    operations.add('endpoint', ({ name }) => {
      const state = this.#store.endpoint(name)?.state;
      if (state === undefined || state.provisioningState === 'Succeeded') return { status: 'Succeeded' };
      if (state.provisioningState !== 'Failed') return { status: 'InProgress' };
      return { status: 'Failed', ...(state.error === undefined ? {} : { error: state.error }) };
    });
  }

  /** Opens the scoring addresses again and starts the deployments again, after a stop or a crash. */
  async resume(): Promise<void> {
    for (const { name, state } of this.#store.endpoints()) {
      if (state.provisioningState === 'Deleting') {
        this.#remove(name);
        continue;
      }
      await this.#open(name);
      this.#settle(name);
      this.#deployments.resume(name);
    }
  }

  /** Ends all scoring servers. */
  stop(): Promise<void> {
    return this.#deployments.stop();
  }

  /** Closes the scoring addresses. */
  async close(): Promise<void> {
    await Promise.all([...this.#routers.values()].map((router) => router.stop()));
  }

  /** Answers a request below `onlineEndpoints`. */
  answer(call: Call): Answer {
    const { method, segments } = call;
    const [, name, sub] = segments;
    if (name === undefined) {
      if (method !== 'GET') throw notServed(`${method} of endpoints`);
      return page(call, this.#listed(call), this.#context.pageSize, (one) => this.#view(one));
    }
    const action = sub?.toLowerCase();
    if (action === 'deployments') return this.#deployments.answer(name, call);
    if (action === 'token' && method === 'POST') return answerToken(this.#required(name));
    if (action === 'listkeys' && method === 'POST') return answerKeys(this.#required(name));
    if (action === 'regeneratekeys' && method === 'POST') return this.#regenerateKeys(name, call.body);
    if (action === 'providers' && method === 'GET') return this.#answerMetrics(name, call);
    if (action !== undefined) throw notServed(`${method} ${segments.join('/')}`);
    if (method === 'GET') return ok(this.#view(this.#required(name)));
    if (method === 'PUT') return this.#put(name, call.body);
    if (method === 'PATCH') return this.#put(name, withWords(this.#required(name).body, call.body));
    if (method === 'DELETE') return this.#delete(name);
    throw notServed(`${method} of an endpoint (its traffic changes by PUT of the whole)`);
  }

  #put(name: string, told: Readonly<Record<string, unknown>>): Answer {
    const body = readEndpoint(name, told);
    this.#checkTraffic(name, body);
    const existing = this.#store.endpoint(name);
    if (existing?.state.provisioningState === 'Deleting') throw conflict(`Endpoint ${name} is being deleted.`);
    const provisioningState = existing === undefined ? 'Creating' : 'Updating';
    const state = existing?.state ?? { key: randomBytes(24).toString('base64url'), traffic: {}, error: undefined };
    const { error: _error, ...kept } = state;
    this.#store.putEndpoint(name, body, { ...kept, provisioningState });
    this.#context.background.run(keyOf(name), async () => {
      await pause(this.#context.operationMs);
      if (this.#context.stopping.aborted) return;
      try {
        await this.#open(name);
        this.#settle(name);
      } catch (error) {
        const told = error instanceof Error ? error.message : String(error);
        this.#store.changeEndpoint(name, { provisioningState: 'Failed', error: told });
      }
    });
    return {
      status: existing === undefined ? 201 : 200,
      body: this.#view(this.#required(name)),
      headers: this.#operations.statusHeaders('endpoint', { name }),
    };
  }

  #answerMetrics(name: string, call: Call): Answer {
    const [, , , provider = '', what = '', ...more] = call.segments;
    const path = `${provider}/${what}`.toLowerCase();
    if (path !== 'microsoft.insights/metrics' || more.length > 0) throw notServed(`GET ${call.segments.join('/')}`);
    return this.#metrics.answer(
      this.#required(name).name,
      `${this.#context.workspaceId}/onlineEndpoints/${name}`,
      call,
    );
  }

  #listed(call: Call): readonly StoredEndpoint[] {
    const { searchParams } = call.url;
    const name = searchParams.get('name');
    const computeType = searchParams.get('computeType') ?? 'Managed';
    const found = listed(call, this.#store.endpoints(), ({ name: own, body }) => ({
      name: own,
      description: body.properties.description,
      isArchived: false,
      tags: body.tags ?? {},
      properties: body.properties.properties ?? {},
    }));
    return computeType === 'Managed' ? found.filter((one) => name === null || one.name === name) : [];
  }

  #regenerateKeys(name: string, told: Readonly<Record<string, unknown>>): Answer {
    const endpoint = this.#required(name);
    this.#store.changeEndpoint(name, { keys: regeneratedKeys(endpoint, told) });
    return acceptedUntil(this.#operations.resultUrl('endpoint', { name }));
  }

  #delete(name: string): Answer {
    if (this.#store.endpoint(name) === undefined) return { status: 204 };
    this.#store.changeEndpoint(name, { provisioningState: 'Deleting' });
    this.#remove(name);
    return acceptedUntil(this.#operations.resultUrl('endpoint', { name }));
  }

  #remove(name: string): void {
    this.#deployments.removeAll(name);
    this.#context.background.run(keyOf(name), async () => {
      do {
        await pause(this.#context.operationMs);
        if (this.#context.stopping.aborted) return;
      } while (this.#store.deployments(name).length > 0);
      await this.#routers.get(name)?.stop();
      this.#routers.delete(name);
      this.#store.removeEndpoint(name);
    });
  }

  /** The traffic that was asked for holds. */
  #settle(name: string): void {
    const endpoint = this.#store.endpoint(name);
    if (endpoint === undefined || endpoint.state.provisioningState === 'Deleting') return;
    const traffic = endpoint.body.properties.traffic ?? {};
    this.#store.changeEndpoint(name, { provisioningState: 'Succeeded', traffic });
  }

  async #open(name: string): Promise<void> {
    if (this.#routers.has(name)) return;
    const router = await openAgain(this.#store.endpoint(name)?.state.port ?? 0, {
      mayScore: async (authorization) => {
        const endpoint = this.#store.endpoint(name);
        return endpoint !== undefined && (await mayScore(this.#context, endpoint, authorization));
      },
      traffic: () => this.#store.endpoint(name)?.state.traffic ?? {},
      mirror: () => this.#store.endpoint(name)?.body.properties.mirrorTraffic ?? {},
      target: (deployment) => this.#deployments.target(name, deployment),
      random: this.#random,
      measured: (deployment, latencyMs) => this.#metrics.add(name, { at: Date.now(), deployment, latencyMs }),
    });
    this.#routers.set(name, router);
    this.#store.changeEndpoint(name, { port: router.port });
  }

  #checkTraffic(name: string, { properties }: EndpointBody): void {
    const asked = [...Object.entries(properties.traffic ?? {}), ...Object.entries(properties.mirrorTraffic ?? {})];
    for (const [deployment, percent] of asked) {
      const state = this.#store.deployment(name, deployment)?.state.provisioningState ?? 'not there';
      if (percent > 0 && state !== 'Succeeded')
        throw invalid(`Deployment ${deployment} is ${state} and cannot get traffic.`);
    }
  }

  #required(name: string): StoredEndpoint {
    const endpoint = this.#store.endpoint(name);
    if (endpoint === undefined) throw notFound(`Endpoint ${name}`);
    return endpoint;
  }

  #view({ name, body, state, createdAt }: StoredEndpoint): Record<string, unknown> {
    const scoringUri = this.#routers.get(name)?.scoringUri;
    return {
      ...body,
      id: `${this.#context.workspaceId}/onlineEndpoints/${name}`,
      name,
      type: 'Microsoft.MachineLearningServices/workspaces/onlineEndpoints',
      properties: {
        traffic: {},
        mirrorTraffic: {},
        ...body.properties,
        provisioningState: state.provisioningState,
        ...(scoringUri === undefined ? {} : { scoringUri }),
      },
      systemData: { createdAt },
    };
  }
}

/** The address of last time, unless somebody else has taken it. */
async function openAgain(port: number, context: RouterContext): Promise<EndpointRouter> {
  try {
    return await startEndpointRouter(port, context);
  } catch (error) {
    if (port === 0 || !(error instanceof Error && 'code' in error && error.code === 'EADDRINUSE')) throw error;
    return startEndpointRouter(0, context);
  }
}

function keyOf(name: string): string {
  return `endpoint ${name}`.toLowerCase();
}
