/** What a file leaves open: placeholders of an example, and references that mean something else tomorrow. */
import type { PathStep, Problem } from '../../yaml/problem.ts';
import type { SourceDocument } from '../../yaml/source-document.ts';

/** Keys whose references choose what runs or what it reads. */
const referring = new Set(['environment', 'component', 'trial', 'path', 'model', 'image']);

/** @returns texts such as `<MY_CLUSTER>` that an example left for its reader to fill in */
export function findPlaceholders(document: SourceDocument): readonly Problem[] {
  return texts(document.value).flatMap(({ text, path }) =>
    /^(azureml:)?<[A-Za-z][\w .-]*>/.test(text.trim())
      ? [
          document.problem(path, {
            code: 'placeholder-left',
            message: `\`${text.trim()}\` is a placeholder.`,
            expected: 'a real value',
            fix: 'Write your own value in its place.',
          }),
        ]
      : [],
  );
}

/** @returns references to whatever is newest: `@latest`, `:latest`, `labels/latest`, and names without a version */
export function findLatest(document: SourceDocument): readonly Problem[] {
  return texts(document.value).flatMap(({ text, path }) => {
    const key = path.findLast((step) => typeof step === 'string');
    if (!referring.has(String(key)) || !/([@:]|\/labels\/)latest$/i.test(text.trim())) return [];
    return [
      document.problem(path, {
        code: 'not-reproducible',
        message: `\`${text.trim()}\` can mean something else tomorrow.`,
        expected: 'a fixed version, as in `azureml:<name>:<version>` or `…/versions/<version>`',
        fix: 'Name the version that it was made with.',
      }),
    ];
  });
}

function texts(
  value: unknown,
  path: readonly PathStep[] = [],
): readonly { readonly text: string; readonly path: readonly PathStep[] }[] {
  if (typeof value === 'string') return [{ text: value, path }];
  if (Array.isArray(value)) return value.flatMap((item, index) => texts(item, [...path, index]));
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([key, member]) => texts(member, [...path, key]));
}
