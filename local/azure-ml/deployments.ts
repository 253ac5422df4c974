/** Deployments of online endpoints, provisioned behind the API as on Azure, one operation at a time for each. */
import { appendFileSync, existsSync, mkdirSync, readFileSync, rmSync } from 'node:fs';
import { setTimeout as pause } from 'node:timers/promises';

import { canonicalJson } from '#shared/domain/canonical-json.ts';

import { conflict, invalid, notFound, notServed } from './arm-error.ts';
import { ok, page, type Answer, type Call } from './call.ts';
import type { WorkspaceContext } from './context.ts';
import { deploymentFolder, startDeployment, type DeploymentProcess } from './deployment-process.ts';
import { withWords } from './endpoint-words.ts';
import { readDeployment } from './endpoint-body.ts';
import type { RouteTarget } from './endpoint-router.ts';
import type { EndpointStore, StoredDeployment } from './endpoint-state.ts';
import { findCodeUri, findEnvironment } from './environment.ts';
import { acceptedUntil, type OperationState, type Operations } from './operations.ts';
import { scoringLog } from './scoring-process.ts';

/** Restarts of a scoring server that ended by itself, one after another. */
const RESTARTS = 5;
/** A server that ran this long may be restarted as often again. */
const STEADY_MS = 60_000;
/** Lines of a log where the caller names no number. */
const TAIL = 100;

/** The deployments of the workspace. */
export class Deployments {
  readonly #context: WorkspaceContext;
  readonly #store: EndpointStore;
  readonly #operations: Operations;
  readonly #servers = new Map<string, DeploymentProcess>();

