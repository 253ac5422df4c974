/**
 * Azure ML for a laptop: the part of its ARM REST API that Whence uses, over HTTPS, with bearer tokens checked. Jobs are
 * processes and endpoints are servers. Anything else is refused by name.
 *
 * @source azure-facts.md §3
 */
import { randomUUID } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer, type Server } from 'node:https';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';

import { ArmError, invalid, notServed } from './arm-error.ts';
import { Endpoints } from './endpoints.ts';
import type { LaptopEnvironment } from './environment.ts';
import { Jobs } from './jobs.ts';
import { ResourceStore, type Resource } from './resource-store.ts';
import { WorkspaceStorage } from './workspace-storage.ts';

/** How it is started. */
export interface AzureMlOptions {
  readonly folder: string;
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
  readonly sendEvent: (event: Readonly<Record<string, unknown>>) => Promise<void>;
  readonly random?: () => number;
}

/** A running stand-in. */
export interface AzureMl {
  readonly baseUrl: string;
  stop(): Promise<void>;
}

const AUDIENCES = ['https://management.azure.com', 'https://management.azure.com/'];
const assetKinds = new Set(['data', 'codes', 'environments', 'models']);
/** Largest body. */
const BODY_BYTES = 4_000_000;

/** Starts the stand-in on the loopback address, and goes on with what was interrupted. */
export async function startAzureMl(options: AzureMlOptions): Promise<AzureMl> {
  const api = new Api(options);
  return api.start();
}

interface Call {
  readonly method: string;
  /** Path below the workspace. */
  readonly segments: readonly string[];
  readonly body: Readonly<Record<string, unknown>>;
  readonly query: URLSearchParams;
}

interface Answer {
  readonly status: number;
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
}

class Api {
  readonly #options: AzureMlOptions;
  readonly #resources: ResourceStore;
  readonly #jobs: Jobs;
  readonly #endpoints: Endpoints;
  readonly #workspaceId: string;
  #baseUrl = '';

