/** Steps of a pipeline as Azure ML's tools send them. @source azure-ai-ml 1.34, `BaseNode._to_rest_object` */
import type { PathStep } from '../../../yaml/problem.ts';
import type { SourceDocument } from '../../../yaml/source-document.ts';
import type { DraftContext } from '../../draft/context.ts';
import { isoDuration } from '../../draft/iso-duration.ts';
import { present } from '../../draft/present.ts';
import { stripReference } from '../../draft/references.ts';
import type { PipelineComponentYaml } from '../../yaml/component-yaml.ts';
import { earlyTermination } from '../sweep-to-arm.ts';

import { checkCommand } from '../check-command.ts';
import { checkGraph, checkNodeInputs } from './check-graph.ts';
import { componentVersion, nodeDistribution, nonEmpty, programSpec } from './component-spec.ts';
import { declaredInputs, nodeInputs, nodeOutputs, outputPort } from './node-io.ts';
import { parallelParts } from './parallel-node.ts';
import { readNode, type NodeYaml } from './read-node.ts';
import type { NodePorts, Port, Scope } from './scope.ts';
import { usedComponent, type UsedComponent } from './used-component.ts';

/** A step, and the component it runs where that is not told from the step itself. */
interface ReadNode {
  readonly name: string;
  readonly at: readonly PathStep[];
  readonly node: NodeYaml;
  readonly component: UsedComponent | undefined;
}

/** Where steps stand and what they can bind to beside each other. */
export interface NodesPlace {
  readonly document: SourceDocument;
  /** Path of the map of steps. */
  readonly at: readonly PathStep[];
  readonly inputs: ReadonlyMap<string, Port>;
  readonly outputs: ReadonlyMap<string, Port>;
  readonly context: DraftContext;
  /** Files that are being read: a pipeline cannot be a step of itself. */
  readonly open: readonly string[];
}

/**
 * @param jobs - steps by name
 * @returns the steps of the payload; what is wrong is reported
 */
export function nodesToArm(
  jobs: Readonly<Record<string, Readonly<Record<string, unknown>>>>,
  place: NodesPlace,
): Record<string, unknown> {
  const { document, context } = place;
  const read = Object.entries(jobs).flatMap(([name, raw]): ReadNode[] => {
    const at = [...place.at, name];
    const node = readNode(raw, document, at, context);
    if (node === undefined) return [];
    return [{ name, at, node, component: componentOf(node, at, place) }];
  });
  const scope = scopeOf(read, jobs, place);
  checkGraph(jobs, place.at, scope, document, context);
  const entries = read.flatMap((one) => {
    const payload = nodeToArm(one, scope, place);
    return payload === undefined ? [] : [[one.name, payload] as const];
  });
  return Object.fromEntries(entries);
}

function componentOf(node: NodeYaml, at: readonly PathStep[], place: NodesPlace): UsedComponent | undefined {
  if (node.kind === 'inline' || node.kind === 'parallel') return undefined;
  const key = node.kind === 'sweep' ? 'trial' : 'component';
  const used = node.kind === 'sweep' ? node.yaml.trial : node.yaml.component;
  const kind = node.kind === 'pipeline' ? 'pipeline' : 'command';
  return usedComponent(used, kind, place.document, [...at, key], place.context, (yaml, document, from, context) =>
    componentNodes(yaml, document, from, context, place.open),
  );
}

/** The steps of a pipeline component. */
export function componentNodes(
  yaml: PipelineComponentYaml,
  document: SourceDocument,
  at: readonly PathStep[],
  context: DraftContext,
  open: readonly string[],
): Record<string, unknown> {
  if (open.includes(document.file)) {
    context.report(
      document.problem(at, {
        code: 'contradiction',
        message: `The pipeline component \`${document.file}\` has itself as a step.`,
        expected: 'components that end',
        fix: 'Remove the step that leads back to this file.',
      }),
    );
    return {};
  }
  return nodesToArm(yaml.jobs, {
    document,
    at: [...at, 'jobs'],
    inputs: portsOf(yaml.inputs),
    outputs: portsOf(yaml.outputs),
    context,
    open: [...open, document.file],
  });
}

function portsOf(ports: Readonly<Record<string, Port | { type: string; mode?: string | undefined }>> | undefined) {
  return new Map(
    Object.entries(ports ?? {}).map(([name, { type, mode }]): [string, Port] => [name, { type, ...present({ mode }) }]),
  );
}

function scopeOf(
  read: readonly ReadNode[],
  jobs: Readonly<Record<string, unknown>>,
  { inputs, outputs }: NodesPlace,
): Scope {
  const nodes = new Map<string, NodePorts>(
    Object.keys(jobs).map((name) => [name, { outputs: new Map(), outputsKnown: false }]),
  );
  const scope = { inputs, outputs, nodes };
  for (const { name, node, component } of read) {
    const declared = component?.kind === 'local' ? component.outputs : new Map<string, Port>();
    const written = Object.entries(node.yaml.outputs ?? {}).map(([output, value]): [string, Port] => [
      output,
      outputPort(value, declared.get(output), scope),
    ]);
    const known = node.kind === 'inline' || node.kind === 'parallel' || component?.kind === 'local';
    nodes.set(name, { outputs: new Map([...declared, ...written]), outputsKnown: known });
  }
  return scope;
}

