/** The recorded scenarios. Format: `test/fixtures/durable-traces/README.md`. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** An HTTP call and its answer, as recorded. */
export interface RecordedCall {
  readonly label?: string;
  readonly at: string;
  readonly by: 'caller' | 'library';
  readonly method: string;
  readonly path: string;
  readonly requestBody?: string;
  readonly requestHeaders?: Readonly<Record<string, string | null>>;
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: unknown;
}

/** An invocation of the worker, as recorded. */
export interface RecordedEpisode {
  readonly function: string;
  readonly kind: 'orchestration' | 'activity' | 'entity';
  readonly input: unknown;
  readonly output?: unknown;
  readonly failure?: { readonly prefix?: string; readonly state?: unknown; readonly message?: string };
}

/** A scenario. */
export interface Recording {
  readonly scenario: string;
  readonly client: readonly RecordedCall[];
  readonly episodes: readonly RecordedEpisode[];
}

const folder = join(import.meta.dirname, '..', '..', 'fixtures', 'durable-traces', 'scenarios');

/** @returns all recordings that are kept here, in the order in which they were made */
export function readRecordings(): Recording[] {
  return readdirSync(folder)
    .map((file) => readRecording(file.replace(/\.json$/, '')))
    .toSorted((a, b) => startMs(a) - startMs(b));
}

function startMs({ client }: Recording): number {
  return Date.parse(client[0]?.at ?? '');
}

/** Large texts are written out. */
function readRecording(scenario: string): Recording {
  return expand(JSON.parse(readFileSync(join(folder, `${scenario}.json`), 'utf8'))) as Recording;
}

/** Large texts are kept as `{repeat, length}` and `{parts}`. */
function expand(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(expand);
  if (typeof value !== 'object' || value === null) return value;
  const members = value as Readonly<Record<string, unknown>>;
  const keys = Object.keys(members).join(',');
  if (keys === 'repeat,length') return String(members['repeat']).repeat(Number(members['length']));
  if (keys === 'parts' && Array.isArray(members['parts'])) return members['parts'].map(expand).join('');
  return Object.fromEntries(Object.entries(members).map(([key, item]) => [key, expand(item)]));
}
