import { z } from 'zod';

import { storedObject } from './records/stored-object.ts';

/** One way in which data breaks its contract. Counts are exact; samples are the first few. */
export const finding = storedObject({
  /** Rule of the contract, or of the format: `required`, `type`, `maximum`, `missing-column`, `malformed-row`, … */
  rule: z.string(),
  /** Path of the blob; absent: the data version as a whole. */
  file: z.string().optional(),
  column: z.string().optional(),
  /** One sentence for people. */
  message: z.string(),
  /** Values or rows that break the rule. */
  count: z.int().nonnegative(),
  /** Values or rows that were looked at. */
  total: z.int().nonnegative(),
  samples: z.array(storedObject({ row: z.int().positive(), value: z.string().nullable() })),
});
/** See {@link finding}. `row` counts records from 1, without a header. */
export type Finding = z.output<typeof finding>;

/** What one column holds, exactly. */
export const columnProfile = storedObject({
  name: z.string(),
  type: z.string(),
  nulls: z.int().nonnegative(),
  distinct: z.int().nonnegative(),
  minimum: z.string().nullable(),
  maximum: z.string().nullable(),
  mean: z.number().nullable(),
  /** Discrete quantiles of numbers: probability → value. */
  quantiles: z.record(z.string(), z.number()),
  /** Most frequent values, ties in order of the value. */
  top: z.array(storedObject({ value: z.string(), count: z.int().positive() })),
});

/** What a data version holds, exactly. */
export const dataProfile = storedObject({
  schemaVersion: z.literal(1),
  rows: z.int().nonnegative(),
  files: z.array(storedObject({ path: z.string(), rows: z.int().nonnegative() })),
  columns: z.array(columnProfile),
});
/** See {@link dataProfile}. */
export type DataProfile = z.output<typeof dataProfile>;

/** What was found in a data version; stored beside it. */
export const dataInspection = storedObject({
  schemaVersion: z.literal(1),
  contractId: z.string(),
  contractVersion: z.string(),
  findings: z.array(finding),
  profile: dataProfile,
});
/** See {@link dataInspection}. */
export type DataInspection = z.output<typeof dataInspection>;
