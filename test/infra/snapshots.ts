import { readFileSync } from 'node:fs';
import { join } from 'node:path';

import { infraFolder } from '../../scripts/infra/bicep.ts';
import { Template } from '../../scripts/infra/template.ts';

/** @returns the text of the snapshot of a parameter file */
export function snapshotText(file: string): string {
  return readFileSync(join(infraFolder, `${file}.snapshot.json`), 'utf8');
}

/** @returns the resources that a parameter file comes to */
export function templateOf(file: string): Template {
  return new Template(snapshotText(file));
}
