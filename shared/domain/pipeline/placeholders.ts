import type { PathStep } from '../yaml/problem.ts';
import type { SourceDocument } from '../yaml/source-document.ts';

import type { FolderReader } from './folder-reader.ts';

/** Reports texts such as `<MY_CLUSTER>` that an example left for its reader to fill in. */
export function checkPlaceholders(document: SourceDocument, reader: FolderReader): void {
  const visit = (value: unknown, path: readonly PathStep[]): void => {
    if (typeof value === 'string' && /^(azureml:)?<[A-Za-z][\w .-]*>/.test(value.trim())) {
      reader.report(
        document.problem(path, {
          code: 'placeholder-left',
          message: `\`${value.trim()}\` is a placeholder.`,
          expected: 'a real value',
          fix: 'Write your own value in its place.',
        }),
      );
    } else if (Array.isArray(value)) value.forEach((item, index) => visit(item, [...path, index]));
    else if (typeof value === 'object' && value !== null) {
      Object.entries(value).forEach(([key, member]) => visit(member, [...path, key]));
    }
  };
  visit(document.value, []);
}
