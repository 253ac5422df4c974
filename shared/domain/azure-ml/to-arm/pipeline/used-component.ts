/** The component that a step runs: registered, in a file, or written where it is used. */
import { checkSchema, type Checked } from '../../../yaml/check-schema.ts';
import { parseYaml } from '../../../yaml/parse-yaml.ts';
import type { PathStep } from '../../../yaml/problem.ts';
import type { SourceDocument } from '../../../yaml/source-document.ts';
import { resolvePath, type DraftContext } from '../../draft/context.ts';
import { missingFile } from '../../draft/environment-draft.ts';
import { stripReference } from '../../draft/references.ts';
import {
  laterComponentKeys,
  usedCommandComponentYaml,
  usedPipelineComponentYaml,
  type CommandComponentYaml,
  type ComponentInputYaml,
  type PipelineComponentYaml,
} from '../../yaml/component-yaml.ts';

import { checkCommand } from '../check-command.ts';
import { commandSpec, componentVersion, describedSpec, type ComponentSource } from './component-spec.ts';
import type { Port } from './scope.ts';

/** A component that is known by its name only. */
interface RegisteredComponent {
  readonly kind: 'registered';
  readonly source: ComponentSource;
  /** Its id in the payload, without `azureml:`. */
  readonly id: string;
}

/** A component whose contents are here. */
export interface LocalComponent {
  readonly kind: 'local';
  readonly source: ComponentSource;
  readonly inputs: Readonly<Record<string, ComponentInputYaml>>;
  readonly outputs: ReadonlyMap<string, Port>;
  readonly resources?: CommandComponentYaml['resources'];
  readonly distribution?: CommandComponentYaml['distribution'];
  readonly version: Record<string, unknown>;
}

/** See {@link usedComponent}. */
export type UsedComponent = RegisteredComponent | LocalComponent;

/** Turns the steps of a pipeline component into those of the payload. */
export type NodesToArm = (
  yaml: PipelineComponentYaml,
  document: SourceDocument,
  at: readonly PathStep[],
  context: DraftContext,
) => Record<string, unknown>;

/**
 * @param used - what stands behind `component` or `trial`
 * @param at - where it stands
 * @param kind - what the step says that it is
 * @param nodesToArm - for the steps of pipeline components
 * @returns the component, or undefined after a reported problem
 */
export function usedComponent(
  used: string | Readonly<Record<string, unknown>>,
  kind: 'command' | 'pipeline',
  document: SourceDocument,
  at: readonly PathStep[],
  context: DraftContext,
  nodesToArm: NodesToArm,
): UsedComponent | undefined {
  if (typeof used !== 'string') return localComponent(kind, document, at, 'YAML.JOB', context, nodesToArm);
  if (used.startsWith('azureml://')) return { kind: 'registered', source: 'REMOTE.REGISTRY', id: used };
  if (used.startsWith('azureml:')) {
    return { kind: 'registered', source: 'REMOTE.WORKSPACE.COMPONENT', id: stripReference(used) };
  }
  const file = componentFile(used, document, at, context);
  if (file === undefined) return undefined;
  const source = used.startsWith('file:') ? 'YAML.JOB' : 'YAML.COMPONENT';
  return localComponent(kind, file, [], source, context, nodesToArm);
}

/** Reads the file that a document names as a component, or reports why not. */
export function componentFile(
  written: string,
  document: SourceDocument,
  at: readonly PathStep[],
  context: DraftContext,
): SourceDocument | undefined {
  const plain = written.replace(/^file:/, '');
  const path = resolvePath(document.file, plain);
  const bytes = path === undefined ? undefined : context.read(path);
  if (path === undefined || bytes === undefined) {
    context.report(document.problem(at, missingFile(plain, path)));
    return undefined;
  }
  const parsed = parseYaml(path, bytes, 'python');
  parsed.problems?.forEach((problem) => context.report(problem));
  if (parsed.document !== undefined) context.opened?.(parsed.document);
  return parsed.document;
}

function localComponent(
  kind: 'command' | 'pipeline',
  document: SourceDocument,
  at: readonly PathStep[],
  source: ComponentSource,
  context: DraftContext,
  nodesToArm: NodesToArm,
): LocalComponent | undefined {
  const accept = <T>(checked: Checked<T>): T | undefined => {
    checked.problems?.forEach((problem) => context.report(problem));
    return checked.value;
  };
  if (kind === 'pipeline') {
    const yaml = accept(checkSchema(usedPipelineComponentYaml, document, laterComponentKeys, at));
    if (yaml === undefined) return undefined;
    return {
      kind: 'local',
      source,
      ...ports(yaml),
      version: pipelineVersion(yaml, document, at, source, context, nodesToArm),
    };
  }
  const yaml = accept(checkSchema(usedCommandComponentYaml, document, laterComponentKeys, at));
  const spec = yaml === undefined ? undefined : commandSpec(yaml, document, at, source, context);
  if (yaml === undefined || spec === undefined) return undefined;
  checkCommand(
    yaml.command,
    { inputs: Object.keys(yaml.inputs ?? {}), outputs: Object.keys(yaml.outputs ?? {}) },
    document,
    [...at, 'command'],
    context,
  );
  return {
    kind: 'local',
    source,
    ...ports(yaml),
    ...(yaml.resources === undefined ? {} : { resources: yaml.resources }),
    ...(yaml.distribution === undefined ? {} : { distribution: yaml.distribution }),
    version: componentVersion(spec, yaml, 'anonymous'),
  };
}

/** A version of a pipeline component whose contents are here. */
export function pipelineVersion(
  yaml: PipelineComponentYaml,
  document: SourceDocument,
  at: readonly PathStep[],
  source: ComponentSource,
  context: DraftContext,
  nodesToArm: NodesToArm,
  use: 'named' | 'anonymous' = 'anonymous',
): Record<string, unknown> {
  const spec = {
    ...describedSpec(yaml, document, at, source),
    type: 'pipeline',
    jobs: nodesToArm(yaml, document, at, context),
  };
  return componentVersion(spec, yaml, use);
}

function ports(yaml: CommandComponentYaml | PipelineComponentYaml): Pick<LocalComponent, 'inputs' | 'outputs'> {
  const outputs = Object.entries(yaml.outputs ?? {}).map(([name, { type }]) => [name, { type }] as const);
  return { inputs: yaml.inputs ?? {}, outputs: new Map(outputs) };
}
