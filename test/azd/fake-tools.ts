import { chmodSync, mkdtempSync, readFileSync, writeFileSync, existsSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** `az` and `azd` as programs in a folder: they write down how they were called, and answer by the script. */
export class FakeTools {
  readonly folder = mkdtempSync(join(tmpdir(), 'whence-azd-'));
  readonly #calls = join(this.folder, 'calls.jsonl');

  /** @param answers - beginning of a call, as in `az account show` → what it prints as JSON; `null`: it fails */
  constructor(answers: Readonly<Record<string, unknown>>) {
    const program = `#!${process.execPath}
const fs = require('node:fs');
const call = [require('node:path').basename(process.argv[1]), ...process.argv.slice(2)];
fs.appendFileSync(${JSON.stringify(this.#calls)}, JSON.stringify(call) + '\\n');
const answers = ${JSON.stringify(answers)};
const key = Object.keys(answers).find((one) => call.join(' ').startsWith(one));
if (key !== undefined && answers[key] === null) { console.error('ERROR: ' + key + ' is not possible here'); process.exit(1); }
if (key !== undefined) console.log(JSON.stringify(answers[key]));
`;
    for (const tool of ['az', 'azd']) {
      writeFileSync(join(this.folder, tool), program);
      chmodSync(join(this.folder, tool), 0o755);
    }
  }

  /** How the tools were called, in order: the words of each call. */
  get calls(): readonly (readonly string[])[] {
    if (!existsSync(this.#calls)) return [];
    return readFileSync(this.#calls, 'utf8')
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as string[]);
  }
}