  constructor(options: AzureMlOptions) {
    this.#options = options;
    const folder = join(options.folder, 'azure-ml');
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    this.#resources = new ResourceStore(join(folder, 'azure-ml.db'));
    this.#workspaceId = `/subscriptions/${options.subscriptionId}/resourceGroups/${options.resourceGroup}/providers/Microsoft.MachineLearningServices/workspaces/${options.workspaceName}`;
    const storage = new WorkspaceStorage(options.blobConnectionString, options.datastores, this.#resources);
    const common = {
      folder,
      resources: this.#resources,
      storage,
      environments: options.environments,
      workspaceId: this.#workspaceId,
    };
    this.#jobs = new Jobs({ ...common, sendEvent: options.sendEvent });
    this.#endpoints = new Endpoints({
      ...common,
      verify: (token, audiences) => options.identity.verify(token, audiences),
      random: options.random ?? Math.random,
    });
  }

  async start(): Promise<AzureMl> {
    const { cert, key } = this.#options.certificate;
    const server: Server = createServer({ cert, key }, (request, response) => void this.#serve(request, response));
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      server.listen(this.#options.port ?? 0, '127.0.0.1', resolve);
    });
    const address = server.address();
    this.#baseUrl = `https://127.0.0.1:${typeof address === 'object' && address !== null ? address.port : 0}`;
    await this.#endpoints.resume();
    this.#jobs.resume();
    return {
      baseUrl: this.#baseUrl,
      stop: async () => {
        await Promise.all([this.#jobs.stop(), this.#endpoints.stop()]);
        await new Promise<void>((resolve) => {
          server.close(() => resolve());
          server.closeAllConnections();
        });
        this.#resources.close();
      },
    };
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    let answer: Answer;
    try {
      await this.#authorise(request);
      answer = await this.#route(await this.#call(request));
    } catch (error) {
      const known =
        error instanceof ArmError
          ? error
          : new ArmError(
              500,
              'InternalServerError',
              error instanceof Error ? (error.stack ?? error.message) : String(error),
            );
      answer = {
        status: known.status,
        body: { error: { code: known.code, message: known.message, details: [], additionalInfo: [] } },
      };
    }
    response.writeHead(answer.status, {
      'x-ms-request-id': randomUUID(),
      ...(answer.body === undefined ? {} : { 'content-type': 'application/json; charset=utf-8' }),
      ...answer.headers,
    });
    response.end(answer.body === undefined ? undefined : JSON.stringify(answer.body));
  }

  async #authorise(request: IncomingMessage): Promise<void> {
    const token = /^Bearer (.+)$/i.exec(request.headers.authorization ?? '')?.[1];
    if (token === undefined)
      throw new ArmError(401, 'AuthenticationFailed', 'Authentication failed. The Authorization header is missing.');
    await this.#options.identity.verify(token, AUDIENCES).catch((error: unknown) => {
      throw new ArmError(
        401,
        'InvalidAuthenticationToken',
        `The access token is invalid: ${error instanceof Error ? error.message : String(error)}`,
      );
    });
  }

  async #call(request: IncomingMessage): Promise<Call> {
    const url = new URL(request.url ?? '/', this.#baseUrl);
    if (!/^\d{4}-\d{2}-\d{2}(-preview)?$/.test(url.searchParams.get('api-version') ?? ''))
      throw new ArmError(
        400,
        'MissingApiVersionParameter',
        'The api-version query parameter (?api-version=) is required for all requests.',
      );
    if (!url.pathname.toLowerCase().startsWith(this.#workspaceId.toLowerCase()))
      throw new ArmError(404, 'ResourceNotFound', `The laptop has one workspace only: ${this.#workspaceId}.`);
    const segments = url.pathname
      .slice(this.#workspaceId.length)
      .split('/')
      .filter((part) => part !== '')
      .map(decodeURIComponent);
    return { method: request.method ?? 'GET', segments, query: url.searchParams, body: await readBody(request) };
  }

  async #route(call: Call): Promise<Answer> {
    const kind = call.segments[0]?.toLowerCase();
    if (kind === undefined) return this.#workspace(call);
    if (kind === 'jobs') return this.#job(call);
    if (kind === 'onlineendpoints') return this.#endpoint(call);
    if (kind === 'mfeoperationsstatus') return this.#operation(call);
    if (kind === 'datastores' && call.method === 'GET') return this.#datastore(call);
    if (assetKinds.has(kind)) return this.#asset(kind, call);
    throw notServed(`${call.method} ${call.segments.join('/')}`);
  }

  #workspace(call: Call): Answer {
    if (call.method !== 'GET') throw notServed(`${call.method} of the workspace`);
    return {
      status: 200,
      body: {
        id: this.#workspaceId,
        name: this.#options.workspaceName,
        type: 'Microsoft.MachineLearningServices/workspaces',
        location: 'local',
        properties: { friendlyName: 'laptop', provisioningState: 'Succeeded' },
      },
    };
  }

  #datastore({ segments }: Call): Answer {
    const name = segments[1] ?? '';
    const container = this.#options.datastores[name];
    if (container === undefined) throw new ArmError(404, 'UserError', `Datastore ${name} was not found.`);
    return {
      status: 200,
      body: {
        id: `${this.#workspaceId}/datastores/${name}`,
        name,
        properties: { datastoreType: 'AzureBlob', containerName: container },
      },
    };
  }

  #job(call: Call): Answer {
    const [, name, operation] = call.segments;
    if (name === undefined && call.method === 'GET')
      return {
        status: 200,
        body: page(
          call,
          this.#resources.list<{ status: string; cancelRequested: boolean }>('jobs').map((job) => this.#jobs.view(job)),
        ),
      };
    if (name === undefined) throw notServed(`${call.method} of jobs`);
    if (operation?.toLowerCase() === 'cancel' && call.method === 'POST') {
      this.#jobs.cancel(name);
      return { status: 202, headers: { location: this.#operationUrl(`job-${name}`), 'retry-after': '1' } };
    }
    if (call.method === 'PUT') {
      const { created } = this.#jobs.submit(name, call.body);
      return { status: created ? 201 : 200, body: this.#jobs.view(this.#required(`jobs/${name}`)) };
    }
    if (call.method === 'GET') return { status: 200, body: this.#jobs.view(this.#required(`jobs/${name}`)) };
    throw notServed(`${call.method} of a job`);
  }

  #asset(kind: string, call: Call): Answer {
    const [, name, versions, version] = call.segments;
    if (name === undefined || versions?.toLowerCase() !== 'versions')
      throw notServed(`${call.method} ${call.segments.join('/')}`);
    const path = `${kind}/${name}/versions`;
    if (version === undefined) {
      if (call.method !== 'GET') throw notServed(`${call.method} of versions`);
      return {
        status: 200,
        body: page(
          call,
          this.#resources.list(path).map((one) => this.#assetView(kind, name, one)),
        ),
      };
    }
    if (call.method === 'GET')
      return { status: 200, body: this.#assetView(kind, name, this.#required(`${path}/${version}`)) };
    if (call.method !== 'PUT') throw notServed(`${call.method} of an asset version`);
    return this.#putAsset(kind, name, version, call.body);
  }

  /** Asset versions are immutable, but for their description and tags. */
  #putAsset(kind: string, name: string, version: string, body: Readonly<Record<string, unknown>>): Answer {
    const path = `${kind}/${name}/versions/${version}`;
    const existing = this.#resources.get(path);
    if (existing !== undefined && fixedPart(existing.body) !== fixedPart(body)) {
      throw new ArmError(
        409,
        'UserError',
        `${kind} ${name}:${version} exists already with other properties; versions are immutable.`,
      );
    }
    if (existing === undefined) this.#resources.put(path, version, body, {});
    return { status: existing === undefined ? 201 : 200, body: this.#assetView(kind, name, this.#required(path)) };
  }

  #assetView(kind: string, name: string, version: Resource): Record<string, unknown> {
    const properties = version.body['properties'] as Record<string, unknown>;
    return {
      id: `${this.#workspaceId}/${kind}/${name}/versions/${version.name}`,
      name: version.name,
      type: `Microsoft.MachineLearningServices/workspaces/${kind}/versions`,
      properties: { isArchived: false, isAnonymous: false, ...properties, provisioningState: 'Succeeded' },
      systemData: { createdAt: version.createdAt },
    };
  }

  async #endpoint(call: Call): Promise<Answer> {
    const [, name, sub, deployment, operation] = call.segments;
    if (name === undefined)
      return {
        status: 200,
        body: page(
          call,
          this.#resources
            .list<{ provisioningState: string }>('onlineendpoints')
            .map((one) => this.#endpoints.view(one)),
        ),
      };
    if (sub === undefined) return this.#oneEndpoint(name, call);
    const action = sub.toLowerCase();
    if (action === 'token' && call.method === 'POST')
      return {
        status: 200,
        body: {
          accessToken: this.#endpoints.keyOf(name),
          expiryTimeUtc: Math.floor(Date.now() / 1_000) + 3_600,
          refreshAfterTimeUtc: Math.floor(Date.now() / 1_000) + 1_800,
          tokenType: 'Bearer',
        },
      };
    if (action === 'listkeys' && call.method === 'POST')
      return {
        status: 200,
        body: { primaryKey: this.#endpoints.keyOf(name), secondaryKey: this.#endpoints.keyOf(name) },
      };
    if (action !== 'deployments') throw notServed(`${call.method} ${call.segments.join('/')}`);
    if (deployment === undefined)
      return {
        status: 200,
        body: page(
          call,
          this.#resources
            .list<{ provisioningState: string }>(`onlineendpoints/${name}/deployments`)
            .map((one) => this.#endpoints.viewDeployment(name, one)),
        ),
      };
    return this.#deployment(name, deployment, operation, call);
  }

  async #oneEndpoint(name: string, call: Call): Promise<Answer> {
    if (call.method === 'GET')
      return { status: 200, body: this.#endpoints.view(this.#required(`onlineendpoints/${name}`)) };
    if (call.method === 'DELETE')
      return (await this.#endpoints.remove(name)) ? this.#accepted(`delete-${name}`) : { status: 204 };
    if (call.method !== 'PUT') throw notServed(`${call.method} of an endpoint (traffic changes only by PUT)`);
    const { created } = await this.#endpoints.put(name, call.body);
    return {
      status: created ? 201 : 200,
      body: this.#endpoints.view(this.#required(`onlineendpoints/${name}`)),
      headers: this.#asyncHeaders(`endpoint-${name}`),
    };
  }

  async #deployment(endpoint: string, name: string, operation: string | undefined, call: Call): Promise<Answer> {
    const path = `onlineendpoints/${endpoint}/deployments/${name}`;
    if (operation?.toLowerCase() === 'getlogs' && call.method === 'POST')
      return { status: 200, body: { content: this.#endpoints.logs(endpoint, name, Number(call.body['tail'] ?? 100)) } };
    if (operation !== undefined) throw notServed(`${call.method} ${call.segments.join('/')}`);
    if (call.method === 'GET')
      return { status: 200, body: this.#endpoints.viewDeployment(endpoint, this.#required(path)) };
    if (call.method === 'DELETE')
      return (await this.#endpoints.removeDeployment(endpoint, name))
        ? this.#accepted(`delete-${endpoint}-${name}`)
        : { status: 204 };
    if (call.method !== 'PUT') throw notServed(`${call.method} of a deployment`);
    const { created } = this.#endpoints.putDeployment(endpoint, name, call.body);
    return {
      status: created ? 201 : 200,
      body: this.#endpoints.viewDeployment(endpoint, this.#required(path)),
      headers: this.#asyncHeaders(`deployment-${endpoint}:${name}`),
    };
  }

  /** State of a long-running operation, by what it is about. */
  #operation({ segments }: Call): Answer {
    const id = segments[1] ?? '';
    const deployment = /^deployment-(.+):(.+)$/.exec(id);
    const path =
      deployment !== null
        ? `onlineendpoints/${deployment[1] ?? ''}/deployments/${deployment[2] ?? ''}`
        : id.startsWith('endpoint-')
          ? `onlineendpoints/${id.slice('endpoint-'.length)}`
          : undefined;
    const state =
      path === undefined ? undefined : this.#resources.get<{ provisioningState?: string; error?: string }>(path)?.state;
    const status =
      state?.provisioningState === 'Creating' || state?.provisioningState === 'Updating'
        ? 'InProgress'
        : (state?.provisioningState ?? 'Succeeded');
    return {
      status: 200,
      body: {
        id,
        name: id,
        status,
        ...(state?.error === undefined ? {} : { error: { code: 'DeploymentFailed', message: state.error } }),
      },
    };
  }

  #asyncHeaders(id: string): Record<string, string> {
    return {
      'azure-asyncoperation': this.#operationUrl(id),
      'x-ms-async-operation-timeout': 'PT1H',
      'retry-after': '1',
    };
  }

  #accepted(id: string): Answer {
    return {
      status: 202,
      headers: { location: this.#operationUrl(id), 'retry-after': '1', 'x-ms-async-operation-timeout': 'PT1H' },
    };
  }

  #operationUrl(id: string): string {
    return `${this.#baseUrl}${this.#workspaceId}/mfeOperationsStatus/${encodeURIComponent(id)}?api-version=2024-10-01`;
  }

  #required<State = Readonly<Record<string, unknown>>>(
    path: string,
  ): Resource<State & { status: string; cancelRequested: boolean; provisioningState: string }> {
    const found = this.#resources.get<State & { status: string; cancelRequested: boolean; provisioningState: string }>(
      path,
    );
    if (found === undefined) throw new ArmError(404, 'ResourceNotFound', `${path} was not found.`);
    return found;
  }
}

/** What may not change of an asset version. */
function fixedPart(body: Readonly<Record<string, unknown>>): string {
  const { dataUri, modelUri, codeUri, image, build, condaFile } = (body['properties'] ?? {}) as Record<string, unknown>;
  return JSON.stringify({ dataUri, modelUri, codeUri, image, build, condaFile });
}

/** One page of a list; `$skip` is the token. */
function page({ query }: Call, all: readonly unknown[]): Record<string, unknown> {
  const from = Number(query.get('$skip') ?? 0);
  const top = Number(query.get('$top') ?? 100);
  const value = all.slice(from, from + top);
  return { value };
}

async function readBody(request: IncomingMessage): Promise<Readonly<Record<string, unknown>>> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of request as AsyncIterable<Uint8Array>) {
    size += chunk.length;
    if (size > BODY_BYTES)
      throw new ArmError(413, 'RequestEntityTooLarge', `The body is larger than ${BODY_BYTES} bytes.`);
    chunks.push(chunk);
  }
  if (size === 0) return {};
  try {
    return JSON.parse(Buffer.concat(chunks).toString('utf8')) as Readonly<Record<string, unknown>>;
  } catch {
    throw invalid('The body is not JSON.');
  }
}
