/** Microsoft's own example jobs that need nothing but a shell, converted by Whence and run by the stand-in. */
import { createHash } from 'node:crypto';

import { afterAll, beforeAll, describe, expect, test } from 'vitest';

import { renderFile } from '#shared/domain/azure-ml/render/render-file.ts';

import { corpusCases, hasCorpus, readCorpus } from '../azure-ml-yaml/corpus.ts';
import { LaptopLab, SOON, WORKSPACE } from './laptop-lab.ts';

type Json = Readonly<Record<string, unknown>>;

const jobKinds = ['commandJob', 'pipelineJob', 'sweepJob'];
/** Command, sweep and pipeline jobs that name neither files nor addresses nor programs of Python. */
const examples = hasCorpus
  ? corpusCases()
      .filter(
        ({ kind, yaml }) => jobKinds.includes(kind) && needsOnlyAShell(new TextDecoder().decode(readCorpus(yaml))),
      )
      .map(({ yaml }) => yaml)
  : [];

function needsOnlyAShell(text: string): boolean {
  const settings = text.replaceAll(/^\s*(?:#.*|\$schema:.*)$|path: azureml:\/\/datastores\S*|environment:.*/gm, '');
  return /command:/.test(settings) && !/^\s*(?:code|component|trial|path):\s*\S|https?:|wasbs:|python /m.test(settings);
}

describe.skipIf(!hasCorpus)(
  `examples of Microsoft's${hasCorpus ? '' : ' (../shared/reference/azureml-yaml is not here: 20 are not run)'}`,
  () => {
    let lab: LaptopLab;
    beforeAll(async () => {
      // What their containers have of what they use: a shell.
      const shell = { pathEntries: [] };
      lab = await LaptopLab.open({
        parallelJobs: 4,
        environments: { 'library/python:latest': shell, python: shell, 'sklearn-1.5': shell },
        datastores: { workspaceblobstore: 'blobstore', workspaceartifactstore: 'azureml' },
      });
      await lab.upload('blobstore', { 'is-there': '' });
    });
    afterAll(() => lab[Symbol.asyncDispose]());

    test('are more than a few', () => expect(examples.length).toBeGreaterThanOrEqual(20));

    test.each(examples)('%s runs to Completed', async (yaml) => {
      const { payload, problems } = renderFile(yaml, { read: readCorpus, root: '', location: 'local' });
      expect(problems).toEqual([]);
      const name = yaml.replaceAll(/.*\/|\.yml$/g, '');
      await lab.put(`/jobs/${name}`, await registered(payload));
      await expect.poll(() => lab.status(name), SOON).toMatch(/^(Completed|Failed|Canceled)$/);
      expect(await lab.status(name), await logsOf(name)).toBe('Completed');
    });

    /** What is inline becomes a version of its own, and its ARM id stands in its place, as Azure ML's clients do it. */
    async function registered(value: unknown, key = ''): Promise<unknown> {
      if (Array.isArray(value)) return Promise.all(value.map((one) => registered(one)));
      if (typeof value === 'string' && key === 'computeId') return `${WORKSPACE}/computes/${value}`;
      if (typeof value !== 'object' || value === null) return value;
      const { $anonymousEnvironment: environment, $anonymousComponent: component } = value as Json;
      if (environment !== undefined) {
        const { image } = environment as { image: string };
        return version('environments', { properties: { image } });
      }
      const entries: [string, unknown][] = [];
      for (const [name, member] of Object.entries((component ?? value) as Json))
        entries.push([name, await registered(member, name)]);
      const whole = Object.fromEntries(entries);
      return component === undefined ? whole : version('components', whole);
    }

    async function version(kind: string, body: Json): Promise<string> {
      const name = createHash('sha256').update(JSON.stringify(body)).digest('hex').slice(0, 20);
      await lab.put(`/${kind}/example/versions/${name}`, body);
      return `${WORKSPACE}/${kind}/example/versions/${name}`;
    }

    async function logsOf(job: string): Promise<string> {
      const children = (await lab.arm('GET', `/jobs?parentJobName=${job}`)).body['value'] as { name: string }[];
      const logs = await Promise.all(
        [job, ...children.map(({ name }) => name)].map((one) => lab.log(one).catch(String)),
      );
      return logs.join('\n');
    }
  },
);
