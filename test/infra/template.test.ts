/** The infrastructure: compiled without a warning, equal to what is committed, and held to the checklist for every stage. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

import { describe, expect, test } from 'vitest';

import {
  compile,
  compiledFile,
  deliveredParameters,
  findBicep,
  infraFolder,
  parameterFiles,
  snapshot,
} from '../../scripts/infra/bicep.ts';
import { rules, score } from '../../scripts/infra/checklist.ts';
import { ownRules } from '../../scripts/infra/rules/own.ts';
import { Template } from '../../scripts/infra/template.ts';
import { templateOf as stageOf } from './snapshots.ts';

const bicep = findBicep();
if (bicep === undefined && process.env['CI'] === 'true') throw new Error('.ci/run brings a Bicep compiler.');

const checklistFile = join(import.meta.dirname, '../../../shared/reference/infra-checklist.json');
const hasChecklist = existsSync(checklistFile);
const waivers = JSON.parse(readFileSync(join(infraFolder, 'waivers.json'), 'utf8')) as Record<string, string>;

/** Rules that are tests of their own: the matrix of roles, and what stands in the sources. */
const elsewhere = ['ID02', 'TM10', 'TM12'];

/** What the profile to try it out gives up, beside the waivers; docs/infra.md says it in words. */
const givenUp = [
  ...['CR01', 'CR04', 'CR05', 'CR06', 'CR08', 'CR11', 'FA06', 'FA07', 'FA08', 'KV04', 'KV05', 'KV06'],
  ...['ML01', 'ML03', 'ML08', 'OW01', 'SB03', 'SB04', 'SB09', 'SB13', 'ST06', 'ST07', 'ST27'],
];

/** What no stage has anything of: topics of others, shared registries, firewalls, public addresses, plans of Defender. */
const nowhere = ['EG08', 'EG09', 'EG10', 'ML15', 'NW08', 'NW09', 'NW13', 'TM13'];
/** A snapshot does not show it; the compiled template does. */
const unseen = ['TM01', 'TM02', 'TM04', 'TM05', 'TM06', 'TM07'];
/** It only counts in production. */
const onlyInProd = ['CR09', 'FA02', 'ID05', 'ML17', 'MO03', 'MO07', 'ST19', 'ST28', 'TM11'];

describe.skipIf(bicep === undefined)(
  `the compiler${bicep === undefined ? ' (there is none here: 8 tests are not run; those below read what is committed)' : ''}`,
  { timeout: 120_000 },
  () => {
    test('has nothing to say of the templates, and makes of them what is committed', () => {
      const { status, stdout, stderr } = compile(bicep ?? '');
      expect(stderr).toBe('');
      expect(status).toBe(0);
      expect(stdout === readFileSync(compiledFile, 'utf8'), 'run `node scripts/infra/bicep.ts`').toBe(true);
    });

    test('is given for delivery what it is given for owners, but for who deploys', () => {
      expect(readFileSync(join(infraFolder, 'delivered.bicepparam'), 'utf8')).toBe(deliveredParameters());
    });

    test.each(parameterFiles)('predicts for %s what is committed', (file) => {
      const { status, stdout, stderr } = snapshot(bicep ?? '', file, 'validate');
      expect(`${stdout}${stderr}`, 'run `node scripts/infra/bicep.ts`').toBe('');
      expect(status).toBe(0);
    });
  },
);

