/** The example of a Python team: scikit-learn, a sweep in a pipeline job, MLflow and score.py, through the built app. */
import { execFileSync } from 'node:child_process';
import { cpSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';

import { platformRoutes } from '#shared/contracts/api/platform-routes.ts';
import { pythonWith } from '#test/support/python.ts';

import { Laptop } from './laptop.ts';

const folder = join(import.meta.dirname, '..', '..', 'pipelines', 'penguins');
const anyPython = pythonWith('venv');
const data = execFileSync(process.execPath, [join(folder, 'get-data.mjs')], { encoding: 'utf8' });

test.skipIf(anyPython === undefined)(
  'the penguins in a Python without their packages are refused, and every one that is missing is named',
  async () => {
    const home = mkdtempSync(join(tmpdir(), 'whence-bare-'));
    onTestFinished(() => rmSync(home, { recursive: true }));
    execFileSync(anyPython ?? '', ['-m', 'venv', '--without-pip', home]);
    await using laptop = await Laptop.start({}, { python3: join(home, 'bin', 'python3') });
    await laptop.publishCopy(folder);
    await laptop.drop('penguins/all.csv', data);
    const [run] = await laptop.endedRuns('penguins', 1);
    expect(run).toMatchObject({ status: 'failed' });
    expect(run?.failure?.message).toMatch(/lacks .*mlflow-skinny 2\.22\.1.*local\.settings\.json/);
  },
  300_000,
);

const python = pythonWith('sklearn', 'pandas', 'joblib');

describe.skipIf(python === undefined)(
  `the penguins${python === undefined ? ' (no python3 has scikit-learn and pandas: 1 test is not run)' : ''}`,
  { timeout: 300_000 },
  () => {
    let laptop: Laptop;
    let home: string;
    beforeAll(async () => {
      home = mkdtempSync(join(tmpdir(), 'whence-penguins-'));
      laptop = await Laptop.start({}, { python3: withMlflowCalls(python ?? '', home) });
    }, 120_000);
    afterAll(async () => {
      await laptop[Symbol.asyncDispose]();
      rmSync(home, { recursive: true });
    });

    test('are swept, judged, served and asked', async () => {
      await laptop.publishCopy(folder);
      await laptop.drop('penguins/all.csv', data);
      const [run] = await laptop.endedRuns('penguins', 1);
      expect(run, JSON.stringify(run?.failure)).toMatchObject({ status: 'succeeded' });
      const trials = (await laptop.jobs()).filter((job) => /_tune_\d+$/.test(job));
      expect(trials).toHaveLength(8);
      const auc = run?.verdicts?.find((one) => (one['gate'] as { metric: string }).metric === 'auc');
      expect(auc).toMatchObject({ verdict: 'passed' });
      const asked = await laptop.api.call(platformRoutes.invokeEndpoint, {
        params: { name: run?.endpoint ?? '' },
        body: {
          input: {
            input_data: {
              columns: [
                'Species',
                'Island',
                'Beak Length (mm)',
                'Beak Depth (mm)',
                'Flipper Length (mm)',
                'Body Mass (g)',
              ],
              data: [
                ['Gentoo', 'Biscoe', 55.9, 17, 228, 5600],
                ['Gentoo', 'Biscoe', 42.7, 13.7, 208, 3950],
              ],
            },
          },
        },
      });
      const { male } = asked.output as { male: [number, number] };
      expect(male[0]).toBeGreaterThan(0.9);
      expect(male[1]).toBeLessThan(0.1);
    });
  },
);

/** The packages of a Python, and the calls of mlflow that the penguins make. */
function withMlflowCalls(interpreter: string, home: string): string {
  execFileSync(interpreter, ['-m', 'venv', '--without-pip', '--system-site-packages', home]);
  const [version = ''] = readdirSync(join(home, 'lib'));
  cpSync(join(import.meta.dirname, 'mlflow-calls'), join(home, 'lib', version, 'site-packages'), { recursive: true });
  return join(home, 'bin', 'python3');
}
