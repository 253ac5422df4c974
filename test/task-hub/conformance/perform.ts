import type { FunctionsHost } from '#local/functions-host/functions-host.ts';
import type { VirtualClock } from '#local/task-hub/clock.ts';
import type { TracedEpisode } from '#test/fixtures/apps/durable-traces/app.ts';

import type { RecordedCall, Recording } from './recording.ts';

/** What a scenario showed when it was performed here. */
export interface Performance {
  /** Answers to the caller's calls, in the order of the recording. */
  readonly answers: readonly { readonly status: number; readonly headers: Headers; readonly body: unknown }[];
  readonly episodes: readonly TracedEpisode[];
  /** Recorded instance id → the one here. */
  readonly ids: ReadonlyMap<string, string>;
}

/** The host and its clock. */
export interface Stage {
  readonly host: FunctionsHost;
  readonly clock: VirtualClock;
}

/** Does what the caller of a recording did, at the same (virtual) times: perform recordings in the order of their times. */
export async function perform({ host, clock }: Stage, recording: Recording): Promise<Performance> {
  const episodes: TracedEpisode[] = [];
  (globalThis as { durableTraces?: TracedEpisode[] }).durableTraces = episodes;
  const ids = new Map<string, string>();
  const answers: Performance['answers'][number][] = [];
  const calls = recording.client.filter(({ by }) => by === 'caller');
  for (const call of calls) {
    await moveTo({ host, clock }, Date.parse(call.at));
    const answer = await send(host.baseUrl, call, ids);
    answers.push(answer);
    const recordedId = idOf(call.body);
    const id = idOf(answer.body);
    if (recordedId !== undefined && id !== undefined) ids.set(recordedId, id);
    await host.hub.settled();
  }
  await host.hub.settled();
  return { answers, episodes, ids };
}

/** Lets time pass; what becomes due on the way happens in order. */
async function moveTo({ host, clock }: Stage, toMs: number): Promise<void> {
  await host.hub.settled();
  for (let next = clock.nextMs(); next !== undefined && next <= toMs; next = clock.nextMs()) {
    clock.moveTo(next);
    await host.hub.settled();
  }
  clock.moveTo(toMs);
  await host.hub.settled();
}

async function send(
  baseUrl: string,
  { method, path, requestBody, requestHeaders }: RecordedCall,
  ids: ReadonlyMap<string, string>,
): Promise<Performance['answers'][number]> {
  const translated = (text: string): string =>
    [...ids].reduce((done, [recorded, here]) => (recorded === here ? done : done.replaceAll(recorded, here)), text);
  const headers = new Headers();
  if (requestBody !== undefined) headers.set('content-type', 'application/json');
  for (const [name, value] of Object.entries(requestHeaders ?? {})) {
    if (value === null) headers.delete(name);
    else headers.set(name, value);
  }
  const isBare = requestBody !== undefined && requestHeaders?.['content-type'] === null;
  const response = await fetch(`${baseUrl}${translated(path)}`, {
    method,
    headers,
    redirect: 'manual',
    // Bytes carry no content type of their own, a text would.
    ...(requestBody === undefined ? {} : { body: isBare ? Buffer.from(requestBody) : translated(requestBody) }),
  });
  const text = await response.text();
  return { status: response.status, headers: response.headers, body: parsed(text) };
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return text;
  }
}

function idOf(body: unknown): string | undefined {
  if (typeof body !== 'object' || body === null || !('id' in body)) return undefined;
  return typeof body.id === 'string' ? body.id : undefined;
}
