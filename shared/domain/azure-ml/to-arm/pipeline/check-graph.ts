/** What can be wrong between the steps of a pipeline: bindings to nothing, cycles, inputs that don't fit. */
import { nearestWord } from '../../../yaml/nearest-word.ts';
import type { PathStep } from '../../../yaml/problem.ts';
import type { SourceDocument } from '../../../yaml/source-document.ts';
import type { DraftContext } from '../../draft/context.ts';
import type { ComponentInputYaml } from '../../yaml/component-yaml.ts';

import type { NodeInputs } from './node-io.ts';
import { checkBindings, stepsIn, type Scope } from './scope.ts';

/**
 * Reports bindings to what isn't there, and cycles; of steps that are wrong in other ways too.
 *
 * @param jobs - steps by name, unchecked
 * @param at - where they stand
 */
export function checkGraph(
  jobs: Readonly<Record<string, Readonly<Record<string, unknown>>>>,
  at: readonly PathStep[],
  scope: Scope,
  document: SourceDocument,
  context: DraftContext,
): void {
  const after = new Map<string, readonly string[]>();
  for (const [name, job] of Object.entries(jobs)) {
    const texts = (['inputs', 'outputs'] as const).flatMap((key) => bound(job[key], [...at, name, key]));
    for (const { text, path } of texts) checkBindings(text, scope, document, path, context);
    after.set(
      name,
      texts.flatMap(({ text }) => stepsIn(text)),
    );
  }
  const cycle = findCycle(after);
  if (cycle === undefined) return;
  context.report(
    document.problem(
      [...at, ...cycle.slice(0, 1)],
      {
        code: 'contradiction',
        message: `These steps wait for each other: ${cycle.join(' → ')}.`,
        expected: 'steps of which each waits only for earlier ones',
        fix: 'Remove one of the bindings between them.',
      },
      'key',
    ),
  );
}

/** Texts of inputs or outputs that may bind. */
function bound(entries: unknown, at: readonly PathStep[]): readonly { text: string; path: readonly PathStep[] }[] {
  if (typeof entries !== 'object' || entries === null) return [];
  return Object.entries(entries).flatMap(([name, value]: [string, unknown]) => {
    if (typeof value === 'string') return [{ text: value, path: [...at, name] }];
    if (typeof value !== 'object' || value === null || !('path' in value) || typeof value.path !== 'string') return [];
    return [{ text: value.path, path: [...at, name, 'path'] }];
  });
}

/** @returns steps of a cycle, the first again at its end, or undefined */
function findCycle(after: ReadonlyMap<string, readonly string[]>): readonly string[] | undefined {
  const done = new Set<string>();
  const visit = (name: string, path: readonly string[]): readonly string[] | undefined => {
    if (path.includes(name)) return [...path.slice(path.indexOf(name)), name];
    if (done.has(name)) return undefined;
    done.add(name);
    for (const next of after.get(name) ?? []) {
      const cycle = visit(next, [...path, name]);
      if (cycle !== undefined) return cycle;
    }
    return undefined;
  };
  for (const name of after.keys()) {
    const cycle = visit(name, []);
    if (cycle !== undefined) return cycle;
  }
  return undefined;
}

/** Reports inputs that a component does not have, and those that it needs and does not get. */
export function checkNodeInputs(
  given: NodeInputs,
  declared: Readonly<Record<string, ComponentInputYaml>>,
  document: SourceDocument,
  at: readonly PathStep[],
  context: DraftContext,
): void {
  const known = Object.keys(declared);
  for (const name of Object.keys(given).filter((input) => !known.includes(input))) {
    const nearest = nearestWord(name, known);
    context.report(
      document.problem(
        [...at, 'inputs', name],
        {
          code: 'unknown-key',
          message: `The component has no input \`${name}\`.`,
          expected: known.length === 0 ? 'no inputs' : `one of ${known.join(', ')}`,
          fix: nearest === undefined ? `Remove \`${name}\`.` : `Write \`${nearest}\` in place of \`${name}\`.`,
        },
        'key',
      ),
    );
  }
  for (const [name, input] of Object.entries(declared)) {
    const missing = input.optional !== true && input.default === undefined && (given[name] ?? null) === null;
    if (!missing) continue;
    context.report(
      document.problem(
        [...at, 'inputs'],
        {
          code: 'missing-key',
          message: `The component’s input \`${name}\` is not given.`,
          expected: `${name}: a ${input.type}`,
          fix: `Add \`${name}:\` to the step’s inputs, or give it a default in the component.`,
        },
        'key',
      ),
    );
  }
}
