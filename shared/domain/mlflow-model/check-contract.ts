/** Whether what a model takes is what the data contract says the data has. */
import type { ColumnType, ContractColumn } from '../data-contract/data-contract.ts';
import { nearestWord } from '../yaml/nearest-word.ts';

import { namedColumns, type ScalarType, type SignatureColumn } from './signature.ts';

/**
 * Types of a signature that a column of the contract may become when a program reads it.
 *
 * @source mlflow, `mlflow.types.DataType` and `infer_signature`: pandas reads integers with missing values as doubles,
 *   and dates as texts unless it is told otherwise
 */
const becomes: Readonly<Record<ColumnType, readonly ScalarType[]>> = {
  string: ['string'],
  integer: ['integer', 'long', 'float', 'double'],
  number: ['float', 'double'],
  boolean: ['boolean'],
  date: ['datetime', 'string'],
  timestamp: ['datetime', 'string'],
};

/**
 * @param derived - names of columns that the pipeline says it makes of others
 * @returns what does not agree, a sentence each; models of unnamed columns or tensors have nothing to compare
 */
export function checkAgainstContract(
  inputs: readonly SignatureColumn[],
  columns: readonly ContractColumn[],
  derived: readonly string[],
): readonly string[] {
  const known = new Map(columns.map((column) => [column.name, column]));
  return namedColumns(inputs).flatMap(({ name, type }) => {
    if (derived.includes(name)) return [];
    const column = known.get(name);
    if (column === undefined) {
      const nearest = nearestWord(name, [...known.keys()]);
      const meant = nearest === undefined ? '' : ` (the nearest is "${nearest}")`;
      return [
        `The model takes a column "${name}", which the data contract does not have${meant}; name it under register.derivedInputs if the pipeline makes it of others.`,
      ];
    }
    if (becomes[column.type].includes(type)) return [];
    return [
      `The model takes "${name}" as ${type}; the data contract says ${column.type}, which is read as ${becomes[column.type].join(' or ')}.`,
    ];
  });
}
