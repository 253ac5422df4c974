/** Bindings of steps to their pipeline and to each other: `${{parent.inputs.x}}`, `${{parent.jobs.s.outputs.o}}`. */
import { invalid } from '../arm-error.ts';
import type { JobInput, JobOutput } from '../job-body.ts';
import type { NodeInput, NodeOutput, PipelineNode } from './pipeline-body.ts';

/** What the steps of a pipeline job can bind to. */
export interface PipelineScope {
  /** The pipeline job's name. */
  readonly name: string;
  readonly inputs: Readonly<Record<string, JobInput>>;
  readonly outputs: Readonly<Record<string, JobOutput>>;
  /** The output of a step that has completed. */
  readonly outputOf: (
    step: string,
    output: string,
  ) => { readonly type: JobOutput['jobOutputType']; readonly uri: string };
}

const EVERY = /\$\{\{\s*([^}]*?)\s*\}\}/g;
const WHOLE = /^\$\{\{\s*([^}]*?)\s*\}\}$/;

/** @returns step → steps whose outputs it binds to; bindings to what isn't there are refused @throws {ArmError} */
export function dependencies(jobs: Readonly<Record<string, PipelineNode>>): ReadonlyMap<string, readonly string[]> {
  const after = Object.entries(jobs).map(([name, step]) => {
    const texts = Object.values(step.inputs ?? {}).flatMap(({ value, uri }) => [String(value ?? ''), uri ?? '']);
    const needed = texts.flatMap((text) =>
      [...text.matchAll(EVERY)].flatMap(([whole, inner = '']) => {
        const [parent, kind, step = ''] = inner.split('.');
        if (parent !== 'parent' || kind !== 'jobs') return [];
        if (!Object.hasOwn(jobs, step))
          throw invalid(`The step "${name}" binds to ${whole}, and there is no such step.`);
        return [step];
      }),
    );
    return [name, [...new Set(needed)]] as const;
  });
  const map = new Map(after);
  for (const name of map.keys()) if (reaches(name, name, map)) throw invalid(`The step "${name}" waits for itself.`);
  return map;
}

function reaches(
  from: string,
  to: string,
  after: ReadonlyMap<string, readonly string[]>,
  seen = new Set<string>(),
): boolean {
  return (after.get(from) ?? []).some((next) => {
    if (next === to) return true;
    if (seen.has(next)) return false;
    seen.add(next);
    return reaches(next, to, after, seen);
  });
}

/** @returns the input that a step really gets; undefined where the pipeline leaves it open */
export function boundInput(
  input: NodeInput,
  declaredType: string | undefined,
  scope: PipelineScope,
): JobInput | undefined {
  const text = String(input.value ?? input.uri ?? '');
  const whole = WHOLE.exec(text)?.[1];
  const mode = input.mode === undefined || input.mode === null ? {} : { mode: input.mode as 'Download' };
  if (whole !== undefined && whole.startsWith('parent.')) {
    const bound = boundTo(whole, declaredType, scope);
    return bound === undefined || bound.jobInputType === 'literal' ? bound : { ...bound, ...mode };
  }
  if (input.job_input_type === 'literal') return { jobInputType: 'literal', value: interpolate(text, scope) };
  if (input.uri === undefined) return undefined;
  return { jobInputType: input.job_input_type as 'uri_folder', uri: input.uri, ...mode };
}

function boundTo(path: string, declaredType: string | undefined, scope: PipelineScope): JobInput | undefined {
  const [, kind, name = '', , output = ''] = path.split('.');
  if (kind === 'inputs') return scope.inputs[name];
  if (kind !== 'jobs') throw invalid(`\${{${path}}} is no input.`);
  const { type, uri } = scope.outputOf(name, output);
  return { jobInputType: isDataType(declaredType) ? declaredType : type, uri };
}

function isDataType(type: string | undefined): type is JobOutput['jobOutputType'] {
  return type !== undefined && (type.startsWith('uri_') || type === 'mltable' || type.endsWith('_model'));
}

/** Literals of the pipeline inside of a text. */
function interpolate(text: string, scope: PipelineScope): string {
  return text.replaceAll(EVERY, (whole, path: string) => {
    if (!path.startsWith('parent.')) return whole;
    const bound = boundTo(path, undefined, scope);
    return bound?.jobInputType === 'literal' ? bound.value : '';
  });
}

/** @returns the output that a step really has */
export function boundOutput(output: NodeOutput | undefined, declaredType: string, scope: PipelineScope): JobOutput {
  const path = WHOLE.exec(output?.value ?? output?.uri ?? '')?.[1];
  const mode = typeof output?.mode === 'string' ? { mode: output.mode as 'Upload' } : {};
  const jobOutputType = (output?.job_output_type ??
    (isDataType(declaredType) ? declaredType : 'uri_folder')) as 'uri_folder';
  if (path?.startsWith('parent.outputs.') === true) {
    const bound = scope.outputs[path.slice('parent.outputs.'.length)];
    if (bound === undefined) throw invalid(`\${{${path}}}: the pipeline has no such output.`);
    return { ...bound, ...mode, jobOutputType: bound.jobOutputType };
  }
  return {
    jobOutputType,
    ...mode,
    ...(output?.uri === undefined ? {} : { uri: output.uri }),
    ...(typeof output?.asset_name === 'string' ? { assetName: output.asset_name } : {}),
    ...(typeof output?.asset_version === 'string' ? { assetVersion: output.asset_version } : {}),
  };
}
