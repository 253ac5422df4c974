/** Bodies of pipeline jobs: what the laptop runs of them, and what it refuses by name. */
import { z } from 'zod';

import { invalid, readBody } from '../arm-error.ts';
import { checkResources, jobInputs, jobOutputs, jobServices, jobWords } from '../job-body.ts';
import type { ResourceStore } from '../resource-store.ts';
import { findComponent, type ComponentSpec } from './component.ts';
import { sweepNodeShape } from './sweep-body.ts';

const dataInput = z.strictObject({
  job_input_type: z.string(),
  uri: z.string().optional(),
  value: z.union([z.string(), z.number(), z.boolean()]).optional(),
  mode: z.string().nullish(),
  description: z.string().nullish(),
});
/** An input of a step. */
export type NodeInput = z.output<typeof dataInput>;

const output = z.strictObject({
  type: z.literal('literal').optional(),
  value: z.string().optional(),
  job_output_type: z.string().optional(),
  uri: z.string().optional(),
  mode: z.string().nullish(),
  description: z.string().nullish(),
  asset_name: z.string().nullish(),
  asset_version: z.string().nullish(),
});
/** An output of a step. */
export type NodeOutput = z.output<typeof output>;

const shape = {
  name: z.string().optional(),
  _source: z.string().nullish(),
  display_name: z.string().nullish(),
  comment: z.string().nullish(),
  description: z.string().nullish(),
  tags: z.record(z.string(), z.string()).nullish(),
  properties: z.record(z.string(), z.string()).nullish(),
  computeId: z.string().nullish(),
  inputs: z.preprocess(snakeEntries, z.record(z.string(), dataInput).nullish()),
  outputs: z.preprocess(snakeEntries, z.record(z.string(), output).nullish()),
};

const count = z.union([z.int(), z.string()]);

const commandNode = z.strictObject({
  ...shape,
  type: z.literal('command'),
  componentId: z.string(),
  resources: z.looseObject({ instance_count: count.nullish(), instance_type: z.string().nullish() }).nullish(),
  distribution: z.looseObject({ distribution_type: z.string().optional() }).nullish(),
  limits: z.strictObject({ job_limits_type: z.string().optional(), timeout: z.string().nullish() }).nullish(),
  environment_variables: z.record(z.string(), z.string()).nullish(),
});

const pipelineNode = z.strictObject({ ...shape, type: z.literal('pipeline'), componentId: z.string() });

const sweepNode = z.strictObject({
  ...shape,
  type: z.literal('sweep'),
  trial: z.strictObject({ componentId: z.string() }),
  ...sweepNodeShape,
});

const node = z.discriminatedUnion('type', [commandNode, pipelineNode, sweepNode], {
  error: 'the laptop runs steps of the types command, pipeline and sweep',
});
/** A step. */
export type PipelineNode = z.output<typeof node>;

const properties = z.strictObject({
  ...jobWords,
  jobType: z.literal('Pipeline'),
  computeId: z.string().nullish(),
  componentId: z.string().nullish(),
  inputs: jobInputs,
  outputs: jobOutputs,
  settings: z
    .strictObject({
      _source: z.string().optional(),
      default_compute: z.string().nullish(),
      default_datastore: z.string().nullish(),
      continue_on_step_failure: z.boolean().nullish(),
      force_rerun: z.boolean().nullish(),
    })
    .nullish(),
  jobs: z.record(z.string().regex(/^[A-Za-z_]\w*$/), node).nullish(),
  identity: z.looseObject({ identityType: z.literal('AMLToken', 'a job on the laptop has no identity') }).nullish(),
  services: jobServices,
});

/** A pipeline job's properties. */
export type PipelineProperties = z.output<typeof properties>;

/**
 * Reads the body of a PUT of a pipeline job; a job of a registered component gets its steps.
 *
 * @throws {ArmError} Azure ML would refuse it, or this machine cannot run it
 */
export function readPipelineJob(told: unknown, resources: ResourceStore): PipelineProperties {
  const job = readBody(z.strictObject({ properties }), told, 'The pipeline job').properties;
  const jobs =
    job.componentId === undefined || job.componentId === null
      ? job.jobs
      : stepsOf(findComponent(resources, job.componentId));
  if (jobs === undefined || jobs === null || Object.keys(jobs).length === 0)
    throw invalid('The pipeline job has no steps.');
  for (const [name, step] of Object.entries(jobs)) checkNode(name, step, resources);
  return { ...job, jobs };
}

/** The steps of a pipeline component. @throws {ArmError} it is another kind of component, or they are wrong */
export function stepsOf(component: ComponentSpec): Readonly<Record<string, PipelineNode>> {
  if (component.type !== 'pipeline') throw invalid('The component is no pipeline component.');
  return readBody(z.strictObject({ jobs: z.record(z.string(), node) }), { jobs: component.jobs }, 'The component').jobs;
}

function checkNode(name: string, step: PipelineNode, resources: ResourceStore): void {
  const id = step.type === 'sweep' ? step.trial.componentId : step.componentId;
  const component = findComponent(resources, id);
  const expected = step.type === 'pipeline' ? 'pipeline' : 'command';
  if (component.type !== expected) throw invalid(`The step "${name}" needs a component of the type ${expected}.`);
  if (step.type === 'command') {
    const { instance_count: instances, instance_type: instanceType } = step.resources ?? {};
    const instanceCount = typeof instances === 'number' ? instances : 1;
    checkResources({ instanceCount, instanceType });
  }
  if (component.type === 'pipeline')
    for (const [inner, nested] of Object.entries(stepsOf(component))) checkNode(`${name}.${inner}`, nested, resources);
}

/** Entries in the casing of steps: clients send both. @source azureml-yaml/README.md: two casings */
function snakeEntries(entries: unknown): unknown {
  if (typeof entries !== 'object' || entries === null) return entries;
  return Object.fromEntries(Object.entries(entries).map(([name, entry]) => [name, snakeKeys(entry)]));
}

function snakeKeys(entry: unknown): unknown {
  if (typeof entry !== 'object' || entry === null) return entry;
  const snake = (key: string): string => key.replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
  return Object.fromEntries(Object.entries(entry).map(([key, value]) => [snake(key), value]));
}
