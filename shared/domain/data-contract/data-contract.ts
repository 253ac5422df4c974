import { z } from 'zod';

/**
 * A data contract in the Open Data Contract Standard, as far as this release honours it. Keys that only describe are
 * taken; keys that would have to be acted on and are not are refused.
 *
 * @source bitol-io/open-data-contract-standard, JSON Schema v3.1.0 (v3.0.x differ in `rule` instead of `metric`)
 */

const describing = {
  id: z.string().optional(),
  description: z.unknown().optional(),
  businessName: z.string().optional(),
  tags: z.array(z.string()).optional(),
  authoritativeDefinitions: z.unknown().optional(),
  customProperties: z.unknown().optional(),
};

const number = z.number();

/** The operators of a quality check. Exactly one stands in a check. */
const operators = {
  mustBe: number.optional(),
  mustNotBe: number.optional(),
  mustBeGreaterThan: number.optional(),
  mustBeGreaterOrEqualTo: number.optional(),
  mustBeLessThan: number.optional(),
  mustBeLessOrEqualTo: number.optional(),
  mustBeBetween: z.tuple([number, number]).optional(),
  mustNotBeBetween: z.tuple([number, number]).optional(),
};
/** Names of the operators. */
export const operatorNames = Object.keys(operators) as readonly (keyof typeof operators)[];

const check = z.strictObject({
  ...describing,
  name: z.string().optional(),
  dimension: z
    .enum(['accuracy', 'completeness', 'conformity', 'consistency', 'coverage', 'timeliness', 'uniqueness'])
    .optional(),
  businessImpact: z.string().optional(),
  type: z
    .enum(['library', 'text'], {
      error: 'library or text: `sql` and `custom` checks would run code of the contract and are refused',
    })
    .optional(),
  metric: z.enum(['nullValues', 'missingValues', 'invalidValues', 'duplicateValues', 'rowCount']).optional(),
  arguments: z
    .strictObject({
      validValues: z
        .array(z.union([z.string(), number, z.boolean()]))
        .min(1)
        .optional(),
      missingValues: z
        .array(z.union([z.string(), number, z.null()]))
        .min(1)
        .optional(),
      pattern: z.string().max(1_000).optional(),
      properties: z.array(z.string()).min(1).optional(),
    })
    .optional(),
  unit: z.enum(['rows', 'percent']).optional(),
  ...operators,
});
/** A quality check as written. */
export type QualityCheckYaml = z.output<typeof check>;

const bound = z.union([number, z.string()]);

const property = z.strictObject({
  ...describing,
  name: z.string().min(1).max(200),
  physicalName: z.string().min(1).max(200).optional(),
  physicalType: z.string().optional(),
  logicalType: z.enum(['string', 'integer', 'number', 'boolean', 'date', 'timestamp'], {
    error: 'one of string, integer, number, boolean, date, timestamp (this release reads flat columns)',
  }),
  logicalTypeOptions: z
    .strictObject({
      minLength: z.int().nonnegative().optional(),
      maxLength: z.int().nonnegative().optional(),
      pattern: z.string().max(1_000).optional(),
      minimum: bound.optional(),
      maximum: bound.optional(),
      exclusiveMinimum: bound.optional(),
      exclusiveMaximum: bound.optional(),
      multipleOf: number.positive().optional(),
    })
    .optional(),
  required: z.boolean().optional(),
  unique: z.boolean().optional(),
  primaryKey: z.boolean().optional(),
  primaryKeyPosition: z.int().optional(),
  classification: z.string().optional(),
  criticalDataElement: z.boolean().optional(),
  transformDescription: z.string().optional(),
  examples: z.array(z.unknown()).optional(),
  quality: z.array(check).optional(),
});
/** A column as written. */
export type PropertyYaml = z.output<typeof property>;

/** The file `contract.yaml`. */
export const dataContractYaml = z.strictObject({
  ...describing,
  apiVersion: z.string().regex(/^v3\.[01]\.\d+$/, 'v3.0.x or v3.1.x of the Open Data Contract Standard'),
  kind: z.literal('DataContract'),
  id: z.string().min(1),
  version: z.string().min(1),
  status: z.string().min(1),
  name: z.string().optional(),
  domain: z.string().optional(),
  dataProduct: z.string().optional(),
  tenant: z.string().optional(),
  contractCreatedTs: z.string().optional(),
  team: z.unknown().optional(),
  roles: z.unknown().optional(),
  support: z.unknown().optional(),
  price: z.unknown().optional(),
  schema: z
    .array(
      z.strictObject({
        ...describing,
        name: z.string().min(1),
        physicalName: z.string().optional(),
        physicalType: z.string().optional(),
        logicalType: z.literal('object').optional(),
        dataGranularityDescription: z.string().optional(),
        properties: z.array(property).min(1),
        quality: z.array(check).optional(),
      }),
    )
    .length(1, { error: 'one object: a data version is one table' }),
  slaProperties: z
    .array(
      z.strictObject({
        id: z.string().optional(),
        description: z.string().optional(),
        property: z.literal('freshness', { error: '`freshness`: the only service level that this release checks' }),
        value: z.number().positive(),
        unit: z.enum(['h', 'hour', 'hours', 'd', 'day', 'days', 'y', 'yr', 'years']),
        element: z.string().min(1),
        driver: z.string().optional(),
      }),
    )
    .optional(),
});
/** See {@link dataContractYaml}. */
export type DataContractYaml = z.output<typeof dataContractYaml>;

/** Types of columns. */
export type ColumnType = PropertyYaml['logicalType'];

/** A comparison of a count or a percentage with what must hold. */
export interface Comparison {
  readonly operator: (typeof operatorNames)[number];
  readonly operands: readonly number[];
  readonly unit: 'rows' | 'percent';
}

/** A rule that every value of a column must meet. */
export type ValueRule =
  | { readonly rule: 'minLength' | 'maxLength'; readonly limit: number }
  | { readonly rule: 'minimum' | 'maximum' | 'exclusiveMinimum' | 'exclusiveMaximum'; readonly limit: number | string }
  | { readonly rule: 'multipleOf'; readonly of: number }
  | { readonly rule: 'pattern'; readonly pattern: string };

/** A count over a column that must meet a comparison. */
export type ColumnCheck =
  | { readonly metric: 'nullValues'; readonly must: Comparison }
  | { readonly metric: 'missingValues'; readonly missing: readonly (string | null)[]; readonly must: Comparison }
  | {
      readonly metric: 'invalidValues';
      readonly valid?: readonly string[];
      readonly pattern?: string;
      readonly must: Comparison;
    }
  | { readonly metric: 'duplicateValues'; readonly must: Comparison };

/** A column of the contract. */
export interface ContractColumn {
  /** Name in the data. */
  readonly name: string;
  readonly type: ColumnType;
  readonly required: boolean;
  readonly unique: boolean;
  readonly rules: readonly ValueRule[];
  readonly checks: readonly ColumnCheck[];
}

/** A check over all rows of the data version. */
export type TableCheck =
  | { readonly metric: 'rowCount'; readonly must: Comparison }
  | { readonly metric: 'duplicateValues'; readonly columns: readonly string[]; readonly must: Comparison };

/** A contract, compiled: what is checked, and nothing else. */
export interface DataContract {
  readonly id: string;
  readonly version: string;
  readonly columns: readonly ContractColumn[];
  readonly checks: readonly TableCheck[];
  /** The newest value of the column is at most so old when the data version is sealed. */
  readonly freshness?: { readonly column: string; readonly maxAgeMs: number };
}
