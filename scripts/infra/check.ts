/** `node scripts/infra/check.ts FILE...`: holds templates, ours or others', to the checklist. */
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';

import { findBicep } from './bicep.ts';
import { score } from './checklist.ts';
import type { Verdict } from './rule.ts';
import { Template } from './template.ts';

const help = `usage: node scripts/infra/check.ts [--others] [--json] FILE...

Holds templates to the assertions of the security checklist (scripts/infra/rules), and prints for each, by group, how
many hold, how many are broken, and how many have nothing to look at. Then it names what breaks each broken one.

  FILE      a snapshot of \`bicep snapshot\`, a compiled ARM template, or a .bicep file, which is compiled
  --others  for templates that are not Whence's: leaves out assertions that name its accounts, identities, settings and
            alerts, and those about something that the template does not have
  --json    everything, as one JSON list

A snapshot says most: its parameters have values. In an ARM template they are expressions, ids are not known, and
most assertions about them count as broken. What a snapshot does not show has nothing to look at.
A template without a tag \`environment\` is held to what production is held to.

  node scripts/infra/check.ts infra/prod.snapshot.json
  node scripts/infra/check.ts --others --json theirs.snapshot.json`;

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
} as const;

/** About parameters, outputs, nested deployments and expressions: a snapshot has none. */
const hiddenInSnapshot = ['TM01', 'TM02', 'TM04', 'TM05', 'TM06', 'TM07'];

/** They name what only Whence has: roles of its accounts, names of its identities, its settings, zones, alerts and tags. */
const ours = [
  ...['ST18', 'ST27', 'ST28', 'ST29', 'ST30', 'FA16', 'FA22', 'MO06'],
  ...['NW11', 'NW12', 'ID01', 'ID04', 'ID08', 'TM08', 'TM11'],
];

/** Assertions about whole templates, by the type that must be there for them to mean anything. */
const subjects: Readonly<Record<string, readonly string[]>> = {
  'Storage/storageAccounts/blobServices': ['ST15', 'ST26'],
  'ServiceBus/namespaces': ['SB08'],
  'KeyVault/vaults': ['KV09'],
  'MachineLearningServices/workspaces': ['ML04', 'ML17', 'ML18'],
  'ContainerRegistry/registries': ['CR10'],
  'Insights/privateLinkScopes': ['MO05'],
  'Network/virtualNetworks': ['NW01', 'NW02', 'NW07'],
  'Network/privateEndpoints': ['NW10'],
  'Network/publicIPAddresses': ['NW13'],
  'Authorization/roleAssignments': ['ID03', 'ID05'],
};
/** About function apps; other kinds of `Web/sites` cannot be so. */
const functions = ['FA01', 'FA08', 'FA14', 'FA15', 'FA20', 'FA21'];

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
  const { status, stdout, stderr } = spawnSync(bicep, ['build', file, '--no-restore', '--stdout'], {
    encoding: 'utf8',
    maxBuffer: 50_000_000,
    env: { ...process.env, DOTNET_SYSTEM_GLOBALIZATION_INVARIANT: '1' },
  });
  if (status !== 0) throw new Error(stderr);
  return stdout;
}

function check(file: string, isOthers: boolean): Report {
  const text = read(file);
  const template = new Template(text);
  const { resources, stage } = template;
  if (resources.length === 0) throw new Error('It has no resources.');
  const left = new Set([
    ...(text.includes('"predictedResources"') ? hiddenInSnapshot : []),
    ...(isOthers ? ours : []),
    ...(isOthers ? Object.entries(subjects).flatMap(([type, ids]) => (template.of(type).length > 0 ? [] : ids)) : []),
    ...(isOthers && !template.of('Web/sites').some(({ kind }) => kind?.includes('functionapp')) ? functions : []),
  ]);
  const verdicts = [...score(template)].map(([id, verdict]): [string, Verdict] => [
    id,
    left.has(id) ? 'absent' : verdict,
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