describe('the checklist', () => {
  test.each(['dev', 'test', 'prod'])('holds for %s, but for what is waived', (stage) => {
    const broken = [...score(stageOf(stage))].filter(([, verdict]) => verdict !== 'absent' && verdict.length > 0);
    const told = Object.fromEntries(broken);
    expect(
      Object.keys(told).filter((id) => waivers[id] === undefined),
      JSON.stringify(told, null, 1),
    ).toEqual([]);
  });

  test.each(['dev', 'test', 'prod'])('has something to look at in %s, but for what no stage has', (stage) => {
    const absent = [...score(stageOf(stage))].flatMap(([id, verdict]) => (verdict === 'absent' ? [id] : []));
    expect(absent.toSorted()).toEqual([...nowhere, ...unseen, ...(stage === 'prod' ? [] : onlyInProd)].toSorted());
  });

  test('holds with every option, but for what is waived', () => {
    const broken = [...score(stageOf('options'))].flatMap(([id, verdict]) =>
      verdict !== 'absent' && verdict.length > 0 && waivers[id] === undefined ? [`${id}: ${verdict.join(', ')}`] : [],
    );
    expect(broken).toEqual([]);
  });

  test('has no waiver that is not needed', () => {
    const broken = new Set(
      ['dev', 'test', 'prod'].flatMap((stage) =>
        [...score(stageOf(stage))].flatMap(([id, verdict]) => (verdict !== 'absent' && verdict.length > 0 ? [id] : [])),
      ),
    );
    // ML16 is about requests: no template shows them.
    expect(Object.keys(waivers).filter((id) => !broken.has(id))).toEqual(['ML16']);
    for (const reason of Object.values(waivers)) expect(reason.length).toBeGreaterThan(40);
  });

  test('holds for the minimal profile, but for what it gives up', () => {
    const broken = [...score(stageOf('minimal'))].flatMap(([id, verdict]) =>
      verdict !== 'absent' && verdict.length > 0 && waivers[id] === undefined ? [id] : [],
    );
    expect(broken.toSorted()).toEqual(givenUp.toSorted());
  });

  test('holds for the compiled template, as far as it is about the text of one', () => {
    const verdicts = score(new Template(readFileSync(compiledFile, 'utf8')));
    for (const id of [...unseen, 'TM03', 'TM09']) expect([id, verdicts.get(id)]).toEqual([id, []]);
  });

  test.skipIf(!hasChecklist)(
    `is whole: every assertion is a rule, a test or a waiver, and our own stand beside them${hasChecklist ? '' : ' (../shared is not here: 163 are not compared)'}`,
    () => {
      const asked = (JSON.parse(readFileSync(checklistFile, 'utf8')) as { id: string }[]).map(({ id }) => id);
      expect(asked).toHaveLength(163);
      const known = new Set([...Object.keys(rules), ...elsewhere, ...Object.keys(waivers)]);
      expect(asked.filter((id) => !known.has(id))).toEqual([]);
      expect([...known].filter((id) => !asked.includes(id))).toEqual(Object.keys(ownRules));
    },
  );

  /** One thing made worse, and the rule that must see it. */
  test.each<[string, string, string, unknown]>([
    ['ST05', 'Storage/storageAccounts', 'allowSharedKeyAccess', true],
    ['ST07', 'Storage/storageAccounts', 'publicNetworkAccess', 'Enabled'],
    ['ST11', 'Storage/storageAccounts', 'allowedCopyScope', undefined],
    ['SB01', 'ServiceBus/namespaces', 'disableLocalAuth', false],
    ['SB10', 'ServiceBus/namespaces/queues', 'requiresDuplicateDetection', false],
    ['EG06', 'EventGrid/systemTopics/eventSubscriptions', 'eventDeliverySchema', 'EventGridSchema'],
    ['KV01', 'KeyVault/vaults', 'enableRbacAuthorization', false],
    ['FA06', 'Web/sites', 'publicNetworkAccess', 'Enabled'],
    ['ML05', 'MachineLearningServices/workspaces', 'systemDatastoresAuthMode', 'AccessKey'],
    ['CR02', 'ContainerRegistry/registries', 'adminUserEnabled', true],
    ['MO01', 'Insights/components', 'DisableLocalAuth', false],
    ['MO06', 'Insights/activityLogAlerts', 'condition', {}],
    ['NW17', 'Insights/diagnosticSettings', 'logs', []],
    ['OW01', 'DurableTask/schedulers', 'publicNetworkAccess', 'Enabled'],
    ['ID04', 'Authorization/roleAssignments', 'condition', undefined],
    ['ID07', 'Authorization/roleDefinitions', 'permissions', [{ actions: ['*'] }]],
  ])('%s sees %s with another %s', (id, type, property, value) => {
    const file = JSON.parse(readFileSync(join(infraFolder, 'prod.snapshot.json'), 'utf8')) as {
      predictedResources: { type: string; properties: Record<string, unknown> }[];
    };
    for (const one of file.predictedResources)
      if (one.type === `Microsoft.${type}`) one.properties = { ...one.properties, [property]: value };
    const verdict = score(new Template(JSON.stringify(file))).get(id);
    expect(Array.isArray(verdict) ? verdict.length : verdict).toBeGreaterThan(0);
  });
});

