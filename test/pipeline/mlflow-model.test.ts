/** What an MLflow model says of itself, read and compared. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';

import { checkAgainstContract } from '#shared/domain/mlflow-model/check-contract.ts';
import { checkRequest } from '#shared/domain/mlflow-model/check-request.ts';
import { readMlmodel } from '#shared/domain/mlflow-model/mlmodel.ts';
import type { SignatureColumn } from '#shared/domain/mlflow-model/signature.ts';

import { mlmodel } from '../end-to-end/mlmodel.ts';

const read = (text: string) => readMlmodel('MLmodel', Buffer.from(text));

describe('an MLmodel', () => {
  test('is read with flavours, signature and input example; what is null is left out', () => {
    expect(read(mlmodel({ a: 'double' })).model).toEqual({
      flavors: {
        python_function: {
          env: '{"conda":"conda.yaml","virtualenv":"python_env.yaml"}',
          loader_module: 'mlflow.sklearn',
          model_path: 'model.pkl',
          predict_fn: 'predict',
          python_version: '3.11.2',
        },
        sklearn: { pickled_model: 'model.pkl', serialization_format: 'cloudpickle', sklearn_version: '1.2.1' },
      },
      mlflowVersion: '2.14.1',
      modelUuid: '0b4b3b0f3a4f4f6c8f0c9d3b7e1a2c5d',
      mlflowRunId: '6d4c2f3a1b0e4d5c9a8b7c6d5e4f3a2b',
      signature: {
        inputs: [{ type: 'double', name: 'a', required: true }],
        outputs: [{ type: 'tensor', 'tensor-spec': { dtype: 'int64', shape: [-1] } }],
      },
      inputExample: { path: 'input_example.json', type: 'dataframe' },
    });
  });

  test.each([
    ['no flavours', 'flavors: {}\n', 'MLmodel:1:10'],
    ['a signature that is no JSON', 'flavors: { f: {} }\nsignature:\n  inputs: nonsense\n', 'MLmodel:3:11'],
    ['a type that is none', 'flavors: { f: {} }\nsignature:\n  inputs: \'[{"type": "double64"}]\'\n', 'MLmodel:3:11'],
    ['something else', '- a list\n', 'MLmodel:1:1'],
  ])('with %s is refused where it says so', (_what, text, place) => {
    const [problem] = read(text).problems ?? [];
    expect(`${problem?.file}:${problem?.line}:${problem?.column}`).toBe(place);
  });

  test('of any bytes never throws', () => {
    fc.assert(fc.property(fc.string(), (text) => void read(text)));
    fc.assert(
      fc.property(fc.jsonValue(), (value) => void read(JSON.stringify({ flavors: { f: {} }, signature: value }))),
    );
  });
});

describe('a signature and the data contract', () => {
  const column = (name: string, type: 'string' | 'integer' | 'number' | 'boolean' | 'date' | 'timestamp') => ({
    name,
    type,
    required: true,
    unique: false,
    rules: [],
    checks: [],
  });
  const columns = [
    column('species', 'string'),
    column('count', 'integer'),
    column('mass', 'number'),
    column('adult', 'boolean'),
    column('seen', 'date'),
  ];
  const check = (name: string, type: string, derived: readonly string[] = []) =>
    checkAgainstContract([{ name, type } as SignatureColumn], columns, derived);

  test.each([
    ['species', 'string'],
    ['count', 'long'],
    ['count', 'double'],
    ['mass', 'float'],
    ['adult', 'boolean'],
    ['seen', 'datetime'],
    ['seen', 'string'],
  ])('agree where %s is %s', (name, type) => expect(check(name, type)).toEqual([]));

  test.each([
    ['species', 'double'],
    ['mass', 'long'],
    ['adult', 'string'],
    ['count', 'string'],
  ])('disagree where %s is %s', (name, type) => expect(check(name, type)).toHaveLength(1));

  test('disagree on a column that is not there, unless the pipeline makes it', () => {
    expect(check('massKg', 'double')[0]).toMatch(/does not have/);
    expect(check('massKg', 'double', ['massKg'])).toEqual([]);
  });

  test('have nothing to compare where the inputs have no names', () => {
    const tensor: SignatureColumn = { type: 'tensor', 'tensor-spec': { dtype: 'float64', shape: [-1, 4] } };
    expect(checkAgainstContract([tensor, { type: 'double' }], columns, [])).toEqual([]);
  });
});

describe('a scoring request and the signature', () => {
  const inputs = [
    { name: 'a', type: 'double' },
    { name: 'n', type: 'integer' },
    { name: 't', type: 'string', required: false },
  ] as SignatureColumn[];

  test.each([
    ['input_data as a table', { input_data: { columns: ['a', 'n', 't'], index: [0], data: [[1.5, 2, 'x']] } }],
    ['input_data as records', { input_data: [{ a: 1, n: 2 }] }],
    ['dataframe_split', { dataframe_split: { columns: ['n', 'a'], data: [[1, 1]] } }],
    ['dataframe_records', { dataframe_records: [{ a: 1, n: 2, t: null }] }],
    ['instances', { instances: [{ a: 1, n: 2 }] }],
    ['inputs by column', { inputs: { a: [1, 2], n: [3, 4] } }],
  ])('agree in the form %s', (_form, request) => expect(checkRequest(inputs, request)).toEqual([]));

  test.each([
    ['a column is missing', { dataframe_records: [{ a: 1 }] }, /Row 1 has no "n"/],
    ['a whole number has a fraction', { dataframe_records: [{ a: 1, n: 2.5 }] }, /"n" is 2\.5/],
    ['a number is a text', { dataframe_records: [{ a: '1', n: 2 }] }, /"a" is "1"/],
    ['there are no rows', { dataframe_records: [] }, /no rows/],
    ['a row is short', { dataframe_split: { columns: ['a', 'n'], data: [[1]] } }, /no "n"/],
  ])('disagree where %s', (_what, request, message) =>
    expect(checkRequest(inputs, request)?.join(' ')).toMatch(message),
  );

  test('cannot be compared where only the scoring program knows the form', () => {
    expect(checkRequest(inputs, { rows: [] })).toBeUndefined();
    expect(checkRequest(inputs, 'text')).toBeUndefined();
  });

  test('of tensors agree by shape', () => {
    const tensor: SignatureColumn[] = [{ type: 'tensor', 'tensor-spec': { dtype: 'float32', shape: [-1, 2] } }];
    expect(checkRequest(tensor, { input_data: [[1, 2]] })).toEqual([]);
    expect(checkRequest(tensor, { input_data: [[1, 2, 3]] })).toEqual([
      'The request has the shape [1, 3], and the model takes [-1, 2].',
    ]);
  });

  test('of any kind never throw', () => {
    fc.assert(fc.property(fc.jsonValue(), (request) => void checkRequest(inputs, request)));
  });
});
