import { spawnSync } from 'node:child_process';

/** Starts of every app before those that count: they bring the files into memory. */
const WARM_UPS = 2;
const TIMEOUT_MS = 60_000;

/** An app that is started again and again. */
export interface StartedApp {
  readonly name: string;
  /** Its entry file. */
  readonly file: string;
}

/** The starts of one app. */
export interface ColdStart {
  /** Median from the start of the process, by its own clock, until all functions are registered. */
  readonly ms: number;
  /** What it registered. */
  readonly functions: readonly string[];
}

/**
 * Starts each app in fresh processes, in turns, so that what else the machine does falls on all of them alike.
 *
 * @param start - the built `start.ts`
 * @param rounds - starts of each app that count
 * @returns in the order of the apps
 * @throws {Error} an app does not start, or says something on stderr
 */
export function coldStarts(start: string, apps: readonly StartedApp[], rounds: number): ColdStart[] {
  const samples = apps.map((): ReturnType<typeof startOnce>[] => []);
  for (let round = -WARM_UPS; round < rounds; round += 1) {
    for (const [index, app] of inTurn([...apps.entries()], round + WARM_UPS)) {
      const sample = startOnce(start, app);
      if (round >= 0) samples[index]?.push(sample);
    }
  }
  return samples.map((ofApp) => ({
    ms: median(ofApp.map(({ ms }) => ms)),
    functions: ofApp[0]?.functions ?? [],
  }));
}

/** An empty environment: no compile cache, no options of Node. */
function startOnce(
  start: string,
  { name, file }: StartedApp,
): { readonly ms: number; readonly functions: readonly string[] } {
  const { status, stdout, stderr } = spawnSync(process.execPath, [start, file], {
    env: {},
    encoding: 'utf8',
    timeout: TIMEOUT_MS,
  });
  if (status !== 0 || stderr !== '') throw new Error(`${name} did not start as it should: ${stderr}`);
  return JSON.parse(stdout) as { ms: number; functions: string[] };
}

/** Another one is first in each round. */
function inTurn<T>(list: readonly T[], round: number): T[] {
  const first = round % list.length;
  return [...list.slice(first), ...list.slice(0, first)];
}

function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length / 2;
  return ((sorted[Math.ceil(middle) - 1] ?? NaN) + (sorted[Math.floor(middle)] ?? NaN)) / 2;
}
