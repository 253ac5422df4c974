/** The signature of an MLflow model: what goes in and what comes out. */
import { z } from 'zod';

/** Types of columns that are one value. @source mlflow, `mlflow.types.DataType` */
export const scalarTypes = ['boolean', 'integer', 'long', 'float', 'double', 'string', 'binary', 'datetime'] as const;
/** One of {@link scalarTypes}. */
export type ScalarType = (typeof scalarTypes)[number];

/** Types of columns that are made of others; they are kept and not looked into. @source mlflow, `mlflow.types.schema` */
const compoundTypes = ['array', 'object', 'map', 'any', 'sparkml_vector'] as const;

/** A column or a tensor. */
export const signatureColumn = z.union([
  z.looseObject({
    type: z.literal('tensor'),
    name: z.string().optional(),
    'tensor-spec': z.strictObject({
      /** Name of a numpy type. */
      dtype: z.string(),
      /** Sizes of the axes; -1: any. */
      shape: z.array(z.int().min(-1)),
    }),
  }),
  z.looseObject({
    type: z.enum([...scalarTypes, ...compoundTypes]),
    name: z.string().optional(),
    /** Missing: required. */
    required: z.boolean().optional(),
    /** What older versions of MLflow wrote instead of `required`. */
    optional: z.boolean().optional(),
  }),
]);
/** See {@link signatureColumn}. */
export type SignatureColumn = z.output<typeof signatureColumn>;

/** What goes in and what comes out; undefined where the model does not say. */
export interface ModelSignature {
  readonly inputs: readonly SignatureColumn[] | undefined;
  readonly outputs: readonly SignatureColumn[] | undefined;
}

/** A named column of one value each. */
export interface NamedColumn {
  readonly name: string;
  readonly type: ScalarType;
  readonly isRequired: boolean;
}

/** @returns the columns that have a name and hold one value each */
export function namedColumns(columns: readonly SignatureColumn[]): readonly NamedColumn[] {
  return columns.flatMap((column) => {
    const type = scalarTypes.find((known) => known === column.type);
    if (type === undefined || column.name === undefined || column.type === 'tensor') return [];
    return [{ name: column.name, type, isRequired: column.required ?? column.optional !== true }];
  });
}
