/** X22 and X23 of the threat model: no type that nobody looked at, and none that carries data out. */
import { readFileSync } from 'node:fs';

import { expect, test } from 'vitest';

import { compiledFile, parameterFiles } from '../../scripts/infra/bicep.ts';
import { exporting, resourceTypes, typesOf, type TypeReason } from '../../scripts/infra/resource-types.ts';
import { at, listAt, Template } from '../../scripts/infra/template.ts';
import { templateOf } from './snapshots.ts';

const ofStage: readonly TypeReason[] = ['everywhere', 'private', 'stage', 'owner', 'ownerOfPrivate', 'scheduler'];
const reasons: Readonly<Record<(typeof parameterFiles)[number], readonly TypeReason[]>> = {
  dev: ofStage,
  test: ofStage,
  prod: [...ofStage, 'hardened'],
  minimal: ['everywhere', 'owner', 'scheduler'],
  options: [
    ...ofStage.filter((reason) => reason !== 'scheduler'),
    ...(['hardened', 'options', 'ownerOfOptions'] as const),
  ],
  delivered: ['everywhere', 'private', 'stage', 'hardened', 'options'],
};

test.each(parameterFiles)('%s has the types of resources that are listed, and no other', (file) => {
  const allowed = reasons[file].flatMap((reason) => resourceTypes[reason]);
  expect(typesOf(templateOf(file))).toEqual(allowed.toSorted());
});

test('the compiled template has no type beside these, whatever its parameters are', () => {
  const allowed = new Set<string>([...Object.values(resourceTypes).flat(), 'Resources/deployments']);
  expect(typesOf(new Template(readFileSync(compiledFile, 'utf8'))).filter((type) => !allowed.has(type))).toEqual([]);
});

test('no type that is listed exports, replicates or backs up', () => {
  expect(
    Object.values(resourceTypes)
      .flat()
      .filter((type) => exporting.test(type)),
  ).toEqual([]);
});

test.each([
  'OperationalInsights/workspaces/dataExports',
  'Storage/storageAccounts/objectReplicationPolicies',
  'Storage/storageAccounts/inventoryPolicies',
  'ContainerRegistry/registries/replications',
  'ContainerRegistry/registries/exportPipelines',
  'DataProtection/backupVaults',
  'RecoveryServices/vaults',
  'CostManagement/exports',
])('%s would be seen', (type) => expect(type).toMatch(exporting));

test.each(parameterFiles)('logs of %s go to its own Log Analytics workspace, and nowhere else', (file) => {
  const template = templateOf(file);
  const [workspace] = template.of('OperationalInsights/workspaces');
  for (const setting of template.of('Insights/diagnosticSettings')) {
    expect(at(setting, 'properties.workspaceId')).toBe(workspace?.id);
    for (const other of ['storageAccountId', 'eventHubAuthorizationRuleId', 'marketplacePartnerId'])
      expect(at(setting, `properties.${other}`)).toBeUndefined();
  }
  for (const registry of template.of('MachineLearningServices/registries'))
    expect(listAt(registry, 'properties.regionDetails')).toHaveLength(1);
});