  constructor(context: WorkspaceContext, store: EndpointStore, operations: Operations) {
    this.#context = context;
    this.#store = store;
    this.#operations = operations;
    operations.add('deployment', ({ endpoint = '', name }) => this.#operationState(endpoint, name));
  }

  /** Starts the servers of an endpoint again, and ends what a crash interrupted. */
  resume(endpoint: string): void {
    for (const { name, state } of this.#store.deployments(endpoint)) {
      if (state.provisioningState === 'Deleting') this.#remove(endpoint, name);
      else if (state.provisioningState !== 'Failed') this.#provision(endpoint, name, RESTARTS);
    }
  }

  /** Ends all servers. */
  async stop(): Promise<void> {
    await Promise.all([...this.#servers.values()].map((server) => server.stop()));
  }

  /**
   * A request waits while the server starts, as it does again after a restart of the stand-in.
   *
   * @returns where requests for a deployment go, or undefined if it cannot be asked
   */
  async target(endpoint: string, name: string): Promise<RouteTarget | undefined> {
    const key = keyOf(endpoint, name);
    if (!this.#servers.has(key)) await this.#context.background.ended(key);
    return this.#servers.get(key)?.target;
  }

  /** Answers a request below `onlineEndpoints/<endpoint>/deployments`. */
  answer(endpoint: string, call: Call): Answer {
    const [, , , name, action] = call.segments;
    if (this.#store.endpoint(endpoint) === undefined) throw notFound(`Endpoint ${endpoint}`);
    if (name === undefined) {
      if (call.method !== 'GET') throw notServed(`${call.method} of deployments`);
      return page(call, this.#store.deployments(endpoint), this.#context.pageSize, (one) => this.#view(endpoint, one));
    }
    if (action?.toLowerCase() === 'getlogs' && call.method === 'POST') return this.#logs(endpoint, name, call);
    if (action?.toLowerCase() === 'skus' && call.method === 'GET') return this.#skus(endpoint, name, call);
    if (action !== undefined) throw notServed(`${call.method} ${call.segments.join('/')}`);
    if (call.method === 'GET') return ok(this.#view(endpoint, this.#required(endpoint, name)));
    if (call.method === 'PUT') return this.#put(endpoint, name, call.body);
    if (call.method === 'PATCH')
      return this.#put(endpoint, name, withWords(this.#required(endpoint, name).body, call.body));
    if (call.method === 'DELETE') return this.#delete(endpoint, name);
    throw notServed(`${call.method} of a deployment`);
  }

  /** Removes every deployment of an endpoint that is removed itself. */
  removeAll(endpoint: string): void {
    for (const { name } of this.#store.deployments(endpoint)) this.#remove(endpoint, name);
  }

  /** A repetition with the same body does not disturb a deployment that serves. */
  #put(endpoint: string, name: string, told: unknown): Answer {
    const body = readDeployment(name, told);
    const { resources, storage } = this.#context;
    const { environmentId, model, codeConfiguration } = body.properties;
    findEnvironment(this.#context, environmentId);
    findCodeUri(resources, codeConfiguration.codeId);
    storage.resolve(model, 'models');
    const existing = this.#store.deployment(endpoint, name);
    const state = existing?.state.provisioningState;
    if (state === 'Deleting') throw conflict(`Deployment ${name} is being deleted.`);
    const isSame = existing !== undefined && canonicalJson(existing.body) === canonicalJson(body);
    if (!isSame || state === 'Failed') {
      this.#store.putDeployment(endpoint, name, body, {
        provisioningState: existing === undefined ? 'Creating' : 'Updating',
      });
      this.#provision(endpoint, name, RESTARTS);
    }
    return {
      status: existing === undefined ? 201 : 200,
      body: this.#view(endpoint, this.#required(endpoint, name)),
      headers: this.#operations.statusHeaders('deployment', { endpoint, name }),
    };
  }

  #delete(endpoint: string, name: string): Answer {
    if (this.#store.deployment(endpoint, name) === undefined) return { status: 204 };
    if ((this.#store.endpoint(endpoint)?.body.properties.traffic?.[name] ?? 0) > 0)
      throw invalid(`Deployment ${name} has traffic and cannot be deleted.`);
    this.#remove(endpoint, name);
    return acceptedUntil(this.#operations.resultUrl('deployment', { endpoint, name }));
  }

  #remove(endpoint: string, name: string): void {
    const key = keyOf(endpoint, name);
    this.#store.changeDeployment(endpoint, name, { provisioningState: 'Deleting' });
    this.#context.background.run(key, async () => {
      await pause(this.#context.operationMs);
      const server = this.#servers.get(key);
      this.#servers.delete(key);
      await server?.stop();
      rmSync(deploymentFolder(this.#context, endpoint, name), { recursive: true, force: true });
      this.#store.removeDeployment(endpoint, name);
    });
  }

  /** @param restarts - how often the server may be started again if it ends by itself */
  #provision(endpoint: string, name: string, restarts: number): void {
    const key = keyOf(endpoint, name);
    this.#context.background.run(key, async () => {
      const before = this.#servers.get(key);
      this.#servers.delete(key);
      await before?.stop();
      const deployment = this.#store.deployment(endpoint, name);
      if (deployment === undefined || deployment.state.provisioningState === 'Deleting') return;
      if (this.#context.stopping.aborted) return;
      try {
        await pause(this.#context.operationMs);
        const server = await startDeployment(this.#context, this.#folder(endpoint, name), deployment.body);
        this.#servers.set(key, server);
        this.#settle(endpoint, name, { provisioningState: 'Succeeded' });
        this.#watch(endpoint, name, { server, restarts });
      } catch (error) {
        if (!this.#context.stopping.aborted) this.#fail(endpoint, name, error);
      }
    });
  }

  #watch(
    endpoint: string,
    name: string,
    { server, restarts }: { readonly server: DeploymentProcess; readonly restarts: number },
  ): void {
    const key = keyOf(endpoint, name);
    const startedMs = performance.now();
    void server.ended.then(() => {
      if (this.#servers.get(key) !== server || this.#context.stopping.aborted) return;
      this.#servers.delete(key);
      const left = performance.now() - startedMs > STEADY_MS ? RESTARTS : restarts;
      if (left > 0) this.#provision(endpoint, name, left - 1);
      else this.#fail(endpoint, name, new Error(`The scoring server ended again and again (${RESTARTS} restarts).`));
    });
  }

  #fail(endpoint: string, name: string, cause: unknown): void {
    const error = cause instanceof Error ? cause.message : String(cause);
    const folder = this.#folder(endpoint, name);
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    appendFileSync(scoringLog(folder), `${error}\n`, { mode: 0o600 });
    this.#settle(endpoint, name, { provisioningState: 'Failed', error });
  }

  /** A deletion that was asked for meanwhile goes on. */
  #settle(endpoint: string, name: string, state: StoredDeployment['state']): void {
    if (this.#store.deployment(endpoint, name)?.state.provisioningState !== 'Deleting')
      this.#store.changeDeployment(endpoint, name, state);
  }

  #logs(endpoint: string, name: string, call: Call): Answer {
    this.#required(endpoint, name);
    const { tail = TAIL, containerType = 'InferenceServer' } = call.body;
    if (containerType === 'StorageInitializer') return ok({ content: '' });
    if (typeof tail !== 'number' || !Number.isInteger(tail) || tail < 0) throw invalid('tail is a number of lines.');
    const file = scoringLog(this.#folder(endpoint, name));
    const lines = existsSync(file) ? readFileSync(file, 'utf8').trimEnd().split('\n') : [];
    return ok({ content: lines.slice(lines.length - tail).join('\n') });
  }

  /** How many instances there may be: one serves on a laptop. */
  #skus(endpoint: string, name: string, call: Call): Answer {
    this.#required(endpoint, name);
    const sku = {
      resourceType: 'Microsoft.MachineLearning.Services/endpoints/deployments',
      sku: { name: 'Default', tier: 'Standard' },
      capacity: { minimum: 1, maximum: 1, default: 1, scaleType: 'Manual' },
    };
    return page(call, [sku], this.#context.pageSize, (one) => one);
  }

  #operationState(endpoint: string, name: string): OperationState {
    const state = this.#store.deployment(endpoint, name)?.state;
    switch (state?.provisioningState) {
      case 'Creating':
      case 'Updating':
      case 'Deleting':
        return { status: 'InProgress' };
      case 'Failed':
        return { status: 'Failed', ...(state?.error === undefined ? {} : { error: state.error }) };
      case 'Succeeded':
      case undefined:
        return { status: 'Succeeded' };
    }
  }

  #required(endpoint: string, name: string): StoredDeployment {
    const found = this.#store.deployment(endpoint, name);
    if (found === undefined) throw notFound(`Deployment ${name} of endpoint ${endpoint}`);
    return found;
  }

  #folder(endpoint: string, name: string): string {
    return deploymentFolder(this.#context, endpoint, name);
  }

  #view(endpoint: string, { name, body, state, createdAt }: StoredDeployment): Record<string, unknown> {
    return {
      ...body,
      id: `${this.#context.workspaceId}/onlineEndpoints/${endpoint}/deployments/${name}`,
      name,
      type: 'Microsoft.MachineLearningServices/workspaces/onlineEndpoints/deployments',
      properties: { ...body.properties, provisioningState: state.provisioningState },
      systemData: { createdAt },
    };
  }
}

function keyOf(endpoint: string, name: string): string {
  return `deployment ${endpoint}/${name}`.toLowerCase();
}
