/** What the steps of a pipeline can bind to: its inputs and outputs, and each other's outputs. */
import { nearestWord } from '../../../yaml/nearest-word.ts';
import type { PathStep, ProblemText } from '../../../yaml/problem.ts';
import type { SourceDocument } from '../../../yaml/source-document.ts';
import type { DraftContext } from '../../draft/context.ts';

/** Type and mode of an input or an output, in the words of the YAML. */
export interface Port {
  readonly type: string;
  readonly mode?: string;
}

/** What a step offers. Outputs of a registered component are not known here. */
export interface NodePorts {
  readonly outputs: ReadonlyMap<string, Port>;
  readonly outputsKnown: boolean;
}

/** What can be bound to. */
export interface Scope {
  readonly inputs: ReadonlyMap<string, Port>;
  readonly outputs: ReadonlyMap<string, Port>;
  readonly nodes: ReadonlyMap<string, NodePorts>;
}

/** The whole text is one binding. @source azure-ai-ml 1.34, `ComponentJobConstants.INPUT_PATTERN` */
const WHOLE = /^\$\{\{\s*parent\.(.+?)\s*\}\}$/;
const EVERY = /\$\{\{\s*([^}]*?)\s*\}\}/g;

/** @returns whether a text is one binding to something of the pipeline */
export function isBinding(value: unknown): value is string {
  return typeof value === 'string' && WHOLE.test(value);
}

/** @returns what a binding points to; a folder where that is not known */
export function portOf(binding: string, scope: Scope): Port {
  const steps = WHOLE.exec(binding)?.[1]?.split('.') ?? [];
  const [kind = '', name = '', , output = ''] = steps;
  const found =
    kind === 'inputs'
      ? scope.inputs.get(name)
      : kind === 'outputs'
        ? scope.outputs.get(name)
        : scope.nodes.get(name)?.outputs.get(output);
  if (found === undefined) return { type: 'uri_folder' };
  return kind === 'jobs' ? { type: found.type } : found;
}

/** @returns steps whose outputs a text binds to */
export function stepsIn(text: string): string[] {
  return [...text.matchAll(EVERY)].flatMap(([, inner = '']) => {
    const [parent, kind, name] = inner.split('.');
    return parent === 'parent' && kind === 'jobs' && name !== undefined ? [name] : [];
  });
}

/** Reports bindings of a text to what isn't there. */
export function checkBindings(
  text: string,
  scope: Scope,
  document: SourceDocument,
  at: readonly PathStep[],
  context: DraftContext,
): void {
  for (const [whole, inner = ''] of text.matchAll(EVERY)) {
    const problem = unknownBinding(whole, inner.split('.'), scope);
    if (problem !== undefined) context.report(document.problem(at, problem));
  }
}

function unknownBinding(whole: string, steps: readonly string[], scope: Scope): ProblemText | undefined {
  const [parent, kind = '', name = '', direction = '', output = ''] = steps;
  if (parent !== 'parent')
    return ['inputs', 'outputs'].includes(parent ?? '') ? withoutParent(whole, steps) : undefined;
  const wrong = (at: number, among: string, known: Iterable<string>): ProblemText =>
    unknown(whole, steps, at, among, [...known]);
  if (kind === 'inputs' || kind === 'outputs') {
    return scope[kind].has(name) ? undefined : wrong(2, `the pipeline’s ${kind}`, scope[kind].keys());
  }
  if (kind !== 'jobs') return wrong(1, 'what a pipeline has', ['inputs', 'outputs', 'jobs']);
  const node = scope.nodes.get(name);
  if (node === undefined) return wrong(2, 'the pipeline’s steps', scope.nodes.keys());
  if (direction !== 'outputs') return wrong(3, 'what can be bound of a step', ['outputs']);
  if (!node.outputsKnown || node.outputs.has(output)) return undefined;
  return wrong(4, `the outputs of ${name}`, node.outputs.keys());
}

/** @param at - which of the steps names nothing */
function unknown(
  whole: string,
  steps: readonly string[],
  at: number,
  among: string,
  known: readonly string[],
): ProblemText {
  const name = steps[at] ?? '';
  const nearest = nearestWord(name, known);
  return {
    code: 'unknown-binding',
    message: `\`${whole}\` names nothing that is there: \`${name}\` is not one of ${among}.`,
    expected: known.length === 0 ? `${among}, of which there are none` : `one of ${known.join(', ')}`,
    fix:
      nearest === undefined
        ? 'Correct the name, or add what it names.'
        : `Write \`\${{${steps.with(at, nearest).join('.')}}}\`.`,
  };
}

function withoutParent(whole: string, steps: readonly string[]): ProblemText {
  return {
    code: 'unknown-binding',
    message: `\`${whole}\` is the step’s own, not the pipeline’s.`,
    expected: '`${{parent.inputs.<name>}}` or `${{parent.jobs.<step>.outputs.<name>}}`',
    fix: `Write \`\${{parent.${steps.join('.')}}}\`.`,
  };
}
