/**
 * Microsoft's Python SDK against the stand-in, uploads included: azure-ai-ml of the Debian package `python3-azure`, which
 * CI installs.
 */
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';

import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { LaptopLab, WORKSPACE } from './laptop-lab.ts';

const PYTHON = '/usr/bin/python3';
const DRIVE = join(import.meta.dirname, 'python-sdk', 'drive.py');
const isThere =
  spawnSync(PYTHON, ['-c', 'import importlib.util as u, sys; sys.exit(u.find_spec("azure.ai.ml") is None)']).status ===
  0;
if (!isThere && process.env['CI'] === 'true') throw new Error('python3-azure is not installed: .ci/run installs it.');

describe.skipIf(!isThere)(
  `the Python SDK${isThere ? '' : ' (python3-azure is not installed: 11 scenarios are not run)'}`,
  () => {
    let lab: LaptopLab;
    const scenarios = new Map<string, Readonly<Record<string, unknown>>>();

    beforeAll(async () => {
      lab = await LaptopLab.open({
        python: PYTHON,
        parallelJobs: 4,
        datastores: { store: 'store', workspaceblobstore: 'blobstore', workspaceartifactstore: 'azureml' },
      });
      await lab.upload('store', { 'models/sdk/m.txt': 'm', 'sdk.csv': 'a\n1\n' });
      await lab.upload('blobstore', { 'is-there': '' });
      const ca = join(lab.folder, 'ca.pem');
      writeFileSync(ca, lab.certificate.cert);
      const child = spawn(PYTHON, [DRIVE], {
        stdio: ['pipe', 'pipe', 'pipe'],
        env: { PATH: process.env['PATH'], HOME: lab.folder },
      });
      child.stdin.end(
        JSON.stringify({
          url: lab.baseUrl,
          ca,
          workspace: WORKSPACE,
          blob: `core.localhost:${new URL(lab.storage.url).port}`,
          token: await lab.token('https://management.azure.com'),
        }),
      );
      const exited = once(child, 'exit');
      const [stdout, stderr] = await Promise.all([text(child.stdout), text(child.stderr)]);
      const [code, signal] = (await exited) as [number | null, string | null];
      // The SDK shows its progress on the same lines.
      for (const [line] of stdout.matchAll(/\{"scenario".*\}$/gm)) {
        const { scenario, ...what } = JSON.parse(line) as { scenario: string };
        scenarios.set(scenario, what);
      }
      if (code !== 0) scenarios.set('error', { stderr: `${signal ?? code}: ${stderr.slice(-3_000)}` });
    }, 120_000);
    afterAll(async () => {
      await lab[Symbol.asyncDispose]();
      expect(lab.problems).toEqual([]);
    });

    it('does all of it', () => {
      expect(scenarios.get('error')?.['stderr'] ?? '').toBe('');
    });

    it.each([
      ['command job', { status: 'Completed' }],
      ['code is uploaded once', { status: 'Completed' }],
      ['environment', { name: 'sdk-env', version: '1', listed: ['1'] }],
      ['model', { version: '1', latest: '1' }],
      ['data', { version: '1', listed: 0 }],
      ['component', { name: 'fit' }],
      ['pipeline job', { status: 'Completed' }],
      ['jobs are listed', { there: true }],
      ['endpoint', { state: 'Succeeded', key: true }],
      ['endpoint is deleted', { left: 0 }],
    ])('%s', (scenario, expected) => {
      expect(scenarios.get(scenario)).toMatchObject(expected);
    });
  },
);
