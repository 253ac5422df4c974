/** What a pipeline's YAML says and what the platform team decides: each rule, on payloads as they are sent. */
import { describe, expect, test } from 'vitest';

import { stageProfile } from '#shared/contracts/stage-profile.ts';
import { endpointBody } from '#shared/domain/azure-ml/render/run-bodies.ts';
import { endpointToArm } from '#shared/domain/azure-ml/to-arm/endpoint-to-arm.ts';
import { applyStage, stageRuleNames, type Staged } from '#shared/domain/stage-profile/stage-rules.ts';

const workspaceId = '/subscriptions/s/resourceGroups/r/providers/Microsoft.MachineLearningServices/workspaces/w';

function stage(payload: Record<string, unknown>, profile: Record<string, unknown> = {}): Staged {
  return applyStage(payload, { ...stageProfile.parse(profile), workspaceId });
}

const endpointIdentity =
  '/subscriptions/s/resourceGroups/g/providers/Microsoft.ManagedIdentity/userAssignedIdentities/id-endpoint';

const overrides = [
  [
    'compute',
    { properties: { computeId: 'cpu' } },
    { compute: { cpu: 'cpu-prod' } },
    { properties: { computeId: 'cpu-prod' } },
  ],
  [
    'compute',
    { properties: { settings: { default_compute: 'cpu' }, jobs: { a: { computeId: 'cpu' } } } },
    { compute: { cpu: 'x' } },
    { properties: { settings: { default_compute: 'x' }, jobs: { a: { computeId: 'x' } } } },
  ],
  ['authentication', { properties: { authMode: 'Key' } }, {}, { properties: { authMode: 'AADToken' } }],
  ['authentication', { properties: { authMode: 'AMLToken' } }, {}, { properties: { authMode: 'AADToken' } }],
  [
    'network',
    { properties: { traffic: {}, publicNetworkAccess: 'Enabled' } },
    {},
    { properties: { traffic: {}, publicNetworkAccess: 'Disabled' } },
  ],
  [
    'network',
    { properties: { endpointComputeType: 'Managed' } },
    {},
    { properties: { endpointComputeType: 'Managed', egressPublicNetworkAccess: 'Disabled' } },
  ],
  [
    'identity',
    { identity: { type: 'UserAssigned', userAssignedIdentities: { x: {} } } },
    {},
    { identity: { type: 'SystemAssigned' } },
  ],
  [
    'identity',
    { identity: { type: 'SystemAssigned' } },
    { endpointIdentity },
    { identity: { type: 'UserAssigned', userAssignedIdentities: { [endpointIdentity]: {} } } },
  ],
  [
    'identity',
    { properties: { identity: { identityType: 'UserIdentity' }, jobType: 'Command' } },
    {},
    { properties: { jobType: 'Command' } },
  ],
] as const;

const refusals = [
  [
    'image',
    { properties: { image: 'docker.io/anyone/anything:1' } },
    { images: ['mcr.microsoft.com/'] },
    'properties.image',
  ],
  [
    'image',
    { properties: { environmentId: { $anonymousEnvironment: { image: 'python' } } } },
    { images: ['mcr.microsoft.com/'] },
    'properties.environmentId.$anonymousEnvironment.image',
  ],
  [
    'registry',
    { properties: { environmentId: 'azureml://registries/mine/environments/e/versions/1' } },
    {},
    'properties.environmentId',
  ],
  [
    'registry',
    { properties: { jobs: { a: { componentId: 'azureml://registries/hf/components/c/versions/1' } } } },
    {},
    'properties.jobs.a.componentId',
  ],
  [
    'datastore',
    { properties: { inputs: { d: { jobInputType: 'uri_folder', uri: 'azureml://datastores/other/paths/x/' } } } },
    { datastores: ['curated'] },
    'properties.inputs.d.uri',
  ],
  [
    'datastore',
    {
      properties: {
        outputs: {
          d: {
            jobOutputType: 'uri_folder',
            uri: 'azureml://subscriptions/s/resourcegroups/r/workspaces/w/datastores/other/paths/x/',
          },
        },
      },
    },
    {},
    'properties.outputs.d.uri',
  ],
  [
    'foreign-data',
    { properties: { inputs: { d: { jobInputType: 'uri_file', uri: 'https://elsewhere/x.csv' } } } },
    {},
    'properties.inputs.d.uri',
  ],
  [
    'foreign-data',
    { properties: { jobs: { a: { inputs: { d: { job_input_type: 'uri_file', uri: 'wasbs://c@a/x' } } } } } },
    {},
    'properties.jobs.a.inputs.d.uri',
  ],
  ['foreign-data', { properties: { dataUri: 'abfss://c@a/x' } }, {}, 'properties.dataUri'],
] as const;

