/** Online endpoints and their deployments: real HTTP servers, provisioned step by step as Azure does. */
import { randomBytes, timingSafeEqual } from 'node:crypto';
import { mkdirSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';

import { ArmError, invalid, notServed } from './arm-error.ts';
import { startEndpointRouter, type EndpointRouter, type RouteTarget } from './endpoint-router.ts';
import { findEnvironment, pathOf, type LaptopEnvironment } from './environment.ts';
import { durationMs } from './jobs.ts';
import type { Resource, ResourceStore } from './resource-store.ts';
import { scoringLog, startScoringProcess, type ScoringProcess } from './scoring-process.ts';
import type { WorkspaceStorage } from './workspace-storage.ts';

/** What the stand-in remembers. */
interface ProvisionState {
  readonly provisioningState: string;
  readonly port?: number;
  readonly key?: string;
  readonly error?: string;
}

type Provisioned = Resource<ProvisionState>;

/** What endpoints need. */
export interface EndpointsContext {
  readonly folder: string;
  readonly resources: ResourceStore;
  readonly storage: WorkspaceStorage;
  readonly environments: Readonly<Record<string, LaptopEnvironment>>;
  readonly workspaceId: string;
  /** Verifies a token for scoring. */
  readonly verify: (token: string, audiences: readonly string[]) => Promise<unknown>;
  readonly random: () => number;
}

/** Longest start of a deployment. */
const START_LIMIT_MS = 60_000;
/** Restarts of a scoring server that ended by itself. */
const RESTARTS = 5;
const SCORING_AUDIENCES = ['https://ml.azure.com', 'https://ml.azure.com/'];
const nameRule = /^[A-Za-z][A-Za-z0-9-]{1,30}[A-Za-z0-9]$/;

/** The endpoints of the workspace. */
export class Endpoints {
  readonly #context: EndpointsContext;
  readonly #routers = new Map<string, EndpointRouter>();
  readonly #servers = new Map<string, ScoringProcess & { readonly target: RouteTarget }>();
  readonly #work = new Set<Promise<void>>();
  #stopping = false;

  constructor(context: EndpointsContext) {
    this.#context = context;
  }

  /** Opens the scoring addresses again and starts the deployments again, after a stop or a crash. */
  async resume(): Promise<void> {
    for (const endpoint of this.#context.resources.list<ProvisionState>('onlineendpoints')) {
      await this.#open(endpoint.name, endpoint.state.port ?? 0);
      for (const deployment of this.#context.resources.list<ProvisionState>(
        `onlineendpoints/${endpoint.name}/deployments`,
      )) {
        if (deployment.state.provisioningState !== 'Failed')
          this.#follow(this.#provision(endpoint.name, deployment.name, 0));
      }
    }
  }

  /** PUT of an endpoint: creation, or another traffic map. */
  async put(name: string, body: Readonly<Record<string, unknown>>): Promise<{ readonly created: boolean }> {
    if (!nameRule.test(name))
      throw invalid(`"${name}" is no endpoint name: 3 to 32 letters, digits and hyphens, a letter first.`);
    const path = `onlineendpoints/${name}`;
    const existing = this.#context.resources.get<ProvisionState>(path);
    this.#checkTraffic(name, body);
    if (existing !== undefined) {
      this.#context.resources.put(path, name, body, { ...existing.state, provisioningState: 'Succeeded' });
      return { created: false };
    }
    this.#context.resources.put(path, name, body, {
      provisioningState: 'Creating',
      key: randomBytes(24).toString('base64url'),
    });
    const { port } = await this.#open(name, 0);
    this.#setState(path, { provisioningState: 'Succeeded', port });
    return { created: true };
  }

  /** PUT of a deployment; it is provisioned in the background. */
  putDeployment(
    endpoint: string,
    name: string,
    body: Readonly<Record<string, unknown>>,
  ): { readonly created: boolean } {
    if (this.#context.resources.get(`onlineendpoints/${endpoint}`) === undefined)
      throw new ArmError(404, 'ResourceNotFound', `Endpoint ${endpoint} was not found.`);
    if (!nameRule.test(name))
      throw invalid(`"${name}" is no deployment name: 3 to 32 letters, digits and hyphens, a letter first.`);
    const { codeConfiguration, environmentId, model } = propertiesOf(body);
    if (codeConfiguration?.scoringScript === undefined || environmentId === undefined || model === undefined)
      throw invalid('A deployment needs model, environmentId and codeConfiguration with a scoringScript.');
    if (!/\.(mjs|js)$/.test(codeConfiguration.scoringScript))
      throw notServed(
        `The scoring script ${codeConfiguration.scoringScript} (of programs the laptop runs .mjs and .js)`,
      );
    findEnvironment(this.#context.resources, this.#context.environments, environmentId);
    const path = `onlineendpoints/${endpoint}/deployments/${name}`;
    const created = this.#context.resources.get(path) === undefined;
    this.#context.resources.put(path, name, body, { provisioningState: created ? 'Creating' : 'Updating' });
    this.#follow(this.#provision(endpoint, name, 0));
    return { created };
  }

  /** DELETE of a deployment; one with traffic is refused. */
  async removeDeployment(endpoint: string, name: string): Promise<boolean> {
    const path = `onlineendpoints/${endpoint}/deployments/${name}`;
    if (this.#context.resources.get(path) === undefined) return false;
    if ((this.#traffic(endpoint)[name] ?? 0) > 0)
      throw new ArmError(400, 'UserError', `Deployment ${name} has traffic and cannot be deleted.`);
    this.#context.resources.remove(path);
    await this.#servers.get(`${endpoint}/${name}`)?.stop();
    this.#servers.delete(`${endpoint}/${name}`);
    return true;
  }

  /** DELETE of an endpoint with all its deployments. */
  async remove(name: string): Promise<boolean> {
    if (this.#context.resources.get(`onlineendpoints/${name}`) === undefined) return false;
    this.#context.resources.put(
      `onlineendpoints/${name}`,
      name,
      { properties: { traffic: {} } },
      { provisioningState: 'Deleting' },
    );
    for (const deployment of this.#context.resources.list(`onlineendpoints/${name}/deployments`))
      await this.removeDeployment(name, deployment.name);
    await this.#routers.get(name)?.stop();
    this.#routers.delete(name);
    this.#context.resources.remove(`onlineendpoints/${name}`);
    return true;
  }

  /** What clients see of an endpoint. */
  view(endpoint: Provisioned): Record<string, unknown> {
    const properties = endpoint.body['properties'] as Record<string, unknown>;
    const scoringUri = this.#routers.get(endpoint.name)?.scoringUri;
    return {
      ...endpoint.body,
      id: `${this.#context.workspaceId}/onlineEndpoints/${endpoint.name}`,
      name: endpoint.name,
      type: 'Microsoft.MachineLearningServices/workspaces/onlineEndpoints',
      properties: {
        traffic: {},
        mirrorTraffic: {},
        ...properties,
        provisioningState: endpoint.state.provisioningState,
        ...(scoringUri === undefined ? {} : { scoringUri, swaggerUri: scoringUri.replace('/score', '/swagger.json') }),
      },
      systemData: { createdAt: endpoint.createdAt },
    };
  }

  /** What clients see of a deployment. */
  viewDeployment(endpoint: string, deployment: Provisioned): Record<string, unknown> {
    return {
      ...deployment.body,
      id: `${this.#context.workspaceId}/onlineEndpoints/${endpoint}/deployments/${deployment.name}`,
      name: deployment.name,
      type: 'Microsoft.MachineLearningServices/workspaces/onlineEndpoints/deployments',
      properties: { ...propertiesOf(deployment.body), provisioningState: deployment.state.provisioningState },
      systemData: { createdAt: deployment.createdAt },
    };
  }

  /** Last lines of a deployment's log. */
  logs(endpoint: string, deployment: string, tail: number): string {
    try {
      return readFileSync(scoringLog(this.#folder(endpoint, deployment)), 'utf8')
        .split('\n')
        .slice(-tail - 1)
        .join('\n');
    } catch {
      return (
        this.#context.resources.get<ProvisionState>(`onlineendpoints/${endpoint}/deployments/${deployment}`)?.state
          .error ?? ''
      );
    }
  }

  /** Keys of an endpoint whose callers show keys or Azure ML tokens. */
  keyOf(endpoint: string): string {
    return this.#context.resources.get<ProvisionState>(`onlineendpoints/${endpoint}`)?.state.key ?? '';
  }

  async stop(): Promise<void> {
    this.#stopping = true;
    await Promise.all([...this.#servers.values()].map((server) => server.stop()));
    await Promise.all(this.#work);
    await Promise.all([...this.#servers.values()].map((server) => server.stop()));
    await Promise.all([...this.#routers.values()].map((router) => router.stop()));
  }

  #checkTraffic(endpoint: string, body: Readonly<Record<string, unknown>>): void {
    const { traffic = {} } = (body['properties'] ?? {}) as { traffic?: Record<string, number> };
    const sum = Object.values(traffic).reduce((total, percent) => total + percent, 0);
    if (sum !== 0 && sum !== 100) throw invalid(`Traffic values need to sum to 100; these sum to ${sum}.`);
    for (const [deployment, percent] of Object.entries(traffic)) {
      const state = this.#context.resources.get<ProvisionState>(`onlineendpoints/${endpoint}/deployments/${deployment}`)
        ?.state.provisioningState;
      if (percent > 0 && state !== 'Succeeded')
        throw invalid(`Deployment ${deployment} is ${state ?? 'not there'} and cannot get traffic.`);
    }
  }

  async #open(name: string, port: number): Promise<EndpointRouter> {
    const context = {
      mayScore: (authorization: string | undefined) => this.#mayScore(name, authorization),
      traffic: () => this.#traffic(name),
      target: (deployment: string) => this.#servers.get(`${name}/${deployment}`)?.target,
      random: this.#context.random,
    };
    const router = await startEndpointRouter(port, context).catch(() => startEndpointRouter(0, context));
    this.#routers.set(name, router);
    return router;
  }

  async #mayScore(endpoint: string, authorization: string | undefined): Promise<boolean> {
    const token = /^Bearer (.+)$/i.exec(authorization ?? '')?.[1];
    if (token === undefined) return false;
    const { authMode } = (this.#context.resources.get(`onlineendpoints/${endpoint}`)?.body['properties'] ?? {}) as {
      authMode?: string;
    };
    if (authMode !== 'AADToken') return same(token, this.keyOf(endpoint));
    return this.#context.verify(token, SCORING_AUDIENCES).then(
      () => true,
      () => false,
    );
  }

  #traffic(endpoint: string): Readonly<Record<string, number>> {
    const { traffic } = (this.#context.resources.get(`onlineendpoints/${endpoint}`)?.body['properties'] ?? {}) as {
      traffic?: Record<string, number>;
    };
    return traffic ?? {};
  }

  async #provision(endpoint: string, name: string, restarts: number): Promise<void> {
    const path = `onlineendpoints/${endpoint}/deployments/${name}`;
    const key = `${endpoint}/${name}`;
    try {
      await this.#servers.get(key)?.stop();
      const deployment = this.#context.resources.get<ProvisionState>(path);
      if (deployment === undefined || this.#stopping) return;
      const server = await this.#start(endpoint, deployment);
      this.#servers.set(key, server);
      this.#setState(path, { provisioningState: 'Succeeded' });
      void server.ended.then(() => {
        if (this.#servers.get(key) !== server || this.#stopping) return;
        this.#servers.delete(key);
        if (restarts < RESTARTS) this.#follow(this.#provision(endpoint, name, restarts + 1));
        else
          this.#setState(path, { provisioningState: 'Failed', error: `The scoring server ended ${RESTARTS} times.` });
      });
    } catch (error) {
      this.#setState(path, {
        provisioningState: 'Failed',
        error: error instanceof Error ? error.message : String(error),
      });
    }
  }

  async #start(endpoint: string, deployment: Provisioned): Promise<ScoringProcess & { readonly target: RouteTarget }> {
    const folder = this.#folder(endpoint, deployment.name);
    const properties = propertiesOf(deployment.body);
    const {
      codeConfiguration,
      environmentId = '',
      model = '',
      environmentVariables = {},
      requestSettings,
    } = properties;
    rmSync(join(folder, 'app'), { recursive: true, force: true });
    rmSync(join(folder, 'model'), { recursive: true, force: true });
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    const { storage, resources, environments } = this.#context;
    await storage.download(storage.resolve(codeUriOf(resources, codeConfiguration?.codeId ?? '')), join(folder, 'app'));
    await storage.download(storage.resolve(model, 'models'), join(folder, 'model'));
    const environment = findEnvironment(resources, environments, environmentId);
    if (environment.nodeModules !== undefined) {
      rmSync(join(folder, 'node_modules'), { force: true });
      symlinkSync(environment.nodeModules, join(folder, 'node_modules'), 'dir');
    }
    const script = codeConfiguration?.scoringScript ?? '';
    const server = await startScoringProcess({
      command: ['node', script],
      cwd: join(folder, 'app'),
      folder,
      readinessPath: environment.inferenceConfig?.readinessRoute?.path ?? '/',
      startLimitMs: START_LIMIT_MS,
      env: {
        PATH: pathOf(environment),
        HOME: folder,
        LANG: 'C.UTF-8',
        AML_APP_ROOT: join(folder, 'app'),
        AZUREML_ENTRY_SCRIPT: script,
        AZUREML_MODEL_DIR: join(folder, 'model'),
        ...environmentVariables,
      },
    });
    const requestTimeoutMs =
      requestSettings?.requestTimeout === undefined ? 5_000 : durationMs(requestSettings.requestTimeout);
    return {
      ...server,
      target: {
        port: server.port,
        scoringPath: environment.inferenceConfig?.scoringRoute?.path ?? '/score',
        requestTimeoutMs,
      },
    };
  }

  #folder(endpoint: string, deployment: string): string {
    return join(this.#context.folder, 'endpoints', endpoint, deployment);
  }

  #setState(path: string, change: Partial<ProvisionState>): void {
    const found = this.#context.resources.get<ProvisionState>(path);
    if (found !== undefined)
      this.#context.resources.put(found.path, found.name, found.body, { ...found.state, ...change });
  }

  #follow(work: Promise<void>): void {
    const followed = work.finally(() => this.#work.delete(followed));
    this.#work.add(followed);
  }
}

interface DeploymentProperties {
  readonly codeConfiguration?: { readonly codeId?: string; readonly scoringScript?: string };
  readonly environmentId?: string;
  readonly model?: string;
  readonly environmentVariables?: Readonly<Record<string, string>>;
  readonly requestSettings?: { readonly requestTimeout?: string };
}

function propertiesOf(body: Readonly<Record<string, unknown>>): DeploymentProperties {
  return (body['properties'] ?? {}) as DeploymentProperties;
}

function codeUriOf(resources: ResourceStore, codeId: string): string {
  const match = /codes\/([^/]+)\/versions\/([^/]+)$/.exec(codeId);
  const { codeUri } = (resources.get(`codes/${match?.[1] ?? ''}/versions/${match?.[2] ?? ''}`)?.body['properties'] ??
    {}) as { codeUri?: string };
  if (codeUri === undefined) throw invalid(`There is no code version ${codeId}.`);
  return codeUri;
}

function same(shown: string, expected: string): boolean {
  const [a, b] = [Buffer.from(shown), Buffer.from(expected)];
  return a.length === b.length && a.length > 0 && timingSafeEqual(a, b);
}
