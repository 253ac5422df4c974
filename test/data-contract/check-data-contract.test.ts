import { expect, test } from 'vitest';

import { checkDataContract } from '#shared/domain/data-contract/check-data-contract.ts';

import { head } from './inspect.ts';

function problems(yaml: string): string[] {
  return (checkDataContract('contract.yaml', Buffer.from(yaml)).problems ?? []).map(
    (one) => `${one.line}:${one.column} ${one.code} ${one.path}`,
  );
}

test('a contract without mistakes is compiled', () => {
  const checked = checkDataContract(
    'contract.yaml',
    Buffer.from(`${head}    properties:\n      - { name: id, logicalType: integer, primaryKey: true }\n`),
  );
  expect(checked.contract).toMatchObject({
    id: 'test',
    columns: [{ name: 'id', required: true }],
    checks: [{ metric: 'duplicateValues', columns: ['id'] }],
  });
});

test.each([
  [
    'SQL checks are refused by name',
    `      - { name: id, logicalType: integer, quality: [ { type: sql, query: 'SELECT 1', mustBe: 1 } ] }`,
    [
      '9:62 wrong-value schema[0].properties[0].quality[0].type',
      '9:67 comes-later schema[0].properties[0].quality[0].query',
    ],
  ],
  [
    'custom checks are refused by name',
    `      - { name: id, logicalType: integer, quality: [ { engine: soda, implementation: x, mustBe: 1 } ] }`,
    [
      '9:56 comes-later schema[0].properties[0].quality[0].engine',
      '9:70 comes-later schema[0].properties[0].quality[0].implementation',
    ],
  ],
  [
    'a check needs one operator',
    `      - { name: id, logicalType: integer, quality: [ { metric: nullValues } ] }`,
    ['9:54 contradiction schema[0].properties[0].quality[0]'],
  ],
  [
    'misspelt keys are told',
    `      - { name: id, logicalType: integer, requird: true }`,
    ['9:43 unknown-key schema[0].properties[0].requird'],
  ],
  [
    'options must fit the type',
    `      - { name: id, logicalType: boolean, logicalTypeOptions: { minimum: 1 } }`,
    ['9:65 contradiction schema[0].properties[0].logicalTypeOptions.minimum'],
  ],
  [
    'patterns without an engine are refused',
    `      - { name: id, logicalType: string, logicalTypeOptions: { pattern: '(?=x)' } }`,
    ['9:73 wrong-value schema[0].properties[0].logicalTypeOptions.pattern'],
  ],
  [
    'columns stand once',
    `      - { name: id, logicalType: string }\n      - { name: id, logicalType: string }`,
    ['10:17 contradiction schema[0].properties[1].name'],
  ],
])('%s', (_name, properties, expected) => {
  expect(problems(`${head}    properties:\n${properties}\n`)).toEqual(expected);
});
