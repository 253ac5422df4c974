import type { TokenCredential } from '@azure/identity';
import type { HttpMethods, PipelineResponse } from '@azure/core-rest-pipeline';

import { WhenceError } from '#shared/errors/whence-error.ts';
import type { ArmBody } from '#shared/ports/ml-platform.ts';

/** Where ARM is. */
export interface ArmTarget {
  /** For example `https://management.azure.com`. */
  readonly url: string;
  /** ARM id of the workspace. */
  readonly workspaceId: string;
  readonly apiVersion: string;
  readonly credential: TokenCredential;
}

/** Scope of tokens for ARM. */
const SCOPE = 'https://management.azure.com/.default';
/** Longest answer. */
const TIMEOUT_MS = 60_000;
const RETRIES = 3;

/** A thin client of ARM for one workspace: token, api-version, retries with `Retry-After`, coded errors. */
export class ArmClient {
  readonly #target: ArmTarget;
  #pipeline: Promise<(method: HttpMethods, url: string, body?: ArmBody) => Promise<PipelineResponse>> | undefined;

  constructor(target: ArmTarget) {
    this.#target = target;
  }

  /** @returns the body, or undefined where there is no such resource */
  async get(path: string): Promise<ArmBody | undefined> {
    const response = await this.#send('GET', path);
    return response.status === 404 ? undefined : bodyOf(response);
  }

  /** All pages of a list. */
  async list(path: string): Promise<readonly ArmBody[]> {
    const items: ArmBody[] = [];
    let next: string | undefined = path;
    while (next !== undefined) {
      const response: PipelineResponse = await this.#send('GET', next);
      if (response.status === 404) return [];
      const { value, nextLink } = bodyOf(response) as { value?: ArmBody[]; nextLink?: string };
      items.push(...(value ?? []));
      next = nextLink;
    }
    return items;
  }

  /**
   * @returns the body, or the refusal as a value where `tolerate` lists its status
   * @throws {WhenceError} `azure-ml.refused`, `azure-ml.unavailable` (transient)
   */
  async put(
    path: string,
    body: ArmBody,
    tolerate: readonly number[] = [],
  ): Promise<{ readonly status: number; readonly body: ArmBody }> {
    const response = await this.#send('PUT', path, body, tolerate);
    return { status: response.status, body: bodyOf(response) };
  }

  /** POST of an action. */
  async post(path: string, body: ArmBody = {}): Promise<ArmBody> {
    return bodyOf(await this.#send('POST', path, body));
  }

  /** DELETE; what isn't there is no error. */
  async delete(path: string): Promise<void> {
    await this.#send('DELETE', path);
  }

  async #send(
    method: HttpMethods,
    path: string,
    body?: ArmBody,
    tolerate: readonly number[] = [],
  ): Promise<PipelineResponse> {
    this.#pipeline ??= this.#connect();
    const address = this.#addressOf(path);
    let response: PipelineResponse;
    try {
      response = await (await this.#pipeline)(method, address, body);
    } catch (cause) {
      throw new WhenceError('azure-ml.unavailable', `${method} ${path}: no answer.`, { cause });
    }
    const { status } = response;
    if (status < 400 || tolerate.includes(status) || (status === 404 && (method === 'GET' || method === 'DELETE')))
      return response;
    throw refusal(method, path, response);
  }

  /** Links to further pages are whole addresses; a token goes to ARM and nowhere else. */
  #addressOf(path: string): string {
    const { url, workspaceId, apiVersion } = this.#target;
    if (!URL.canParse(path)) return `${url.replace(/\/$/, '')}${workspaceId}/${path}?api-version=${apiVersion}`;
    if (new URL(path).origin === new URL(url).origin) return path;
    throw new WhenceError('azure-ml.refused', `Azure ML linked to another host: ${new URL(path).origin}.`);
  }

  async #connect(): Promise<(method: HttpMethods, url: string, body?: ArmBody) => Promise<PipelineResponse>> {
    const {
      bearerTokenAuthenticationPolicy,
      createDefaultHttpClient,
      createHttpHeaders,
      createPipelineFromOptions,
      createPipelineRequest,
    } = await import('@azure/core-rest-pipeline');
    const pipeline = createPipelineFromOptions({
      retryOptions: { maxRetries: RETRIES, retryDelayInMs: 500, maxRetryDelayInMs: 8_000 },
    });
    pipeline.addPolicy(bearerTokenAuthenticationPolicy({ credential: this.#target.credential, scopes: SCOPE }));
    const client = createDefaultHttpClient();
    return (method, url, body) =>
      pipeline.sendRequest(
        client,
        createPipelineRequest({
          url,
          method,
          timeout: TIMEOUT_MS,
          headers: createHttpHeaders({
            accept: 'application/json',
            ...(body === undefined ? {} : { 'content-type': 'application/json' }),
          }),
          ...(body === undefined ? {} : { body: JSON.stringify(body) }),
        }),
      );
  }
}

function bodyOf({ bodyAsText }: PipelineResponse): ArmBody {
  return bodyAsText === null || bodyAsText === undefined || bodyAsText === ''
    ? {}
    : (JSON.parse(bodyAsText) as ArmBody);
}

/** @source azure-facts.md 3.5: ARM error bodies */
function refusal(method: string, path: string, { status, bodyAsText }: PipelineResponse): WhenceError {
  // 409: another operation on the same resource goes on.
  const isPassing = status === 408 || status === 409 || status === 429 || (status >= 500 && status !== 501);
  let told: { code?: string; message?: string } = {};
  try {
    told = (JSON.parse(bodyAsText ?? '{}') as { error?: typeof told }).error ?? {};
  } catch {
    told = { message: (bodyAsText ?? '').slice(0, 300) };
  }
  const message = `${method} ${path}: ${told.message ?? 'refused'} (${status}${told.code === undefined ? '' : `, ${told.code}`}).`;
  return new WhenceError(isPassing ? 'azure-ml.unavailable' : 'azure-ml.refused', message, {
    details: { status, armCode: told.code, armMessage: told.message },
  });
}
