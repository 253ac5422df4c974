import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

import { bundleApp } from '../../scripts/build.ts';
import type { Measured } from '../measured.ts';
import { coldStarts, type StartedApp } from './cold-start.ts';
import { unpackDeployable, type Deployable } from './deployable.ts';

/** Starts of each app. */
const ROUNDS = 15;
const MB = 1e6;

/**
 * The package as it is deployed: how big it is, and how long a fresh process needs until its functions are registered,
 * beside the smallest apps bundled the same way.
 */
export async function benchPackage(): Promise<Measured[]> {
  const folder = mkdtempSync(join(tmpdir(), 'whence-bench-'));
  try {
    const deployable = await unpackDeployable(folder);
    return [...sizes(deployable), ...(await starts(folder, deployable.main))];
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function sizes({ zipBytes, unpackedBytes, bundleBytes, startBytes }: Deployable): Measured[] {
  return [
    { name: 'package, zipped', value: zipBytes / MB, unit: 'MB' },
    { name: '  unpacked', value: unpackedBytes / MB, unit: 'MB' },
    { name: '  of it the bundle', value: bundleBytes / MB, unit: 'MB' },
    { name: '  of that what is loaded at the start', value: startBytes / MB, unit: 'MB' },
  ];
}

async function starts(folder: string, main: string): Promise<Measured[]> {
  const start = await bundle(folder, 'start', import.meta.resolve('./start.ts'));
  const durable = import.meta.resolve('./peer-durable.ts');
  const apps: StartedApp[] = [
    { name: 'Node alone', file: await bundle(folder, 'empty', import.meta.resolve('./peer-empty.ts')) },
    { name: '@azure/functions', file: await bundle(folder, 'functions', import.meta.resolve('./peer-functions.ts')) },
    { name: '@azure/functions, durable-functions', file: await bundle(folder, 'durable', durable, []) },
    { name: 'durable-functions, bundled as Whence is', file: await bundle(folder, 'durable-parts', durable) },
    { name: 'Whence', file: main },
  ];
  const [floor, bare, plain, parts, whence] = coldStarts(start, apps, ROUNDS);
  if (!floor || !bare || !plain || !parts || !whence) throw new Error('An app was not started.');
  const counts = [floor, bare, plain, parts].map(({ functions }) => functions.length);
  if (counts.join() !== '0,1,1,1' || whence.functions.length < 2)
    throw new Error(`The apps did not register what they should: ${counts.join()}, ${whence.functions.join()}.`);
  const beside = (name: string, { ms }: { readonly ms: number }, goal?: string): Measured[] => [
    { name: `start of ${name}`, value: ms, unit: 'ms' },
    { name: '  beside @azure/functions', value: ms / bare.ms, unit: '×', ...(goal === undefined ? {} : { goal }) },
    { name: '  … without Node alone', value: (ms - floor.ms) / (bare.ms - floor.ms), unit: '×' },
  ];
  return [
    { name: 'start of Node with an empty module', value: floor.ms, unit: 'ms' },
    { name: 'start of @azure/functions, one function', value: bare.ms, unit: 'ms' },
    ...beside('durable-functions too, one orchestration', plain),
    ...beside('the same, bundled as Whence is', parts),
    ...beside(`Whence, ${whence.functions.length} functions`, whence, 'at most 3.5'),
    { name: '  beside durable-functions', value: whence.ms / plain.ms, unit: '×', goal: 'at most 1.15' },
    { name: '  … without Node alone', value: (whence.ms - floor.ms) / (plain.ms - floor.ms), unit: '×' },
  ];
}

/** @returns the entry file */
async function bundle(folder: string, name: string, source: string, plugins?: []): Promise<string> {
  const out = join(folder, name);
  await bundleApp(fileURLToPath(source), out, plugins);
  writeFileSync(join(out, 'package.json'), '{ "type": "module" }\n');
  return join(out, 'main.js');
}
