/** Inputs and outputs of steps: in the payload of the step, and as a component declares them. */
import type { PathStep } from '../../../yaml/problem.ts';
import type { SourceDocument } from '../../../yaml/source-document.ts';
import { textOfScalar } from '../../../yaml/text-of-scalar.ts';
import { isPythonFloat } from '../../../yaml/scalars.ts';
import { inputModeNames, outputModeNames } from '../../draft/modes.ts';
import { present } from '../../draft/present.ts';
import { stripReference } from '../../draft/references.ts';
import type { NodeOutputYaml, PipelineInputYaml } from '../../yaml/job-io-yaml.ts';

import { isBinding, portOf, type Port, type Scope } from './scope.ts';

/** Inputs of a step, as YAML. */
export type NodeInputs = Readonly<Record<string, PipelineInputYaml | null>>;
/** Outputs of a step, as YAML. */
export type NodeOutputs = Readonly<Record<string, NodeOutputYaml>>;

/** Type of a literal. @source azure-ai-ml 1.34, `_PYTHON_SDK_TYPE_MAPPING` */
export function literalType(value: string | number | boolean, source: string | undefined): string {
  if (typeof value === 'string') return 'string';
  if (typeof value === 'boolean') return 'boolean';
  return Number.isInteger(value) && (source === undefined || !isPythonFloat(source)) ? 'integer' : 'number';
}

/** @returns inputs of a step as the payload has them @source azure-ai-ml 1.34, `PipelineNodeIOMixin._to_rest_inputs` */
export function nodeInputs(
  inputs: NodeInputs,
  document: SourceDocument,
  at: readonly PathStep[],
): Record<string, unknown> {
  const entries = Object.entries(inputs).flatMap(([name, input]) => {
    if (input === null) return [];
    return [[name, nodeInput(input, document.plainText([...at, name]))] as const];
  });
  return Object.fromEntries(entries);
}

function nodeInput(input: PipelineInputYaml, source: string | undefined): Record<string, unknown> {
  if (typeof input !== 'object') return { job_input_type: 'literal', value: textOfScalar(input, source) };
  const mode = input.mode === undefined ? undefined : inputModeNames[input.mode];
  if (isBinding(input.path)) return { job_input_type: 'literal', value: input.path, ...present({ mode }) };
  return {
    job_input_type: input.type ?? 'uri_folder',
    ...(input.path === undefined ? {} : { uri: stripReference(input.path) }),
    ...present({ mode, description: input.description }),
  };
}

/** @returns outputs of a step as the payload has them; those that say nothing are left out */
export function nodeOutputs(outputs: NodeOutputs): Record<string, unknown> {
  const entries = Object.entries(outputs).flatMap(([name, output]) =>
    output === null ? [] : [[name, nodeOutput(output)] as const],
  );
  return Object.fromEntries(entries);
}

function nodeOutput(output: Exclude<NodeOutputYaml, null>): Record<string, unknown> {
  if (typeof output === 'string') return { type: 'literal', value: output };
  const mode = output.mode === undefined ? undefined : outputModeNames[output.mode];
  if (isBinding(output.path)) return { type: 'literal', value: output.path, ...present({ mode }) };
  return {
    job_output_type: output.type ?? 'uri_folder',
    ...(output.path === undefined ? {} : { uri: stripReference(output.path) }),
    ...present({ mode, description: output.description, asset_name: output.name, asset_version: output.version }),
  };
}

/**
 * What an inline step's component declares, told from what the step is given.
 * @source azure-ai-ml 1.34, `ComponentTranslatableMixin._to_input`
 */
export function declaredInputs(
  inputs: NodeInputs,
  scope: Scope,
  document: SourceDocument,
  at: readonly PathStep[],
): Record<string, unknown> {
  const entries = Object.entries(inputs).flatMap(([name, input]): [string, unknown][] => {
    if (input === null) return [];
    if (isBinding(input)) return [[name, portOf(input, scope)]];
    if (typeof input === 'object') return [[name, declaredData(input)]];
    const source = document.plainText([...at, name]);
    return [[name, { type: literalType(input, source), default: textOfScalar(input, source) }]];
  });
  return Object.fromEntries(entries);
}

function declaredData(input: Extract<PipelineInputYaml, object>): Record<string, unknown> {
  return { type: input.type ?? 'uri_folder', ...present({ mode: input.mode, description: input.description }) };
}

/** @returns type and mode of an output of a step, as YAML */
export function outputPort(output: NodeOutputYaml, declared: Port | undefined, scope: Scope): Port {
  const bound = typeof output === 'string' ? output : output?.path;
  if (typeof output === 'object' && output?.type !== undefined) return portFrom(output.type, output.mode);
  if (declared !== undefined) return declared;
  if (isBinding(bound)) return portOf(bound, scope);
  return portFrom('uri_folder', typeof output === 'object' ? output?.mode : undefined);
}

/** A port of a type, and a mode if there is one. */
export function portFrom(type: string, mode: string | undefined): Port {
  return { type, ...present({ mode }) };
}
