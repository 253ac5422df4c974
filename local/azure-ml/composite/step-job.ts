/** The job that a step of a pipeline is: its component, with what the step and the pipeline bind. */
import { invalid } from '../arm-error.ts';
import type { JobInput } from '../job-body.ts';
import type { ResourceStore } from '../resource-store.ts';
import { boundInput, boundOutput, type PipelineScope } from './bindings.ts';
import { findComponent, type CommandSpec, type ComponentSpec } from './component.ts';
import { stepsOf, type PipelineNode, type PipelineProperties } from './pipeline-body.ts';
import { sweepOfNode } from './sweep-body.ts';

/** A step's job, and whether an equal one that has run before may stand for it. */
export interface StepJob {
  readonly properties: Readonly<Record<string, unknown>>;
  readonly reusable: boolean;
}

/** @throws {ArmError} something that the step needs is not there */
export function stepJob(
  name: string,
  node: PipelineNode,
  pipeline: PipelineProperties,
  scope: PipelineScope,
  resources: ResourceStore,
): StepJob {
  const component = findComponent(resources, node.type === 'sweep' ? node.trial.componentId : node.componentId);
  const common = {
    displayName: node.display_name ?? name,
    experimentName: pipeline.experimentName,
    tags: node.tags ?? {},
    properties: node.properties ?? {},
    inputs: inputsOf(name, node, component, scope),
    outputs: outputsOf(node, component, scope),
  };
  const reusable = node.type === 'command' && component.is_deterministic && pipeline.settings?.force_rerun !== true;
  return { properties: { ...common, ...programOf(node, component, pipeline, scope) }, reusable };
}

function inputsOf(
  name: string,
  node: PipelineNode,
  component: ComponentSpec,
  scope: PipelineScope,
): Readonly<Record<string, JobInput>> {
  const inputs = new Map<string, JobInput>();
  const searched = node.type === 'sweep' ? Object.keys(node.search_space) : [];
  for (const [input, declared] of Object.entries(component.inputs ?? {})) {
    const given = node.inputs?.[input];
    const bound = given === undefined ? undefined : boundInput(given, declared.type, scope);
    if (bound !== undefined) inputs.set(input, bound);
    else if (declared.default !== undefined)
      inputs.set(input, { jobInputType: 'literal', value: String(declared.default) });
    else if (!isOptional(declared.optional) && !searched.includes(input))
      throw invalid(`The step "${name}" has no value for the input "${input}" of its component.`);
  }
  for (const input of Object.keys(node.inputs ?? {}))
    if (!Object.hasOwn(component.inputs ?? {}, input))
      throw invalid(`The step "${name}" names the input "${input}", which its component does not have.`);
  return Object.fromEntries(inputs);
}

function isOptional(optional: boolean | string | undefined): boolean {
  return optional === true || String(optional).toLowerCase() === 'true';
}

function outputsOf(
  node: PipelineNode,
  component: ComponentSpec,
  scope: PipelineScope,
): Readonly<Record<string, object>> {
  const entries = Object.entries(component.outputs ?? {}).map(
    ([output, { type }]) => [output, boundOutput(node.outputs?.[output], type, scope)] as const,
  );
  return Object.fromEntries(entries);
}

function programOf(
  node: PipelineNode,
  component: ComponentSpec,
  pipeline: PipelineProperties,
  scope: PipelineScope,
): Readonly<Record<string, unknown>> {
  if (component.type === 'pipeline') {
    const { settings } = pipeline;
    return { jobType: 'Pipeline', settings: settings ?? {}, jobs: stepsOf(component) };
  }
  if (node.type === 'sweep') return { jobType: 'Sweep', ...sweepOfNode(node), trial: commandOf(component) };
  if (node.type !== 'command') throw invalid('A pipeline step needs a pipeline component.');
  const { limits, resources } = node;
  return {
    jobType: 'Command',
    ...commandOf(component),
    environmentVariables: node.environment_variables ?? {},
    ...(typeof limits?.timeout === 'string' ? { limits: { jobLimitsType: 'Command', timeout: limits.timeout } } : {}),
    ...(resources === undefined || resources === null ? {} : { resources: resourcesOf(resources, scope) }),
    ...(node.distribution === undefined || node.distribution === null
      ? {}
      : { distribution: camel(node.distribution) }),
  };
}

function commandOf(component: CommandSpec): Readonly<Record<string, unknown>> {
  return {
    command: component.command,
    ...(typeof component.code === 'string' ? { codeId: component.code } : {}),
    environmentId: component.environment,
  };
}

/** Counts may be bound to a literal of the pipeline. */
function resourcesOf(resources: Readonly<Record<string, unknown>>, scope: PipelineScope): Record<string, unknown> {
  const { instance_count: count, ...rest } = resources;
  const bound =
    typeof count === 'string' ? boundInput({ job_input_type: 'literal', value: count }, undefined, scope) : undefined;
  const instanceCount = bound?.jobInputType === 'literal' ? Number(bound.value) : count;
  return { ...camel(rest), ...(instanceCount === undefined ? {} : { instanceCount }) };
}

const camelNames: Readonly<Record<string, string>> = {
  instance_type: 'instanceType',
  shm_size: 'shmSize',
  docker_args: 'dockerArgs',
  distribution_type: 'distributionType',
  process_count_per_instance: 'processCountPerInstance',
  worker_count: 'workerCount',
  parameter_server_count: 'parameterServerCount',
};

function camel(from: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(from).map(([key, value]) => [camelNames[key] ?? key, value]));
}
