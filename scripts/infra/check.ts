/** `node scripts/infra/check.ts FILE...`: holds templates, ours or others', to the checklist. */
import { readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';

import { compile, findBicep } from './bicep.ts';
import { score } from './checklist.ts';
import type { Verdict } from './rule.ts';
import { Template } from './template.ts';

/** Groups of assertions by the first two letters of their ids. */
const groups = {
  ST: 'storage',
  SB: 'Service Bus',
  EG: 'Event Grid',
  KV: 'Key Vault',
  FA: 'function app',
  ML: 'Azure ML',
  CR: 'registry',
  MO: 'monitoring',
  NW: 'network',
  ID: 'identity',
  TM: 'template',
  OW: 'own',
} as const;

/** They name what only Whence has: its app's scale, its alerts, zones, accounts, identities and tags. */
const ours: ReadonlySet<string> = new Set(['FA22', 'MO06', 'NW12', 'ID01', 'ID08', 'TM08']);

const help = `usage: node scripts/infra/check.ts [--others] [--json] FILE...

Holds templates to the assertions of the security checklist and to our own (scripts/infra/rules), and prints for each,
by group, how many hold, how many are broken, and how many have nothing to look at. Then it names what breaks each
broken one.

  FILE      a snapshot of \`bicep snapshot\`, a compiled ARM template, or a .bicep file, which is compiled
  --others  for templates that are not Whence's: leaves out assertions that name its accounts, identities, zones, alerts
            and tags (${[...ours].join(', ')})
  --json    everything, as one JSON list

Give a snapshot where you can: its parameters have values and its resources ids. In an ARM template, and so in a .bicep
file, values are expressions and no resource is found by its id: most assertions about private endpoints, logs, subnets
and roles count as broken there. Parameters, outputs and nested deployments are looked at in an ARM template only.
A template without a tag \`environment\` is held to what production is held to. Zones are named as in the public cloud.

  node scripts/infra/check.ts infra/prod.snapshot.json
  node scripts/infra/check.ts --others --json theirs.snapshot.json`;

/** What the checker says of one file. */
interface Report {
  readonly file: string;
  readonly resources: number;
  readonly stage: string;
  readonly verdicts: Readonly<Record<string, Verdict>>;
}

function read(file: string): string {
  if (!file.endsWith('.bicep')) return readFileSync(file, 'utf8');
  const bicep = findBicep();
  if (bicep === undefined)
    throw new Error('There is no Bicep compiler; `node scripts/infra/bicep.ts` says how to get one.');
  const { status, stdout, stderr } = compile(bicep, file);
  if (status !== 0) throw new Error(stderr);
  return stdout;
}

function check(file: string, isOthers: boolean): Report {
  const template = new Template(read(file));
  const { resources, stage } = template;
  if (resources.length === 0) throw new Error('It has no resources.');
  const verdicts = [...score(template)].map(([id, verdict]): [string, Verdict] => [
    id,
    isOthers && ours.has(id) ? 'absent' : verdict,
  ]);
  return { file, resources: resources.length, stage, verdicts: Object.fromEntries(verdicts) };
}

function print({ file, resources, stage, verdicts }: Report): void {
  const row = (...cells: readonly unknown[]): string =>
    `  ${String(cells[0]).padEnd(14)}${cells
      .slice(1)
      .map((cell) => String(cell).padStart(8))
      .join('')}`;
  const count = (name: string, prefix: string): string => {
    const mine = Object.entries(verdicts).flatMap(([id, verdict]) => (id.startsWith(prefix) ? [verdict] : []));
    const absent = mine.filter((verdict) => verdict === 'absent').length;
    const holding = mine.filter((verdict) => verdict.length === 0).length;
    return row(name, holding, mine.length - holding - absent, absent);
  };
  console.log(`${file}: ${resources} resources, held to what ${stage} is held to`);
  console.log(row('', 'holds', 'broken', 'nothing to look at'.padStart(20)));
  for (const [prefix, name] of Object.entries(groups)) console.log(count(name, prefix));
  console.log(count('all', ''));
  for (const [id, verdict] of Object.entries(verdicts))
    if (verdict !== 'absent' && verdict.length > 0) console.log(`  ${id}  ${verdict.slice(0, 5).join('; ')}`);
}

function main(): void {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: { help: { type: 'boolean', short: 'h' }, json: { type: 'boolean' }, others: { type: 'boolean' } },
  });
  if (values.help === true || positionals.length === 0) {
    console[values.help === true ? 'log' : 'error'](help);
    process.exitCode = values.help === true ? 0 : 1;
    return;
  }
  const reports = positionals.map((file) => {
    try {
      return check(file, values.others === true);
    } catch (error) {
      throw new Error(`${file}: ${error instanceof Error ? error.message : String(error)}`, { cause: error });
    }
  });
  if (values.json === true) console.log(JSON.stringify(reports, null, 2));
  else for (const report of reports) print(report);
}

try {
  main();
} catch (error) {
  console.error(`${error instanceof Error ? error.message : String(error)}\n\n--help says how this is used.`);
  process.exitCode = 1;
}
