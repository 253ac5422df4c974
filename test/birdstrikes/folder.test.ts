/** The demo's pipeline folder: what the platform reads of it. */
import { readFile, readdir } from 'node:fs/promises';
import { join, relative, sep } from 'node:path';

import { beforeAll, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { z } from 'zod';

import { demoBatches, type DemoBatches, type DemoFile } from '#local/demo/batches.ts';
import { brokenExport } from '#local/demo/figures.ts';
import { FEATURES_FILE, withFeatures } from '#local/demo/leaner.ts';
import { gates } from '#shared/contracts/gates.ts';
import { checkFolder } from '#shared/domain/pipeline/check-folder.ts';
import { contractOf, inspectFiles, short } from '#test/data-contract/inspect.ts';

import { ROOT } from './jobs.ts';

const FOLDER = join(ROOT, 'pipelines/birdstrikes');
let batches: DemoBatches;

beforeAll(async () => {
  batches = await demoBatches(ROOT);
});

async function read(path: string): Promise<string> {
  return readFile(join(FOLDER, path), 'utf8');
}

describe('the pipeline folder', () => {
  it('has no mistake, also with the features of the leaner version', async () => {
    const files = new Map<string, Uint8Array>();
    for (const entry of await readdir(FOLDER, { recursive: true, withFileTypes: true })) {
      const path = join(entry.parentPath, entry.name);
      if (entry.isFile()) files.set(relative(FOLDER, path).split(sep).join('/'), await readFile(path));
    }
    const parts = { name: z.string(), gates };
    expect(checkFolder(files, parts).problems).toBeUndefined();
    files.set(FEATURES_FILE, Buffer.from(withFeatures(await read(FEATURES_FILE), 'leaner')));
    const { definition } = checkFolder(files, parts);
    expect(definition?.train).toHaveProperty('job.inputs.features.value', 'leaner');
  });

  it('becomes leaner and full again by one line', async () => {
    const full = await read(FEATURES_FILE);
    const leaner = withFeatures(full, 'leaner');
    const lines = leaner.split('\n');
    expect(full.split('\n').filter((line, index) => line !== lines[index])).toHaveLength(1);
    expect(withFeatures(leaner, 'full')).toBe(full);
    expect(() => withFeatures('inputs: {}', 'leaner')).toThrow(/no line/);
  });

  it('builds its environment from the versions that the laptop has', async () => {
    const environment = JSON.parse(await read('environment/package.json')) as { dependencies: Record<string, string> };
    for (const [name, version] of Object.entries(environment.dependencies)) {
      const installed = JSON.parse(await readFile(join(ROOT, 'node_modules', name, 'package.json'), 'utf8')) as {
        version: string;
      };
      expect(`${name} ${version}`).toBe(`${name} ${installed.version}`);
    }
  });

  it('has a contract over exactly the columns of the reports', async () => {
    const contract = parse(await read('contract.yaml')) as { schema: { properties: { name: string }[] }[] };
    const columns = contract.schema[0]?.properties.map(({ name }) => name);
    expect(columns).toEqual(batches.first[0]?.text.split('\n')[0]?.split(','));
  });
});

describe('the contract', () => {
  async function findings(...files: readonly (readonly DemoFile[])[]): Promise<string[]> {
    const contract = contractOf(await read('contract.yaml'));
    return short(await inspectFiles(contract, Object.fromEntries(files.flat().map(({ path, text }) => [path, text]))));
  }

  it('is kept by every honest batch', async () => {
    const { first, second, repaired, last } = batches;
    expect(await findings(first)).toEqual([]);
    expect(await findings(first, second)).toEqual([]);
    expect(await findings(first, second, repaired, last)).toEqual([]);
  });

  it('is kept by every honest file on its own', async () => {
    const { first, second, repaired, last } = batches;
    for (const file of [first, second, repaired, last].flat()) expect(await findings([file]), file.path).toEqual([]);
  });

  it('is broken by the broken export for exactly two reasons', async () => {
    const { rows, missingColumn, reportedSpeeds, speedsOutOfRange } = brokenExport;
    expect(await findings(batches.first, batches.second, batches.broken)).toEqual([
      `birdstrikes/2000.csv missing-column ${missingColumn} ${rows}/${rows}`,
      `birdstrikes/2000.csv maximum Speed IAS in knots ${speedsOutOfRange}/${reportedSpeeds}`,
    ]);
  });
});
