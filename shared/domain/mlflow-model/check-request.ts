/** Whether a scoring request holds what a model takes. */
import { isRecord } from '../is-record.ts';

import { namedColumns, type NamedColumn, type ScalarType, type SignatureColumn } from './signature.ts';

/** Sentences of one request at most. */
const MOST = 20;

type Row = Readonly<Record<string, unknown>>;

/**
 * @returns what does not agree, a sentence each; undefined where the request has none of the forms in which MLflow models
 *   are asked, so that only the scoring program can tell
 */
export function checkRequest(inputs: readonly SignatureColumn[], request: unknown): readonly string[] | undefined {
  const tensors = inputs.filter((column) => column.type === 'tensor');
  if (tensors.length > 0) return tensors.length === 1 && inputs.length === 1 ? checkTensor(inputs, request) : undefined;
  const rows = rowsOf(request);
  if (rows === undefined) return undefined;
  const columns = namedColumns(inputs);
  if (rows.length === 0) return ['The request has no rows.'];
  return rows.flatMap((row, index) => columns.flatMap((column) => checkValue(column, row, index))).slice(0, MOST);
}

function checkValue({ name, type, isRequired }: NamedColumn, row: Row, index: number): readonly string[] {
  const value = row[name];
  if (value === undefined)
    return isRequired ? [`Row ${index + 1} has no "${name}", which the model needs (${type}).`] : [];
  if (value === null || fits[type](value)) return [];
  return [`Row ${index + 1}: "${name}" is ${JSON.stringify(value)?.slice(0, 60)}, and the model takes ${type}.`];
}

const isNumber = (value: unknown): boolean => typeof value === 'number';
const isText = (value: unknown): boolean => typeof value === 'string';

/** @source mlflow, "Model Signatures: Signature Enforcement": JSON numbers without a fraction become integers */
const fits: Readonly<Record<ScalarType, (value: unknown) => boolean>> = {
  boolean: (value) => typeof value === 'boolean',
  integer: (value) => Number.isInteger(value) && Math.abs(Number(value)) < 2 ** 31,
  long: (value) => Number.isInteger(value),
  float: isNumber,
  double: isNumber,
  string: isText,
  binary: isText,
  datetime: (value) => isText(value) && !Number.isNaN(Date.parse(String(value))),
};

/**
 * @source Azure ML, "Deploy MLflow models to online endpoints": `input_data`; mlflow, "pyfunc scoring server":
 *   `dataframe_split`, `dataframe_records`, `instances`, `inputs`
 */
function rowsOf(request: unknown): readonly Row[] | undefined {
  if (!isRecord(request)) return undefined;
  const { input_data: azure, dataframe_split: split, dataframe_records: records, instances, inputs } = request;
  const table = isRecord(azure) && 'columns' in azure ? azure : split;
  if (isRecord(table)) return ofTable(table);
  for (const list of [azure, records, instances]) if (Array.isArray(list) && list.every(isRecord)) return list;
  return isRecord(inputs) ? ofColumns(inputs) : undefined;
}

function ofTable({ columns, data }: Row): readonly Row[] | undefined {
  if (!Array.isArray(columns) || !Array.isArray(data)) return undefined;
  return data.map((row: unknown) =>
    Object.fromEntries(
      columns.flatMap((name: unknown, at) => {
        const value: unknown = Array.isArray(row) ? row[at] : undefined;
        return value === undefined ? [] : [[String(name), value]];
      }),
    ),
  );
}

function ofColumns(inputs: Row): readonly Row[] | undefined {
  const columns = Object.entries(inputs);
  if (!columns.every(([, values]) => Array.isArray(values))) return undefined;
  const length = Math.max(0, ...columns.map(([, values]) => (values as unknown[]).length));
  return Array.from({ length }, (_, at) =>
    Object.fromEntries(columns.map(([name, values]) => [name, (values as unknown[])[at]])),
  );
}

function checkTensor([tensor]: readonly SignatureColumn[], request: unknown): readonly string[] | undefined {
  if (tensor?.type !== 'tensor' || !isRecord(request)) return undefined;
  const value = request['input_data'] ?? request['inputs'] ?? request['instances'];
  if (!Array.isArray(value)) return undefined;
  const { shape } = tensor['tensor-spec'];
  const found = shapeOf(value);
  const agrees = found.length === shape.length && shape.every((size, axis) => size === -1 || size === found[axis]);
  return agrees ? [] : [`The request has the shape [${found.join(', ')}], and the model takes [${shape.join(', ')}].`];
}

/** Sizes of the axes, by the first element of each. */
function shapeOf(value: unknown): readonly number[] {
  return Array.isArray(value) ? [value.length, ...shapeOf(value[0])] : [];
}