describe('a stage overrides', () => {
  test.each(overrides)('%s', (rule, payload, profile, expected) => {
    const staged = stage(payload, profile);
    expect(staged.payload).toEqual(expected);
    expect(staged.refused).toEqual([]);
    expect(new Set(staged.overridden.map((one) => one.rule))).toEqual(new Set([rule]));
    for (const { reason } of staged.overridden) expect(reason).toMatch(/\.$/);
  });
});

describe('a stage refuses', () => {
  test.each(refusals)('%s', (rule, payload, profile, path) => {
    const { refused } = stage(payload, profile);
    expect(refused).toMatchObject([{ rule, path }]);
    expect(refused[0]?.reason).toMatch(/\.$/);
  });
});

/** Where `curated` may be read, and `azureml` is trusted. */
const own = 'azureml://subscriptions/s/resourcegroups/r/workspaces/w';
const other = 'azureml://subscriptions/s/resourcegroups/r/workspaces/OTHER';
const addresses: readonly (readonly [uri: string, rule: string | undefined])[] = [
  ['azureml://datastores/curated/paths/a.csv', undefined],
  ['azureml://datastores/curated/paths/', undefined],
  ['azureml://datastores/curated/paths/datastores/hr/paths/x', undefined],
  ['azureml://datastores/${{default_datastore}}/paths/${{name}}/${{output_name}}/', undefined],
  [`${own}/datastores/curated/paths/x/`, undefined],
  ['azureml://Subscriptions/S/resourceGroups/R/workspaces/W/data/rows/versions/1', undefined],
  [`azureml:${workspaceId}/data/rows/versions/1`, undefined],
  [`${workspaceId}/data/rows/versions/1`, undefined],
  ['azureml://registries/azureml/models/m/versions/1', undefined],
  ['azureml://registries/azureml/environments/e/labels/latest', undefined],
  ['azureml:rows:1', undefined],
  ['rows@latest', undefined],
  ['${{parent.inputs.data}}', undefined],
  ['azureml://datastores/hr/paths/salaries/', 'datastore'],
  ['azureml://datastores/hr/paths/datastores/curated/x', 'datastore'],
  ['azureml://datastores/hr/paths/datastores/curated/paths/x', 'datastore'],
  [`${own}/datastores/hr/paths/x`, 'datastore'],
  ['azureml://datastores/hr/paths/salaries/?/datastores/curated/', 'foreign-data'],
  ['azureml://datastores/${{parent.inputs.store}}/paths/x', 'foreign-data'],
  ['azureml://datastores/curated/paths/../../hr/paths/x', 'foreign-data'],
  ['azureml://datastores/curated/paths/%2E%2e/x', 'foreign-data'],
  ['azureml://datastores/curated/paths/a%2f..%2fx', 'foreign-data'],
  ['azureml://datastores/curated/paths/a#x', 'foreign-data'],
  ['azureml://datastores/curated', 'foreign-data'],
  ['azureml://datastores/curated/x', 'foreign-data'],
  [`${other}/datastores/curated/paths/whence/r/`, 'foreign-data'],
  [`${other}/data/salaries/versions/1`, 'foreign-data'],
  [other.replace('://', ':/') + '/data/salaries/versions/1', 'foreign-data'],
  [`${workspaceId}x/data/salaries/versions/1`, 'foreign-data'],
  ['azureml://locations/westeurope/workspaces/guid/data/salaries/versions/1', 'foreign-data'],
  ['azureml://jobs/another/outputs/artifacts/paths/x', 'foreign-data'],
  ['AzureML://datastores/curated/paths/x', 'foreign-data'],
  ['azureml://Datastores/hr/paths/x', 'foreign-data'],
  [' azureml://datastores/hr/paths/x', 'foreign-data'],
  ['azureml://x@datastores/curated/paths/x', 'foreign-data'],
  ['azureml://registries/evil/models/m/versions/1', 'registry'],
  ['AZUREML://registries/evil/models/m/versions/1', 'foreign-data'],
  ['azureml://registries/azureml/../evil/models/m/versions/1', 'foreign-data'],
  ['https://evil.example/x', 'foreign-data'],
  ['HTTPS://evil.example/x', 'foreign-data'],
];

