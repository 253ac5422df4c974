import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

import { infraFolder } from '../../scripts/infra/bicep.ts';

/** A query of the alerts or of the workbook. */
export interface QueryFile {
  readonly name: string;
  readonly text: string;
}

const folder = join(infraFolder, 'modules', 'observability');

/** Every query: those of the alerts in `queries`, those of the workbook in `questions`. */
export const queryFiles: readonly QueryFile[] = ['queries', 'questions'].flatMap((kind) =>
  readdirSync(join(folder, kind))
    .toSorted()
    .map((file) => ({ name: `${kind}/${file}`, text: readFileSync(join(folder, kind, file), 'utf8') })),
);

/** Names of metrics, spans and log lines that a query looks for. */
export function literalsOf({ text }: QueryFile): readonly string[] {
  const compared = text.matchAll(/\b(?:Name|Message)\s*(?:==|startswith|in)\s*(\([^)]*\)|'[^']*')/g);
  return [
    ...new Set([...compared].flatMap(([, what = '']) => [...what.matchAll(/'([^']*)'/g)].map(([, one = '']) => one))),
  ];
}

/** Keys of `Properties` that a query reads. */
export function propertiesOf({ text }: QueryFile): readonly string[] {
  return [...new Set([...text.matchAll(/\bProperties\.(\w+)/g)].map(([, key = '']) => key))];
}
