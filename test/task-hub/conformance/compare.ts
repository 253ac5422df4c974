import { isDeepStrictEqual } from 'node:util';

import { normalise } from './normalise.ts';
import type { Performance } from './perform.ts';
import type { Recording } from './recording.ts';

/** Where a performance differs from its recording. */
export interface Difference {
  /** `answer 3 (status)`, `episode 2 of waitGo: history`. */
  readonly where: string;
  readonly recorded: unknown;
  readonly here: unknown;
}

/** Headers that callers depend on. */
const HEADERS = ['location', 'retry-after'];

/**
 * Compares the answers to the caller, and what the worker got and returned, episode by episode.
 *
 * @param isConcurrent - the order of events and their split into episodes is a matter of timing: only what came of
 * them is compared
 */
export function compare(recording: Recording, performance: Performance, isConcurrent: boolean): Difference[] {
  const names = [...performance.ids].map(([recorded, here], at) => ({ recorded, here, name: `<id ${at}>` }));
  const recordedIds = new Map(names.map(({ recorded, name }) => [recorded, name]));
  const idsHere = new Map(names.map(({ here, name }) => [here, name]));
  const differences: Difference[] = [];
  const check = (where: string, recorded: unknown, here: unknown): void => {
    const [left, right] = [normalise(plain(recorded), recordedIds), normalise(plain(here), idsHere)];
    if (!isDeepStrictEqual(left, right)) differences.push({ where, recorded: left, here: right });
  };
  for (const [at, call] of recording.client.filter(({ by }) => by === 'caller').entries()) {
    const answer = performance.answers[at];
    const where = `answer ${at} (${call.label ?? call.path})`;
    check(`${where}: status`, call.status, answer?.status);
    const body = isConcurrent ? inAnyOrder : (value: unknown) => value;
    check(`${where}: body`, body(call.body), body(answer?.body));
    for (const header of HEADERS)
      check(`${where}: ${header}`, call.headers[header] ?? null, answer?.headers.get(header) ?? null);
  }
  if (isConcurrent) return differences;
  const recorded = byInstance(recording.episodes.filter(({ kind }) => kind === 'orchestration'));
  const here = byInstance(performance.episodes);
  check('instances', [...recorded.keys()], [...here.keys()]);
  for (const [id, list] of recorded) {
    const mine =
      here.get(performance.ids.get(id) ?? id) ??
      here.get([...here.keys()][[...recorded.keys()].indexOf(id)] ?? '') ??
      [];
    check(`episodes of ${list[0]?.function}: count`, list.length, mine.length);
    for (const [at, episode] of list.entries()) {
      const where = `episode ${at} of ${episode.function}`;
      const other = mine[at];
      if (other === undefined) continue;
      check(`${where}: payload`, payloadOf(episode.input), payloadOf(other.input));
      check(`${where}: history`, historyOf(episode.input), historyOf(other.input));
      const failure = episode.failure === undefined ? undefined : `${episode.failure.prefix ?? ''}`;
      if (failure === undefined) check(`${where}: output`, episode.output, other.output);
      else check(`${where}: failure`, failure, other.failure?.slice(0, failure.length));
    }
  }
  return differences;
}

interface Episode {
  readonly function: string;
  readonly input: unknown;
  readonly output?: unknown;
  readonly failure?: unknown;
}

interface Payload {
  readonly instanceId: string;
  readonly history: readonly Readonly<Record<string, unknown>>[];
}

function byInstance<One extends Episode>(episodes: readonly One[]): Map<string, One[]> {
  const grouped = new Map<string, One[]>();
  for (const episode of episodes) {
    const { instanceId } = payload(episode.input);
    grouped.set(instanceId, [...(grouped.get(instanceId) ?? []), episode]);
  }
  return grouped;
}

function payload(input: unknown): Payload {
  return (typeof input === 'string' ? JSON.parse(input) : input) as Payload;
}

function payloadOf(input: unknown): unknown {
  const { history: _history, ...rest } = payload(input);
  return rest;
}

function historyOf(input: unknown): unknown {
  return payload(input).history;
}

/** The history of a status in an order of its own. */
function inAnyOrder(body: unknown): unknown {
  if (typeof body !== 'object' || body === null || !('historyEvents' in body)) return body;
  const events = body.historyEvents as readonly Readonly<Record<string, unknown>>[];
  const keyOf = ({ EventType, Reason, Result, Input, Name }: Readonly<Record<string, unknown>>): string =>
    JSON.stringify([EventType, Reason, Result, Input, Name]);
  return { ...body, historyEvents: events.toSorted((a, b) => (keyOf(a) < keyOf(b) ? -1 : 1)) };
}

/** A value as it crosses a process: no classes, no members without a value. */
function plain(value: unknown): unknown {
  return value === undefined ? undefined : (JSON.parse(JSON.stringify(value)) as unknown);
}