describe('an address is read from its beginning to its end', () => {
  const profile = { datastores: ['curated'] };
  const rules = (payload: Record<string, unknown>): readonly string[] =>
    stage(payload, profile).refused.map(({ rule }) => rule);

  test.each(addresses)('%s', (uri, rule) => {
    const expected = rule === undefined ? [] : [rule];
    expect(rules({ properties: { inputs: { x: { jobInputType: 'uri_folder', uri } } } })).toEqual(expected);
    expect(rules({ properties: { dataUri: uri } })).toEqual(expected);
    expect(rules({ properties: { modelUri: uri } })).toEqual(expected);
  });

  test.each([
    { properties: { jobs: { a: { componentId: 'AZUREML://registries/evil/components/c/versions/1' } } } },
    { properties: { jobs: { tags: { componentId: 'azureml://registries/evil/components/c/versions/1' } } } },
    {
      properties: {
        jobs: { a: { inputs: { d: { job_input_type: 'literal', value: `${other}/data/x/versions/1` } } } },
      },
    },
    { properties: { componentSpec: { inputs: { command: 'azureml://datastores/hr/paths/x' } } } },
    { properties: { inputs: { tags: { jobInputType: 'uri_folder', uri: 'azureml://datastores/hr/paths/x' } } } },
    { properties: { settings: { default_datastore: 'hr' }, jobs: {} } },
  ])('wherever it stands: %j', (payload) => {
    expect(rules(payload)).toHaveLength(1);
  });

  test('but for texts that nothing follows', () => {
    const text = 'azureml://datastores/hr/paths/x';
    expect(
      rules({
        properties: {
          command: text,
          description: text,
          displayName: text,
          environmentVariables: { A: text },
          tags: { a: text },
          settings: { default_datastore: 'curated' },
        },
      }),
    ).toEqual([]);
  });

  test('and names no workspace where none is known, as in what the command line shows', () => {
    const at = (uri: string): number =>
      applyStage({ properties: { inputs: { x: { uri } } } }, stageProfile.parse(profile)).refused.length;
    expect(at(`${own}/datastores/curated/paths/x`)).toBe(1);
    expect(at(`${workspaceId}/data/rows/versions/1`)).toBe(0);
  });
});

test('a new endpoint has the identity that a rendered one shows', () => {
  const draft = { name: 'strikes', tags: {}, properties: {}, traffic: {}, mirrorTraffic: {} };
  for (const identity of [undefined, endpointIdentity]) {
    const body = endpointBody(draft, {
      location: 'westus',
      authMode: 'AADToken',
      publicNetworkAccess: 'Disabled',
      identity,
      tags: { 'whence.owner': 'me' },
    });
    const rendered = stage(
      endpointToArm(draft, 'westus'),
      identity === undefined ? {} : { endpointIdentity: identity },
    );
    expect(body['identity']).toEqual(rendered.payload['identity']);
    expect(stage(body, identity === undefined ? {} : { endpointIdentity: identity }).overridden).toEqual([]);
  }
});

test('every rule is tested', () => {
  const tested: readonly string[] = [...overrides, ...refusals].map(([rule]) => rule);
  expect(stageRuleNames.filter((rule) => !tested.includes(rule))).toEqual([]);
});

test('what a stage allows goes through as it is', () => {
  const payload = {
    location: 'westus',
    identity: { type: 'SystemAssigned' },
    properties: {
      jobType: 'Command',
      computeId: 'cpu',
      environmentId: 'azureml://registries/azureml/environments/sklearn-1.5/versions/3',
      inputs: {
        literal: { jobInputType: 'literal', value: 'https://only.a/text' },
        asset: { jobInputType: 'uri_folder', uri: 'rows:3' },
        curated: { jobInputType: 'uri_file', uri: 'azureml://datastores/curated/paths/a.csv' },
      },
    },
  };
  expect(stage(payload, { datastores: ['curated'] })).toEqual({ payload, overridden: [], refused: [] });
});
