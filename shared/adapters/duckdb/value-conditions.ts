import type { DuckDBValue } from '@duckdb/node-api';

import type { ContractColumn, ValueRule } from '#shared/domain/data-contract/data-contract.ts';

/** A condition that a value breaks: SQL over the text `c<n>`, with numbered parameters from `$1`. */
export interface Violation {
  readonly rule: string;
  readonly sql: string;
  readonly values: readonly DuckDBValue[];
  /** Ends the sentence "n of m values …". */
  readonly words: string;
}

/** SQL types in which values are compared. */
const sqlTypes = {
  string: 'VARCHAR',
  integer: 'HUGEINT',
  number: 'DOUBLE',
  boolean: 'BOOLEAN',
  date: 'DATE',
  timestamp: 'TIMESTAMP',
} as const;

/** The text of a value of each type. Dates are ISO 8601; `TRY_CAST` alone would round 1.5 and accept 2020-1-1. */
const forms: Readonly<Record<ContractColumn['type'], string | undefined>> = {
  string: undefined,
  integer: String.raw`[+-]?\d{1,38}`,
  number: String.raw`[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?`,
  boolean: '(?i)true|false',
  date: String.raw`\d{4}-\d{2}-\d{2}`,
  timestamp: String.raw`\d{4}-\d{2}-\d{2}[T ]\d{2}:\d{2}(:\d{2}(\.\d{1,9})?)?(Z|[+-]\d{2}(:?\d{2})?)?`,
};

/** @returns SQL of the value in the column's type; null where it has another form */
export function typed(column: ContractColumn, at: number): string {
  const form = forms[column.type];
  const text = form === undefined ? `c${at}` : `CASE WHEN regexp_full_match(c${at}, '${form}') THEN c${at} END`;
  return `TRY_CAST(${text} AS ${sqlTypes[column.type]})`;
}

/** @returns every way in which a value of the column can break the contract by itself */
export function violations(column: ContractColumn, at: number): Violation[] {
  const text = `c${at}`;
  const found: Violation[] = [];
  if (column.required) found.push({ rule: 'required', sql: `${text} IS NULL`, values: [], words: 'are empty' });
  found.push(typeViolation(column, at));
  for (const rule of column.rules) found.push(ruleViolation(column, at, rule));
  return found;
}

function typeViolation(column: ContractColumn, at: number): Violation {
  return {
    rule: 'type',
    sql: `c${at} IS NOT NULL AND (NOT k${at} OR ${typed(column, at)} IS NULL)`,
    values: [],
    words: `are not of type ${column.type}`,
  };
}

function ruleViolation(column: ContractColumn, at: number, rule: ValueRule): Violation {
  const value = typed(column, at);
  switch (rule.rule) {
    case 'minLength':
      return {
        rule: rule.rule,
        sql: `length(c${at}) < $1`,
        values: [rule.limit],
        words: `are shorter than ${rule.limit} characters`,
      };
    case 'maxLength':
      return {
        rule: rule.rule,
        sql: `length(c${at}) > $1`,
        values: [rule.limit],
        words: `are longer than ${rule.limit} characters`,
      };
    case 'pattern':
      return {
        rule: rule.rule,
        sql: `c${at} IS NOT NULL AND NOT regexp_matches(c${at}, $1)`,
        values: [rule.pattern],
        words: `do not match ${rule.pattern}`,
      };
    case 'multipleOf':
      return {
        rule: rule.rule,
        sql: `abs(${value} / $1 - round(${value} / $1)) > 1e-9`,
        values: [rule.of],
        words: `are no multiples of ${rule.of}`,
      };
    case 'minimum':
    case 'maximum':
    case 'exclusiveMinimum':
    case 'exclusiveMaximum': {
      const { broken, words } = bounds[rule.rule];
      const limit = `CAST($1 AS ${column.type === 'integer' ? 'DOUBLE' : sqlTypes[column.type]})`;
      return {
        rule: rule.rule,
        sql: `${value} ${broken} ${limit}`,
        values: [rule.limit],
        words: `are ${words} ${rule.limit}`,
      };
    }
  }
}

const bounds = {
  minimum: { broken: '<', words: 'below' },
  maximum: { broken: '>', words: 'above' },
  exclusiveMinimum: { broken: '<=', words: 'not above' },
  exclusiveMaximum: { broken: '>=', words: 'not below' },
} as const;
