/** Who may do what: the golden matrix, and roles that hold exactly what the app asks for. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

import { describe, expect, test } from 'vitest';

import { assetKinds, type ArmBody, type MlPlatform } from '#shared/ports/ml-platform.ts';

import { infraFolder } from '../../scripts/infra/bicep.ts';
import { roleMatrix } from '../../scripts/infra/role-matrix.ts';
import { listAt } from '../../scripts/infra/template.ts';
import { LaptopLab } from '../azure-ml/laptop-lab.ts';
import { templateOf } from './snapshots.ts';

const linesOf = (file: string): readonly string[] =>
  readFileSync(join(import.meta.dirname, file), 'utf8')
    .trim()
    .split('\n');
const golden = linesOf('golden-roles.txt');

test.each(['dev', 'test', 'prod'])('ID02: the roles of %s are exactly those of the golden matrix', (stage) => {
  expect(roleMatrix(templateOf(stage))).toEqual(golden);
});

test('ID02: the roles of people are exactly those of their golden matrix', () => {
  const text = readFileSync(join(infraFolder, 'options.bicepparam'), 'utf8');
  const groups = new Map([...text.matchAll(/^ {2}(\w+): '([0-9a-f-]{36})'$/gm)].map(([, name, id = '']) => [id, name]));
  const lines = roleMatrix(templateOf('options')).flatMap((line) => {
    const [, id = '', rest = ''] = /^([^:]+)(:.*)$/.exec(line) ?? [];
    return groups.has(id) ? [`${groups.get(id)}${rest}`] : [];
  });
  expect(lines).toEqual(linesOf('golden-people.txt'));
});

test('nobody writes both data and evidence, and only the evidence identity signs', () => {
  const writers = (account: string): readonly string[] =>
    golden
      .filter((line) => line.includes(`containers/${account}/`) && !line.includes('Reader'))
      .map((line) => line.split(':')[0] ?? '');
  expect(writers('stdata').filter((who) => writers('stproof').includes(who))).toEqual([]);
  expect(golden.filter((line) => line.includes('keys/'))).toEqual([
    'evidence: Key Vault Crypto User on keys/attestation',
  ]);
});

describe('the role of the function app on the workspace', () => {
  test('holds exactly what the requests of its adapter need', async () => {
    const asked = new Set<string>();
    await using lab = await LaptopLab.open({
      putOff: ({ method, segments }) => {
        const [kind = '', , sub, , action] = segments;
        const names: Readonly<Record<string, string>> = { onlineendpoints: 'onlineEndpoints' };
        const resource = [names[kind] ?? kind, ...(['versions', 'deployments'].includes(sub ?? '') ? [sub] : [])];
        const verb = { GET: 'read', PUT: 'write', DELETE: 'delete' }[method] ?? `${action ?? sub ?? ''}/action`;
        asked.add(['Microsoft.MachineLearningServices/workspaces', ...resource, verb].join('/'));
        return undefined;
      },
    });
    const body = await lab.job('sleep 60', { tags: { 'whence.owner': 'o' } });
    asked.clear();
    await askEverything(lab.platform(), body);
    // Scoring goes to the endpoint itself, with a token of Entra.
    asked.add('Microsoft.MachineLearningServices/workspaces/onlineEndpoints/score/action');

    const role = templateOf('prod')
      .of('Authorization/roleDefinitions')
      .find(({ properties }) => String(properties['roleName']).startsWith('Whence Orchestrator'));
    const [permission] = listAt(role, 'properties.permissions');
    expect(listAt(permission, 'actions')).toEqual([...asked].toSorted());
  });
});

/** Every request that the port can make; what Azure ML says to it does not matter here. */
async function askEverything(ml: MlPlatform, job: ArmBody): Promise<void> {
  await ml.submitJob('roles', job);
  await ml.cancelJob('roles');
  const rest: readonly Promise<unknown>[] = [
    ...assetKinds.map((kind) => ml.putAssetVersion(kind, 'a', '1', { properties: {} })),
    ml.endpoint('e-roles'),
    ml.putEndpoint('e-roles', { properties: {} }),
    ml.deployments('e-roles'),
    ml.deployment('e-roles', 'd'),
    ml.putDeployment('e-roles', 'd', { properties: {} }),
    ml.deleteDeployment('e-roles', 'd'),
    ml.deploymentLogs('e-roles', 'd', 1),
    ml.computes(),
  ];
  await Promise.allSettled(rest);
}
