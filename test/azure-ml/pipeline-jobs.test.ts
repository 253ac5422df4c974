/** Pipeline jobs as graphs of real processes. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { LaptopLab, SOON, WORKSPACE } from './laptop-lab.ts';

let lab: LaptopLab;
let environmentId: string;

beforeAll(async () => {
  lab = await LaptopLab.open({ parallelJobs: 4 });
  environmentId = await lab.environment();
});
afterAll(async () => {
  await lab[Symbol.asyncDispose]();
  expect(lab.problems).toEqual([]);
});

/** Registers a command component. @returns its ARM id */
async function component(
  name: string,
  command: string,
  ports: { readonly inputs?: object; readonly outputs?: object } = {},
): Promise<string> {
  const componentSpec = {
    type: 'command',
    name,
    version: '1',
    command,
    environment: `azureml:${environmentId}`,
    ...ports,
  };
  await lab.put(`/components/${name}/versions/1`, { properties: { componentSpec } });
  return `${WORKSPACE}/components/${name}/versions/1`;
}

async function submit(name: string, properties: Readonly<Record<string, unknown>>): Promise<void> {
  const answer = await lab.arm('PUT', `/jobs/${name}`, { properties: { jobType: 'Pipeline', ...properties } });
  expect(answer, JSON.stringify(answer.body)).toMatchObject({ status: 201 });
}

async function ended(name: string): Promise<unknown> {
  await expect.poll(() => lab.status(name), SOON).toMatch(/^(Completed|Failed|Canceled)$/);
  return lab.status(name);
}

const literal = (value: string) => ({ job_input_type: 'literal', value });
const step = (componentId: string, more: object = {}) => ({ type: 'command', componentId, ...more });
const folder = { type: 'uri_folder' };

