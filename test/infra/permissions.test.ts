/** The identities of delivery can do their work, and no more: held against everything that the templates write. */

import { describe, expect, test } from 'vitest';

import { grantable, grantsOf, needsOf, uncovered, type Need } from '../../scripts/infra/permissions.ts';
import { principalOf, roleOf } from '../../scripts/infra/rules/identity.ts';
import { at, targetOf, Template, type Resource } from '../../scripts/infra/template.ts';
import { snapshotText, templateOf } from './snapshots.ts';

const stages = ['dev', 'test', 'prod'];

/** What only an owner writes: what roles hold, what delivery may do, what policies ask, and what is others'. */
const isOfOwner = (one: Resource): boolean =>
  ['Authorization/roleDefinitions', 'Authorization/policyAssignments', 'Security/pricings'].includes(
    one.type.replace('Microsoft.', ''),
  ) ||
  targetOf(one.id).includes('/managedClusters/') ||
  (one.type === 'Microsoft.Authorization/roleAssignments' && ['infra', 'plan'].includes(principalOf(one)));
/** What `infra` writes of a stage. */
const deliveredOf = (template: Template): readonly Need[] =>
  needsOf(template).filter(({ resource }) => resource === undefined || !isOfOwner(resource));

/** A template with one more resource, written where an id says. */
function withOne(file: string, type: string, id: string): Template {
  const content = JSON.parse(snapshotText(file)) as { predictedResources: unknown[] };
  content.predictedResources.push({ id, type, name: 'x', apiVersion: '2026-01-01', properties: {} });
  return new Template(JSON.stringify(content));
}

describe('what `infra` deploys', () => {
  test.each(stages)('%s is all within its roles', (stage) => {
    expect(uncovered(deliveredOf(templateOf(stage)), grantsOf(templateOf(stage), 'infra'))).toEqual([]);
  });

  test('with every option is all within its roles, and what is left out is an owner’s to write', () => {
    const [whole, delivered] = [templateOf('options'), templateOf('delivered')];
    expect(uncovered(needsOf(delivered), grantsOf(whole, 'infra'))).toEqual([]);
    const ids = new Set(delivered.resources.map(({ id }) => id));
    const left = whole.resources.filter(({ id }) => !ids.has(id));
    expect(left.filter((one) => !isOfOwner(one))).toEqual([]);
    expect(delivered.resources.filter(isOfOwner)).toEqual([]);
    expect(left.length).toBeGreaterThan(20);
  });

  test.each([
    [
      'Microsoft.Security/automations',
      '/subscriptions/00000000-0000-0000-0000-000000000001/providers/Microsoft.Security/automations/x',
    ],
    [
      'Microsoft.Web/sites',
      '/subscriptions/00000000-0000-0000-0000-000000000001/resourceGroups/other/providers/Microsoft.Web/sites/x',
    ],
    [
      'Microsoft.Authorization/policyExemptions',
      '/subscriptions/00000000-0000-0000-0000-000000000001/resourceGroups/rg-whence-prod/providers/Microsoft.Authorization/policyExemptions/x',
    ],
  ])('would not be within them with a resource of type %s at %s', (type, id) => {
    const missing = uncovered(deliveredOf(withOne('prod', type, id)), grantsOf(templateOf('prod'), 'infra'));
    expect(missing).toContain(`${type}/write on ${targetOf(id)}`);
  });
});

test.each(stages)('`infra` of %s can write nothing that says what it may do itself', (stage) => {
  const ofOwner = needsOf(templateOf(stage)).filter(({ resource }) => resource !== undefined && isOfOwner(resource));
  // Contributor and Reader are also roles of the workspace and of a group: it may hand them on, not widen them.
  const possible = ofOwner.length - uncovered(ofOwner, grantsOf(templateOf(stage), 'infra')).length;
  expect(ofOwner.length).toBeGreaterThan(8);
  expect(possible).toBe(1);
});

test.each(stages)('`infra` of %s hands out exactly the roles of the template, to identities and to groups', (stage) => {
  const own = templateOf(stage);
  const { condition = '' } = grantsOf(own, 'infra').find((grant) => grant.condition !== '') ?? {};
  const names = new Map(
    [...stages, 'minimal', 'options']
      .flatMap((file) => templateOf(file).of('Authorization/roleDefinitions'))
      .map((one) => [one.name, String(at(one, 'properties.roleName')).replace(/ \(.*\)$/, '')]),
  );
  const named = (role: string): string => names.get(role) ?? role;
  const handedOut = new Set(
    [...stages, 'minimal', 'options']
      .flatMap((file) => templateOf(file).of('Authorization/roleAssignments'))
      .filter((one) => !isOfOwner(one))
      .map((one) => `${String(at(one, 'properties.principalType'))}: ${named(roleOf(one))}`),
  );
  const allowed = grantable(condition, 'write').map((line) => line.replace(/[0-9a-f-]{36}$/, named));
  expect(allowed.toSorted()).toEqual([...handedOut].toSorted());
  expect(grantable(condition, 'delete')).toEqual(grantable(condition, 'write'));
});

describe('what `plan` asks', () => {
  test.each(stages)('of %s is all within its roles, which write nothing', (stage) => {
    const template = templateOf(stage);
    const grants = grantsOf(template, 'plan');
    const reads = needsOf(template).map(({ on, action }) => ({ on, action: action.replace(/\/write$/, '/read') }));
    const asks = ['whatIf', 'validate'].map((verb) => ({
      on: '/subscriptions/00000000-0000-0000-0000-000000000001',
      action: `Microsoft.Resources/deployments/${verb}/action`,
    }));
    expect(uncovered([...reads, ...asks], grants)).toEqual([]);
    const allowed = grants.flatMap(({ permission }) => permission.actions);
    expect(allowed.filter((action) => !/\/read$|\/(whatIf|validate)\/action$/.test(action))).toEqual([]);
  });
});
