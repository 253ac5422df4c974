import { nearestWord } from '../../yaml/nearest-word.ts';
import type { PathStep, ProblemText } from '../../yaml/problem.ts';
import type { SourceDocument } from '../../yaml/source-document.ts';
import type { DraftContext } from '../draft/context.ts';

/** Names that a command may use, by what stands before them: `inputs`, `outputs`, `search_space`. */
export type CommandNames = Readonly<Record<string, readonly string[]>>;

/** Reports `${{inputs.x}}` and the like of a command that name nothing. */
export function checkCommand(
  command: string,
  names: CommandNames,
  document: SourceDocument,
  at: readonly PathStep[],
  context: DraftContext,
): void {
  for (const [whole, inner = ''] of command.matchAll(/\$\{\{([^}]*)\}\}/g)) {
    const [kind = '', name = ''] = inner.trim().split('.');
    const known = Object.hasOwn(names, kind) ? names[kind] : undefined;
    if (known?.includes(name) === true) continue;
    context.report(document.problem(at, unknownBinding(whole, kind, name, known, Object.keys(names))));
  }
}

function unknownBinding(
  whole: string,
  kind: string,
  name: string,
  known: readonly string[] | undefined,
  kinds: readonly string[],
): ProblemText {
  const nearest = known === undefined ? nearestWord(kind, kinds) : nearestWord(name, known);
  const written = known === undefined ? `${nearest}.${name}` : `${kind}.${nearest}`;
  return {
    code: 'unknown-binding',
    message: `\`${whole}\` in the command names nothing that is there.`,
    expected:
      known === undefined
        ? kinds.map((word) => `\`\${{${word}.<name>}}\``).join(' or ')
        : `one of the ${kind}: ${known.length === 0 ? 'there are none' : known.join(', ')}`,
    fix: nearest === undefined ? 'Correct the name, or add the entry.' : `Write \`\${{${written}}}\`.`,
  };
}