describe('a pipeline job', () => {
  it('hands literals, outputs and its own inputs from step to step, and leaves its outputs where they belong', async () => {
    await lab.upload('store', { 'in/a.txt': 'seven' });
    const make = await component(
      'make',
      'cat ${{inputs.data}}/a.txt > ${{outputs.out}}/made; echo ${{inputs.times}} $[[--more ${{inputs.more}}]] >> ${{outputs.out}}/made',
      {
        inputs: { data: folder, times: { type: 'integer', default: 3 }, more: { type: 'string', optional: true } },
        outputs: { out: folder },
      },
    );
    const join = await component('join', 'cat ${{inputs.a}}/made ${{inputs.b}}/made > ${{outputs.all}}', {
      inputs: { a: folder, b: folder },
      outputs: { all: { type: 'uri_file' } },
    });
    await submit('joined', {
      inputs: {
        data: { jobInputType: 'uri_folder', uri: 'azureml://datastores/store/paths/in' },
        more: { jobInputType: 'literal', value: 'm' },
      },
      outputs: { all: { jobOutputType: 'uri_file', uri: 'azureml://datastores/store/paths/out/all.txt' } },
      jobs: {
        last: step(join, {
          inputs: {
            a: literal('${{parent.jobs.first.outputs.out}}'),
            b: literal('${{parent.jobs.second.outputs.out}}'),
          },
          outputs: { all: { type: 'literal', value: '${{parent.outputs.all}}' } },
        }),
        first: step(make, { inputs: { data: literal('${{parent.inputs.data}}') } }),
        second: step(make, {
          inputs: {
            data: literal('${{parent.inputs.data}}'),
            times: literal('5'),
            more: literal('x-${{parent.inputs.more}}'),
          },
        }),
      },
    });
    expect(await ended('joined'), await lab.log('joined')).toBe('Completed');
    expect(await lab.read('store', 'out/all.txt')).toBe('seven3\nseven5 --more x-m\n');
    const children = await lab.arm('GET', '/jobs?parentJobName=joined');
    expect(children.body['value']).toHaveLength(3);
    const top = (await lab.arm('GET', '/jobs')).body['value'] as { name: string }[];
    expect(top.map(({ name }) => name)).toEqual(['joined']);
  });

  it('reuses what an equal step has done, unless bytes changed, the component is not deterministic, or it is forced', async () => {
    await lab.upload('store', { 'reuse/a.txt': '1' });
    const count = await component('count', 'date +%s%N > ${{outputs.out}}/when; wc -c ${{inputs.data}}/a.txt', {
      inputs: { data: folder },
      outputs: { out: folder },
    });
    const pipeline = (settings: object = {}) => ({
      settings,
      inputs: { data: { jobInputType: 'uri_folder', uri: 'azureml://datastores/store/paths/reuse' } },
      jobs: { count: step(count, { inputs: { data: literal('${{parent.inputs.data}}') } }) },
    });
    const reused = async (name: string, settings?: object): Promise<unknown> => {
      await submit(name, pipeline(settings));
      expect(await ended(name), await lab.log(name)).toBe('Completed');
      const { body } = await lab.arm('GET', `/jobs/${name}_count`);
      return (body['properties'] as { properties: Record<string, string> }).properties[
        'azureml.rootpipelinereusedrunid'
      ];
    };
    expect(await reused('r1')).toBeUndefined();
    expect(await reused('r2')).toBe('r1_count');
    expect(await reused('r3', { force_rerun: true })).toBeUndefined();
    await lab.upload('store', { 'reuse/a.txt': '22' });
    expect(await reused('r4')).toBeUndefined();
  });

  it('fails with a failed step: what depends on it is canceled, and the rest goes on only if it is told to', async () => {
    const fail = await component('fail', 'echo broken >&2; exit 3', { outputs: { out: folder } });
    const work = await component('work', 'true', { inputs: { data: folder } });
    const free = await component('free', 'true');
    const jobs = {
      bad: step(fail),
      after: step(work, { inputs: { data: literal('${{parent.jobs.bad.outputs.out}}') } }),
      free: step(free),
      later: step(free, { comment: 'another' }),
    };
    await submit('broken', { jobs, settings: { continue_on_step_failure: true } });
    expect(await ended('broken')).toBe('Failed');
    expect(await lab.status('broken_bad')).toBe('Failed');
    expect(await lab.status('broken_after')).toBe('Canceled');
    expect(await lab.status('broken_free')).toBe('Completed');
    expect(await lab.log('broken')).toContain('Step after is not run: it needs the step bad, which did not complete.');
  });

  it('runs pipeline components as steps, one in the other', async () => {
    const echo = await component('echo', 'echo ${{inputs.word}} > ${{outputs.out}}/word', {
      inputs: { word: { type: 'string' } },
      outputs: { out: folder },
    });
    await lab.put('/components/inner/versions/1', {
      properties: {
        componentSpec: {
          type: 'pipeline',
          name: 'inner',
          version: '1',
          inputs: { word: { type: 'string', default: 'unset' } },
          outputs: { out: folder },
          jobs: {
            only: step(echo, {
              inputs: { word: literal('${{parent.inputs.word}}') },
              outputs: { out: { type: 'literal', value: '${{parent.outputs.out}}' } },
            }),
          },
        },
      },
    });
    await submit('nested', {
      outputs: { out: { jobOutputType: 'uri_folder', uri: 'azureml://datastores/store/paths/nested/' } },
      jobs: {
        inner: {
          type: 'pipeline',
          componentId: 'azureml:inner:1',
          inputs: { word: literal('deep') },
          outputs: { out: { type: 'literal', value: '${{parent.outputs.out}}' } },
        },
      },
    });
    expect(await ended('nested'), await lab.log('nested')).toBe('Completed');
    expect(await lab.read('store', 'nested/word')).toBe('deep\n');
  });

  it('is canceled with its steps, and goes on after a restart', async () => {
    const wait = await component('wait', 'until [ -e ${{inputs.gate}} ]; do sleep 0.05; done', {
      inputs: { gate: { type: 'string' } },
    });
    const waiting = (gate: string) => ({ jobs: { wait: step(wait, { inputs: { gate: literal(gate) } }) } });
    await submit('canceled', waiting('/nowhere'));
    await expect.poll(() => lab.status('canceled_wait'), SOON).toBe('Running');
    await lab.arm('POST', '/jobs/canceled/cancel');
    expect(await ended('canceled')).toBe('Canceled');
    expect(await lab.status('canceled_wait')).toBe('Canceled');

    const gate = `${lab.folder}/gate`;
    await submit('resumed', waiting(gate));
    await expect.poll(() => lab.status('resumed_wait'), SOON).toBe('Running');
    await lab.stop();
    await lab.start();
    const { writeFileSync } = await import('node:fs');
    writeFileSync(gate, '');
    expect(await ended('resumed'), await lab.log('resumed')).toBe('Completed');
  });

  it.each([
    ['a component that is not there', { a: step('azureml:none:1') }, 'no component version'],
    ['a step that is not there', { a: { ref: '${{parent.jobs.b.outputs.out}}' } }, 'no such step'],
    ['a step that waits for itself', { a: { ref: '${{parent.jobs.a.outputs.out}}' } }, 'waits for itself'],
    ['more than one instance', { a: { resources: { instance_count: 2 } } }, 'instance_count'],
    ['a kind of step that it does not run', { a: { type: 'parallel' } }, 'command, pipeline and sweep'],
  ])('is refused with %s', async (_what, jobs, message) => {
    const work = await component('work', 'true', { inputs: { data: folder } });
    const told = Object.fromEntries(
      Object.entries(jobs).map(([name, one]) => {
        const { ref, ...rest } = one as { ref?: string };
        return [name, { ...step(work), ...(ref === undefined ? {} : { inputs: { data: literal(ref) } }), ...rest }];
      }),
    );
    const answer = await lab.arm('PUT', '/jobs/refused', { properties: { jobType: 'Pipeline', jobs: told } });
    expect(answer.status).toBeGreaterThanOrEqual(400);
    expect(answer.body.error?.message).toContain(message);
  });
});
