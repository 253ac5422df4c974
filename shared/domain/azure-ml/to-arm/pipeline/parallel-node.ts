import type { PathStep } from '../../../yaml/problem.ts';
import type { SourceDocument } from '../../../yaml/source-document.ts';
import type { DraftContext } from '../../draft/context.ts';
import { environmentUseOf } from '../../draft/environment-draft.ts';
import { present } from '../../draft/present.ts';
import type { ParallelNodeYaml } from '../../yaml/node-yaml.ts';

import { environmentSpec } from './component-spec.ts';

const units: Readonly<Record<string, number>> = { kb: 2 ** 10, mb: 2 ** 20, gb: 2 ** 30 };

/**
 * What a parallel step says of itself, in the step and in its component: both say it, the component with the size of
 * its batches as text.
 *
 * @returns both, or undefined after a reported problem
 * @source azure-ai-ml 1.34, `Parallel._to_rest_object`, `ParallelComponent`
 */
export function parallelParts(
  yaml: ParallelNodeYaml,
  document: SourceDocument,
  at: readonly PathStep[],
  context: DraftContext,
): { readonly node: Record<string, unknown>; readonly spec: Record<string, unknown> } | undefined {
  const { task } = yaml;
  const environment = environmentUseOf(
    task.environment,
    document,
    [...at, 'task', 'environment'],
    context,
    'keepAsset',
  );
  const code = context.keepAsset(task.code, document, [...at, 'task', 'code']);
  if (environment === undefined) return undefined;
  const size = yaml.mini_batch_size === undefined ? undefined : batchSize(yaml.mini_batch_size);
  const common = {
    input_data: yaml.input_data,
    task: { ...task, code, environment: context.keepEnvironment?.(environment) ?? environmentSpec(environment) },
    ...present({
      partition_keys: yaml.partition_keys,
      resources: yaml.resources,
      max_concurrency_per_instance: yaml.max_concurrency_per_instance,
      error_threshold: yaml.error_threshold,
      mini_batch_error_threshold: yaml.mini_batch_error_threshold,
      logging_level: yaml.logging_level,
      retry_settings: yaml.retry_settings,
    }),
  };
  return {
    node: { ...common, ...present({ mini_batch_size: size, environment_variables: yaml.environment_variables }) },
    spec: { ...common, ...present({ mini_batch_size: size === undefined ? undefined : String(size) }) },
  };
}

function batchSize(written: string | number): string | number {
  const [, digits, unit = ''] = /^(\d+)\s*([kmg]b)?$/i.exec(String(written).trim()) ?? [];
  return digits === undefined ? written : Number(digits) * (units[unit.toLowerCase()] ?? 1);
}
