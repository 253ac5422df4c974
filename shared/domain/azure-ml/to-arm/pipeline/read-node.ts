/** Reads a step of a pipeline by its own kind; kinds that are out of scope are refused by name. */
import { checkSchema } from '../../../yaml/check-schema.ts';
import { nearestWord } from '../../../yaml/nearest-word.ts';
import type { PathStep, ProblemText } from '../../../yaml/problem.ts';
import type { SourceDocument } from '../../../yaml/source-document.ts';
import type { DraftContext } from '../../draft/context.ts';
import {
  commandNodeYaml,
  componentNodeYaml,
  laterNodeKeys,
  parallelNodeYaml,
  pipelineNodeYaml,
  sweepNodeYaml,
  type CommandNodeYaml,
  type ComponentNodeYaml,
  type ParallelNodeYaml,
  type PipelineNodeYaml,
  type SweepNodeYaml,
} from '../../yaml/node-yaml.ts';

/** A step as its YAML says it. */
export type NodeYaml =
  | { readonly kind: 'inline'; readonly yaml: CommandNodeYaml }
  | { readonly kind: 'component'; readonly yaml: ComponentNodeYaml }
  | { readonly kind: 'pipeline'; readonly yaml: PipelineNodeYaml }
  | { readonly kind: 'sweep'; readonly yaml: SweepNodeYaml }
  | { readonly kind: 'parallel'; readonly yaml: ParallelNodeYaml };

const schemas = {
  inline: commandNodeYaml,
  component: componentNodeYaml,
  pipeline: pipelineNodeYaml,
  sweep: sweepNodeYaml,
  parallel: parallelNodeYaml,
} as const;

const types = ['command', 'pipeline', 'sweep', 'parallel'] as const;

/** Kinds of steps that Azure ML has and Whence will not take. */
const outOfScope: Readonly<Record<string, string>> = {
  automl: 'AutoML steps are',
  spark: 'Spark steps are',
  import: 'Import steps are',
  data_transfer: 'Data transfer steps are',
  if_else: 'Steps of control flow are',
  do_while: 'Steps of control flow are',
  parallel_for: 'Steps of control flow are',
};

/**
 * @param raw - the step
 * @param at - where it stands
 * @returns the step, or undefined after reported problems
 */
export function readNode(
  raw: Readonly<Record<string, unknown>>,
  document: SourceDocument,
  at: readonly PathStep[],
  context: DraftContext,
): NodeYaml | undefined {
  const stated = raw['type'] ?? 'command';
  const type = types.find((known) => typeof stated === 'string' && known === stated.toLowerCase());
  if (type === undefined) {
    context.report(document.problem([...at, 'type'], unknownType(String(stated))));
    return undefined;
  }
  const kind = type !== 'command' ? type : Object.hasOwn(raw, 'component') ? 'component' : 'inline';
  const later = Object.fromEntries(
    Object.entries(laterNodeKeys).map(([key, what]) => [key.replace(/^jobs\.\*/, at.join('.')), what]),
  );
  const checked = checkSchema<NodeYaml['yaml']>(schemas[kind], document, later, at);
  checked.problems?.forEach((problem) => context.report(problem));
  return checked.value === undefined ? undefined : ({ kind, yaml: checked.value } as NodeYaml);
}

function unknownType(stated: string): ProblemText {
  const known = outOfScope[stated.toLowerCase()];
  const nearest = nearestWord(stated, types);
  return {
    code: known === undefined ? 'wrong-value' : 'comes-later',
    message: known === undefined ? `There is no step of type \`${stated}\`.` : `${known} out of scope (\`${stated}\`).`,
    expected: `one of ${types.join(', ')}`,
    fix: nearest === undefined || known !== undefined ? 'Write the step as a command.' : `Write \`${nearest}\`.`,
  };
}
