/** `node scripts/infra/check.ts FILE...`: holds compiled templates, ours or others', to the checklist. */
import { readFileSync } from 'node:fs';

import { score } from './checklist.ts';
import { Template } from './template.ts';

const files = process.argv.slice(2);
if (files.length === 0) {
  console.error(
    'usage: node scripts/infra/check.ts FILE...\n\nFILE: a snapshot of `bicep snapshot`, or an ARM template.',
  );
  process.exitCode = 1;
}
for (const file of files) {
  const verdicts = [...score(new Template(readFileSync(file, 'utf8')))];
  const failed = verdicts.filter(([, verdict]) => verdict !== 'absent' && verdict.length > 0);
  const absent = verdicts.filter(([, verdict]) => verdict === 'absent').map(([id]) => id);
  const passed = verdicts.length - failed.length - absent.length;
  console.log(
    `${file}: ${passed} of ${verdicts.length} hold, ${failed.length} do not, ${absent.length} have nothing to look at`,
  );
  for (const [id, verdict] of failed) console.log(`  ${id}  ${(verdict as readonly string[]).slice(0, 5).join('; ')}`);
  if (absent.length > 0) console.log(`  nothing to look at: ${absent.join(', ')}`);
}