test('TM10: every parameter of the compiled template is described', () => {
  const undescribed: string[] = [];
  const look = (value: unknown, path: string): void => {
    if (typeof value !== 'object' || value === null) return;
    const { parameters, contentVersion } = value as { parameters?: object; contentVersion?: unknown };
    if (contentVersion !== undefined)
      for (const [name, told] of Object.entries(parameters ?? {}))
        if (!JSON.stringify(told).includes('"description"')) undescribed.push(`${path}: ${name}`);
    for (const [key, member] of Object.entries(value)) look(member, `${path}/${key}`);
  };
  look(JSON.parse(readFileSync(compiledFile, 'utf8')), '');
  expect(undescribed).toEqual([]);
});

test('no id has a default, and every variable of a parameter file is delivered and told of', () => {
  const texts = ['dev', 'test', 'prod', 'minimal'].map((stage) =>
    readFileSync(join(infraFolder, `${stage}.bicepparam`), 'utf8'),
  );
  for (const text of texts) expect(text).not.toMatch(/Variable\('\w+', '(?:[0-9a-f]{8}-|repo:)/);
  const names = new Set(
    texts.flatMap((text) => [...text.matchAll(/readEnvironmentVariable\('(\w+)'/g)].map(([, name = '']) => name)),
  );
  // It is what the pipelines are, and not told to them.
  expect(names.delete('WHENCE_DEPLOYED_BY')).toBe(true);
  const told = (file: string): string => readFileSync(join(infraFolder, '..', file), 'utf8');
  for (const name of names) {
    for (const workflow of ['deploy', 'plan', 'drift'])
      expect(told(`.github/workflows/${workflow}.yml`)).toContain(`${name}: \${{ vars.${name} }}\n`);
    for (const page of ['infra', 'upgrade', 'recovery'])
      expect(told(`docs/${page}.md`).includes(`\`${name}\``), `${name} in docs/${page}.md`).toBe(true);
  }
});

test('budgets and numbers of resources are those that the docs tell', () => {
  const read = (file: string): string => readFileSync(join(infraFolder, file), 'utf8');
  const budgets = ['dev', 'test', 'prod'].map((stage) =>
    Number(/amount: (\d+)/.exec(read(`${stage}.bicepparam`))?.[1]).toLocaleString('en'),
  );
  expect(read('../docs/costs.md').replaceAll(/ +/g, ' ')).toContain(`| ${budgets.join(' | ')} | none |`);
  const compared = read('../docs/infra-compared.md').replaceAll(/ +/g, ' ');
  for (const stage of ['prod', 'minimal'])
    expect(compared).toContain(`\`infra/${stage}.snapshot.json\` | ${stageOf(stage).resources.length} |`);
});

test('TM12: the stages differ only in sizes, redundancy, names, times and addresses', () => {
  const read = (stage: string): ReadonlyMap<string, string> =>
    new Map(
      readFileSync(join(infraFolder, `${stage}.bicepparam`), 'utf8')
        .split(/^param /m)
        .slice(1)
        .map((text) => [text.split(' ')[0] ?? '', text.replaceAll(stage, 'STAGE').trim()]),
    );
  const [dev, test, prod] = [read('dev'), read('test'), read('prod')];
  const differing = [...new Set([...dev.keys(), ...test.keys(), ...prod.keys()])].filter(
    (key) => dev.get(key) !== test.get(key) || dev.get(key) !== prod.get(key),
  );
  expect(differing.toSorted()).toEqual([
    'addressPrefix',
    'budget',
    'cluster',
    'evidenceDays',
    'functionScale',
    'isHardened',
    'logReplicaLocation',
    'logRetentionDays',
    'storageSku',
  ]);
});