function nodeToArm(
  { name, at, node, component }: ReadNode,
  scope: Scope,
  place: NodesPlace,
): Record<string, unknown> | undefined {
  const { document, context } = place;
  const common = commonParts(name, at, node, document);
  if (component?.kind === 'local') checkNodeInputs(node.yaml.inputs ?? {}, component.inputs, document, at, context);
  switch (node.kind) {
    case 'inline':
      return inlineNode(node.yaml, common, at, scope, place);
    case 'component':
      return component && { ...common, type: 'command', ...runs(component), ...commandParts(node.yaml, component) };
    case 'pipeline':
      return component && { ...common, type: 'pipeline', ...runs(component) };
    case 'sweep':
      return component && { ...common, type: 'sweep', ...sweepParts(node.yaml, component) };
    case 'parallel': {
      const parts = parallelParts(node.yaml, document, at, context);
      if (parts === undefined) return undefined;
      const spec = { ...inlineSpec('parallel', node.yaml, at, scope, document), ...parts.spec };
      return { ...common, type: 'parallel', ...parts.node, ...anonymous(spec, node.yaml) };
    }
  }
}

function commonParts(
  name: string,
  at: readonly PathStep[],
  { yaml }: NodeYaml,
  document: SourceDocument,
): Record<string, unknown> {
  return {
    name,
    _source: 'YAML.JOB',
    ...present({ display_name: yaml.display_name, comment: yaml.comment, tags: nonEmpty(yaml.tags) }),
    ...present({ properties: nonEmpty(yaml.properties) }),
    ...(yaml.compute === undefined ? {} : { computeId: stripReference(yaml.compute) }),
    inputs: nodeInputs(yaml.inputs ?? {}, document, [...at, 'inputs']),
    outputs: nodeOutputs(yaml.outputs ?? {}),
  };
}

function runs(component: UsedComponent): Record<string, unknown> {
  if (component.kind === 'registered') return { _source: component.source, componentId: component.id };
  return { _source: component.source, componentId: { $anonymousComponent: component.version } };
}

type CommandParts = Extract<NodeYaml, { kind: 'inline' | 'component' }>['yaml'];

function commandParts(yaml: CommandParts, component: UsedComponent | undefined): Record<string, unknown> {
  const declared = component?.kind === 'local' ? component : undefined;
  const distribution = yaml.distribution ?? declared?.distribution;
  const timeout = yaml.limits?.timeout;
  return {
    ...present({ resources: yaml.resources ?? declared?.resources }),
    ...present({ environment_variables: nonEmpty(yaml.environment_variables) }),
    ...(distribution === undefined ? {} : { distribution: nodeDistribution(distribution) }),
    ...(timeout === undefined
      ? {}
      : {
          limits: {
            job_limits_type: 'Command',
            timeout: typeof timeout === 'number' ? isoDuration(timeout * 1_000) : timeout,
          },
        }),
  };
}

function inlineNode(
  yaml: Extract<NodeYaml, { kind: 'inline' }>['yaml'],
  common: Record<string, unknown>,
  at: readonly PathStep[],
  scope: Scope,
  { document, context }: NodesPlace,
): Record<string, unknown> | undefined {
  const names = { inputs: Object.keys(yaml.inputs ?? {}), outputs: Object.keys(yaml.outputs ?? {}) };
  checkCommand(yaml.command, names, document, [...at, 'command'], context);
  const program = programSpec(yaml, document, at, context);
  if (program === undefined) return undefined;
  const spec = { ...inlineSpec('command', yaml, at, scope, document), ...program };
  return { ...common, type: 'command', ...commandParts(yaml, undefined), ...anonymous(spec, yaml) };
}

/** What the component of an inline step declares, told from the step. */
function inlineSpec(
  type: 'command' | 'parallel',
  yaml: Extract<NodeYaml, { kind: 'inline' | 'parallel' }>['yaml'],
  at: readonly PathStep[],
  scope: Scope,
  document: SourceDocument,
): Record<string, unknown> {
  const outputs = Object.entries(yaml.outputs ?? {}).map(
    ([name, output]) => [name, outputSpec(output, scope)] as const,
  );
  return {
    _source: 'YAML.JOB',
    type,
    ...present({
      description: yaml.description,
      tags: nonEmpty(yaml.tags),
      inputs: nonEmpty(declaredInputs(yaml.inputs ?? {}, scope, document, [...at, 'inputs'])),
      outputs: nonEmpty(Object.fromEntries(outputs)),
    }),
    is_deterministic: true,
  };
}

function outputSpec(output: Parameters<typeof outputPort>[0], scope: Scope): Record<string, unknown> {
  const port = outputPort(output, undefined, scope);
  return { ...port, ...present({ description: typeof output === 'object' ? output?.description : undefined }) };
}

function anonymous(
  spec: Record<string, unknown>,
  yaml: { readonly description?: string | undefined; readonly tags?: Readonly<Record<string, string>> | undefined },
): Record<string, unknown> {
  return { componentId: { $anonymousComponent: componentVersion(spec, yaml, 'anonymous') } };
}

/** @source azure-ai-ml 1.34, `Sweep._to_rest_object`: only early termination has the words of the payload */
function sweepParts(
  yaml: Extract<NodeYaml, { kind: 'sweep' }>['yaml'],
  component: UsedComponent,
): Record<string, unknown> {
  return {
    _source: component.source,
    trial: component.kind === 'registered' ? { componentId: component.id } : { $anonymousComponent: component.version },
    sampling_algorithm: yaml.sampling_algorithm,
    search_space: yaml.search_space,
    objective: yaml.objective,
    limits: yaml.limits,
    ...(yaml.early_termination === undefined
      ? {}
      : { early_termination: snakeKeys(earlyTermination(yaml.early_termination)) }),
  };
}

function snakeKeys(value: Readonly<Record<string, unknown>>): Record<string, unknown> {
  const snake = (key: string): string => key.replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
  return Object.fromEntries(Object.entries(value).map(([key, member]) => [snake(key), member]));
}
