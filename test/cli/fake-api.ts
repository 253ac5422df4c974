import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';

/** What an answer is: a body, and the status where it is not 200. */
export interface FakeAnswer {
  readonly status?: number;
  readonly body: unknown;
}

/** An API that answers as a test says. */
export class FakeApi {
  readonly #server: Server;

  private constructor(server: Server) {
    this.#server = server;
  }

  /** @param answer - given `GET /v1/runs?limit=1`; a text as body is an event stream */
  static async start(answer: (asked: string) => FakeAnswer): Promise<FakeApi> {
    const server = createServer((request, response) => {
      request.resume();
      const { status = 200, body } = answer(`${request.method} ${(request.url ?? '').replace(/^\/api/, '')}`);
      const isStream = typeof body === 'string';
      const type = isStream ? 'text/event-stream' : status < 400 ? 'application/json' : 'application/problem+json';
      response.writeHead(status, { 'content-type': type }).end(isStream ? body : JSON.stringify(body));
    });
    await once(server.listen(0, '127.0.0.1'), 'listening');
    return new FakeApi(server);
  }

  /** Environment of a `whence` that talks to it. */
  get environment(): Readonly<Record<string, string>> {
    const { port } = this.#server.address() as AddressInfo;
    return { WHENCE_URL: `http://127.0.0.1:${port}`, WHENCE_TOKEN: 'x' };
  }

  /** Ends it. */
  stop(): void {
    this.#server.closeAllConnections();
    this.#server.close();
  }
}

const AT = '2026-01-01T00:00:00Z';

/** @returns a pipeline with two versions, as the API shows it */
export function fakePipeline(more: Readonly<Record<string, unknown>> = {}): Readonly<Record<string, unknown>> {
  return {
    schemaVersion: 1,
    name: 'a',
    activeVersion: '1'.repeat(64),
    paused: false,
    trigger: { container: 'landing', path: 'a/**/*.csv', select: 'all', settleMs: 0, maxWaitMs: 1 },
    endpoint: 'a-local',
    updatedAt: AT,
    updatedBy: 'x',
    ...more,
  };
}

/** @returns a row of a published version */
export function fakeVersion(digit: string, trust: string): Readonly<Record<string, unknown>> {
  const from = { commit: digit.repeat(40), folder: '', dirty: false, trust, publishedAt: AT, publishedBy: 'somebody' };
  return { schemaVersion: 1, name: 'a', version: digit.repeat(64), ...from };
}

/** @returns a run in the index */
export function fakeRun(generation: number, status: string): Readonly<Record<string, unknown>> {
  const made = { pipelineVersion: '1'.repeat(64), manifestDigest: '2'.repeat(64), generation, occasion: 'data' };
  return { runId: `a-r-${generation}`, pipeline: 'a', ...made, status, createdAt: AT, updatedAt: AT };
}

/** @returns a data window */
export function fakeWindow(
  generation: number,
  state: string,
  more: Readonly<Record<string, unknown>> = {},
): Readonly<Record<string, unknown>> {
  return { schemaVersion: 1, generation, state, openedAt: AT, lastTouchAt: AT, requests: [], ...more };
}
