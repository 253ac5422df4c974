/** The API with its real routes, handlers and token verifier, over ports in memory. */
import { HttpRequest, InvocationContext, type HttpResponseInit } from '@azure/functions';

import type { ApiDependencies } from '#functions/api/route-handler.ts';
import { servedRoutes } from '#functions/api/routes.ts';
import { serveRoute } from '#functions/api/serve-route.ts';
import { createTokenVerifier } from '#shared/adapters/entra/token-verifier.ts';
import { readConfig } from '#shared/config/read-config.ts';
import { endpointNameOf, stageProfile } from '#shared/contracts/stage-profile.ts';
import { FakeMlPlatform } from '#test/support/fake-ml-platform.ts';
import { MemoryBlobStore } from '#test/support/memory-blob-store.ts';
import { MemoryMessageBus } from '#test/support/memory-message-bus.ts';
import { MemoryRecordStore } from '#test/support/memory-record-store.ts';

import { silentTelemetry } from '#test/support/silent-telemetry.ts';

import { trusted, type Issuer } from './issuer.ts';

/** An answer as a caller sees it. */
export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly body: Record<string, unknown>;
  /** Where the answer is a stream. */
  readonly stream: ReadableStream<Uint8Array> | undefined;
}

/** How a request differs from one with all roles and no body. */
export interface Call {
  /** undefined: one with all roles; null: none. */
  readonly token?: string | null;
  readonly headers?: Readonly<Record<string, string>>;
  /** JSON, or bytes as they are. */
  readonly body?: unknown;
}

/** See the module. */
export class ApiLab {
  nowMs = Date.UTC(2026, 0, 1);
  readonly deps: ApiDependencies;
  /** Instances that were started, and events that were raised: `dataWindow demo-1`, `demo-1 look-again`. */
  readonly engine: string[] = [];
  readonly #token: string;

  private constructor(issuer: Issuer, token: string, profile: unknown) {
    this.#token = token;
    const clock = { nowMs: () => this.nowMs };
    const config = readConfig({
      ServiceBusConnection: 'Endpoint=sb://127.0.0.1;SharedAccessKeyName=x;SharedAccessKey=eA==',
      WHENCE_STAGE: 'local',
      WHENCE_DATA_ACCOUNT_ID: '/subscriptions/s/resourceGroups/g/providers/Microsoft.Storage/storageAccounts/a',
      WHENCE_DATA_BLOB_URL: 'http://127.0.0.1:1/a',
      WHENCE_ML_BLOB_URL: 'http://127.0.0.1:1/a',
      WHENCE_STORAGE_CONNECTION: 'UseDevelopmentStorage=true',
      WHENCE_AZURE_ML_URL: 'https://127.0.0.1:1',
      WHENCE_AZURE_ML_WORKSPACE_ID:
        '/subscriptions/s/resourceGroups/g/providers/Microsoft.MachineLearningServices/workspaces/w',
      WHENCE_AZURE_ML_LOCATION: 'westeurope',
      WHENCE_AUTH_ISSUER: issuer.url,
      WHENCE_AUTH_AUDIENCE: trusted.audience,
      WHENCE_AUTH_TENANT: trusted.tenantId,
    });
    const parsed = stageProfile.parse(profile);
    const blobs = new MemoryBlobStore(clock);
    this.deps = {
      config,
      profile: parsed,
      endpointName: (pipeline) => endpointNameOf(parsed, pipeline, 'local'),
      records: new MemoryRecordStore(),
      data: blobs,
      state: blobs,
      mlBlobs: blobs,
      bus: new MemoryMessageBus(),
      ml: new FakeMlPlatform(),
      inspector: { inspect: () => Promise.reject(new Error('The API inspects no data.')) },
      clock,
      ids: { newId: () => 'id' },
      telemetry: silentTelemetry,
      resolver: { resolve: async () => ['10.40.0.4'] },
      whoAmI: async () => ({ objectId: 'o', clientId: 'c', tenantId: trusted.tenantId }),
      client: {
        start: async (name, id) => (this.engine.push(`${name} ${id}`), 'started'),
        raiseEvent: async (id, event) => (this.engine.push(`${id} ${event}`), true),
        status: async () => 'Running',
      },
      tokens: createTokenVerifier({ issuer: issuer.url, ...trusted }),
    };
  }

  /** @param profile - stage profile; what it leaves out is as by default */
  static async open(issuer: Issuer, profile: unknown = {}): Promise<ApiLab> {
    return new ApiLab(issuer, await issuer.token(), profile);
  }

  /** Calls a route as the Functions host would. */
  async call(method: string, path: string, { token, headers = {}, body }: Call = {}): Promise<Answer> {
    const url = new URL(path, 'http://127.0.0.1/api/');
    const inside = url.pathname.replace('/api/', '');
    for (const { route, handler } of servedRoutes()) {
      const params = route.method === method ? match(route.path, inside) : undefined;
      if (params === undefined) continue;
      const request = new HttpRequest({
        method,
        url: url.href,
        params,
        query: Object.fromEntries(url.searchParams),
        headers: {
          ...(token === null ? {} : { authorization: `Bearer ${token ?? this.#token}` }),
          ...headers,
        },
        ...(body === undefined
          ? {}
          : { body: body instanceof Uint8Array ? { bytes: body } : { string: textOf(body) } }),
      });
      const invocation = new InvocationContext({ invocationId: 'i', functionName: route.name, logHandler() {} });
      return toAnswer(await serveRoute(route, handler, async () => this.deps, request, invocation));
    }
    throw new Error(`The API has no ${method} ${path}.`);
  }
}

function textOf(body: unknown): string {
  return typeof body === 'string' ? body : JSON.stringify(body);
}

/** @returns parameters of a path that fits a template such as `v1/runs/{runId}` */
function match(template: string, path: string): Record<string, string> | undefined {
  const [wanted, given] = [template.split('/'), path.split('/')];
  if (wanted.length !== given.length) return undefined;
  const params: Record<string, string> = {};
  for (const [at, part] of wanted.entries()) {
    const value = given[at] ?? '';
    if (part.startsWith('{')) params[part.slice(1, -1)] = decodeURIComponent(value);
    else if (part !== value) return undefined;
  }
  return params;
}

function toAnswer({ status = 200, headers, body, jsonBody }: HttpResponseInit): Answer {
  const text = typeof body === 'string' ? (JSON.parse(body) as Record<string, unknown>) : undefined;
  return {
    status,
    headers: new Headers(headers as Record<string, string>),
    body: text ?? (jsonBody as Record<string, unknown> | undefined) ?? {},
    stream: body instanceof ReadableStream ? (body as ReadableStream<Uint8Array>) : undefined,
  };
}
