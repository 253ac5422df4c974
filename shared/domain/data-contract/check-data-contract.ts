import {
  dataContractYaml,
  operatorNames,
  type ColumnCheck,
  type Comparison,
  type ContractColumn,
  type DataContract,
  type DataContractYaml,
  type PropertyYaml,
  type QualityCheckYaml,
  type TableCheck,
  type ValueRule,
} from './data-contract.ts';

import { checkSchema, type LaterKeys } from '../yaml/check-schema.ts';
import { parseYaml } from '../yaml/parse-yaml.ts';
import { inReadingOrder, type PathStep, type Problem } from '../yaml/problem.ts';
import type { SourceDocument } from '../yaml/source-document.ts';

/** A contract, or everything that is wrong with it. */
export type CheckedDataContract =
  | { readonly contract: DataContract; readonly problems?: never }
  | { readonly contract?: never; readonly problems: readonly Problem[] };

/** Keys of the standard that have to be acted on, and are not in this release. */
const later: LaterKeys = {
  servers: 'where data is: Whence reads the data version',
  slaDefaultElement: 'deprecated by the standard',
  'schema.*.relationships': 'relations between objects',
  'schema.*.properties.*.relationships': 'relations between objects',
  'schema.*.properties.*.properties': 'nested columns',
  'schema.*.properties.*.items': 'nested columns',
  'schema.*.properties.*.partitioned': 'partitions',
  'schema.*.properties.*.partitionKeyPosition': 'partitions',
  'schema.*.properties.*.encryptedName': 'encrypted columns',
  'schema.*.properties.*.logicalTypeOptions.format': 'formats of values; ISO 8601 is read',
  'schema.*.properties.*.logicalTypeOptions.timezone': 'time zones; UTC is read',
  'schema.*.properties.*.logicalTypeOptions.defaultTimezone': 'time zones; UTC is read',
  'schema.*.properties.*.quality.*.query': 'SQL checks, which would run code of the contract',
  'schema.*.properties.*.quality.*.engine': 'custom checks, which would run code of the contract',
  'schema.*.properties.*.quality.*.implementation': 'custom checks, which would run code of the contract',
  'schema.*.properties.*.quality.*.schedule': 'schedules of checks: they run with every data version',
  'schema.*.properties.*.quality.*.scheduler': 'schedules of checks: they run with every data version',
  'schema.*.properties.*.quality.*.severity': 'severities: every check must hold',
  'schema.*.properties.*.quality.*.rule': 'replaced by `metric` in v3.1',
  'schema.*.quality.*.query': 'SQL checks, which would run code of the contract',
  'schema.*.quality.*.engine': 'custom checks, which would run code of the contract',
  'schema.*.quality.*.implementation': 'custom checks, which would run code of the contract',
  'schema.*.quality.*.severity': 'severities: every check must hold',
  'schema.*.quality.*.rule': 'replaced by `metric` in v3.1',
};

/**
 * Reads a data contract.
 *
 * @param file - path for the problems
 * @param bytes - the file
 */
export function checkDataContract(file: string, bytes: Uint8Array): CheckedDataContract {
  const parsed = parseYaml(file, bytes, 'core');
  if (parsed.document === undefined) return { problems: parsed.problems };
  const checked = checkSchema(dataContractYaml, parsed.document, later);
  if (checked.problems !== undefined) return { problems: checked.problems };
  const problems = contradictions(parsed.document, checked.value);
  return problems.length > 0 ? { problems: inReadingOrder(problems) } : { contract: compile(checked.value) };
}

function compile(yaml: DataContractYaml): DataContract {
  const table = yaml.schema[0];
  const freshness = yaml.slaProperties?.[0];
  return {
    id: yaml.id,
    version: yaml.version,
    columns: (table?.properties ?? []).map(compileColumn),
    checks: [...(table?.quality ?? []).flatMap(compileTableCheck), ...primaryKey(table?.properties ?? [])],
    ...(freshness === undefined
      ? {}
      : { freshness: { column: columnOf(freshness.element), maxAgeMs: freshness.value * unitMs(freshness.unit) } }),
  };
}

function compileColumn(property: PropertyYaml): ContractColumn {
  return {
    name: property.physicalName ?? property.name,
    type: property.logicalType,
    required: property.required === true || property.primaryKey === true,
    unique: property.unique === true,
    rules: valueRules(property),
    checks: (property.quality ?? []).flatMap(compileColumnCheck),
  };
}

function valueRules({ logicalTypeOptions: options = {} }: PropertyYaml): ValueRule[] {
  const rules: ValueRule[] = [];
  for (const rule of ['minLength', 'maxLength'] as const)
    if (options[rule] !== undefined) rules.push({ rule, limit: options[rule] });
  for (const rule of ['minimum', 'maximum', 'exclusiveMinimum', 'exclusiveMaximum'] as const) {
    if (options[rule] !== undefined) rules.push({ rule, limit: options[rule] });
  }
  if (options.multipleOf !== undefined) rules.push({ rule: 'multipleOf', of: options.multipleOf });
  if (options.pattern !== undefined) rules.push({ rule: 'pattern', pattern: options.pattern });
  return rules;
}

function compileColumnCheck(check: QualityCheckYaml): ColumnCheck[] {
  const must = comparison(check);
  if (must === undefined) return [];
  const { validValues, missingValues, pattern } = check.arguments ?? {};
  switch (check.metric) {
    case 'nullValues':
    case 'duplicateValues':
      return [{ metric: check.metric, must }];
    case 'missingValues':
      return [
        {
          metric: 'missingValues',
          missing: (missingValues ?? [null]).map((value) => (value === null ? null : String(value))),
          must,
        },
      ];
    case 'invalidValues':
      return [
        {
          metric: 'invalidValues',
          must,
          ...(validValues === undefined ? {} : { valid: validValues.map(String) }),
          ...(pattern === undefined ? {} : { pattern }),
        },
      ];
    case 'rowCount':
    case undefined:
      return [];
  }
}

function compileTableCheck(check: QualityCheckYaml): TableCheck[] {
  const must = comparison(check);
  if (must === undefined) return [];
  if (check.metric === 'rowCount') return [{ metric: 'rowCount', must }];
  return [{ metric: 'duplicateValues', columns: check.arguments?.properties ?? [], must }];
}

function primaryKey(properties: readonly PropertyYaml[]): TableCheck[] {
  const columns = properties.filter((one) => one.primaryKey === true).map((one) => one.physicalName ?? one.name);
  return columns.length === 0
    ? []
    : [{ metric: 'duplicateValues', columns, must: { operator: 'mustBe', operands: [0], unit: 'rows' } }];
}

function comparison(check: QualityCheckYaml): Comparison | undefined {
  const operator = operatorNames.find((name) => check[name] !== undefined);
  if (operator === undefined) return undefined;
  const operand = check[operator];
  return { operator, operands: Array.isArray(operand) ? operand : [operand as number], unit: check.unit ?? 'rows' };
}

function contradictions(document: SourceDocument, yaml: DataContractYaml): Problem[] {
  const table = yaml.schema[0];
  const names = (table?.properties ?? []).map((one) => one.physicalName ?? one.name);
  const problems: Problem[] = [];
  for (const [index, property] of (table?.properties ?? []).entries()) {
    const path = ['schema', 0, 'properties', index];
    if (names.indexOf(property.physicalName ?? property.name) < index) {
      problems.push(
        document.problem([...path, 'name'], {
          code: 'contradiction',
          message: `Column \`${property.name}\` stands here a second time.`,
          expected: 'every column once',
          fix: 'Remove one of the two.',
        }),
      );
    }
    problems.push(...boundProblems(document, property, path));
    for (const [at, check] of (property.quality ?? []).entries())
      problems.push(...checkProblems(document, check, [...path, 'quality', at], 'column', names));
  }
  for (const [at, check] of (table?.quality ?? []).entries())
    problems.push(...checkProblems(document, check, ['schema', 0, 'quality', at], 'table', names));
  for (const [at, sla] of (yaml.slaProperties ?? []).entries()) {
    if (names.includes(columnOf(sla.element))) continue;
    problems.push(
      document.problem(['slaProperties', at, 'element'], {
        code: 'wrong-value',
        message: `There is no column \`${columnOf(sla.element)}\`.`,
        expected: `one of ${names.join(', ')}`,
        fix: 'Name a column of the schema, as in `table.column`.',
      }),
    );
  }
  return problems;
}

function boundProblems(document: SourceDocument, property: PropertyYaml, path: readonly PathStep[]): Problem[] {
  const numeric = property.logicalType === 'integer' || property.logicalType === 'number';
  const temporal = property.logicalType === 'date' || property.logicalType === 'timestamp';
  const options = property.logicalTypeOptions ?? {};
  const allowed = new Set<string>([
    ...(property.logicalType === 'string' ? ['minLength', 'maxLength', 'pattern'] : []),
    ...(numeric ? ['multipleOf'] : []),
    ...(numeric || temporal ? ['minimum', 'maximum', 'exclusiveMinimum', 'exclusiveMaximum'] : []),
  ]);
  return Object.entries(options).flatMap(([name, value]) => {
    const at = [...path, 'logicalTypeOptions', name];
    if (!allowed.has(name)) {
      return [
        document.problem(
          at,
          {
            code: 'contradiction',
            message: `\`${name}\` means nothing for a column of type ${property.logicalType}.`,
            expected: allowed.size === 0 ? 'no options' : `one of ${[...allowed].join(', ')}`,
            fix: `Remove \`${name}\`.`,
          },
          'key',
        ),
      ];
    }
    if (name === 'pattern') return patternProblems(document, String(value), at);
    if (temporal && (typeof value !== 'string' || Number.isNaN(Date.parse(value)))) {
      return [
        document.problem(at, {
          code: 'wrong-value',
          message: `\`${name}\` of a ${property.logicalType} must be a date.`,
          expected: "an ISO 8601 date in quotes, as in '2024-01-31'",
          fix: 'Write the date in quotes.',
        }),
      ];
    }
    if (numeric && typeof value !== 'number') {
      return [
        document.problem(at, {
          code: 'wrong-type',
          message: `\`${name}\` of a number must be a number.`,
          expected: 'a number',
          fix: 'Write a number without quotes.',
        }),
      ];
    }
    return [];
  });
}

function checkProblems(
  document: SourceDocument,
  check: QualityCheckYaml,
  path: readonly PathStep[],
  level: 'column' | 'table',
  names: readonly string[],
): Problem[] {
  if (check.type === 'text') return [];
  const problems: Problem[] = [];
  const say = (at: readonly PathStep[], message: string, expected: string, fix: string): void => {
    problems.push(document.problem(at, { code: 'contradiction', message, expected, fix }));
  };
  const given = operatorNames.filter((name) => check[name] !== undefined);
  if (given.length !== 1)
    say(
      path,
      `A check needs exactly one operator, and this one has ${given.length}.`,
      `one of ${operatorNames.join(', ')}`,
      'Write one operator.',
    );
  const metrics =
    level === 'table'
      ? ['rowCount', 'duplicateValues']
      : ['nullValues', 'missingValues', 'invalidValues', 'duplicateValues'];
  if (check.metric === undefined || !metrics.includes(check.metric)) {
    say(
      [...path, 'metric'],
      `A check of a ${level} needs a metric.`,
      `one of ${metrics.join(', ')}`,
      'Write `metric:` with one of them.',
    );
    return problems;
  }
  const { validValues, pattern, properties } = check.arguments ?? {};
  if (check.metric === 'invalidValues' && (validValues === undefined) === (pattern === undefined)) {
    say(
      path,
      '`invalidValues` needs either `validValues` or `pattern`.',
      '`arguments: { validValues: […] }` or `arguments: { pattern: … }`',
      'Write one of the two.',
    );
  }
  if (check.metric === 'invalidValues' && pattern !== undefined)
    problems.push(...patternProblems(document, pattern, [...path, 'arguments', 'pattern']));
  if (level === 'table' && check.metric === 'duplicateValues') {
    const unknown = (properties ?? []).filter((name) => !names.includes(name));
    if (properties === undefined || unknown.length > 0)
      say(
        path,
        `\`duplicateValues\` of a table needs columns${unknown.length > 0 ? `; there is no ${unknown.join(', ')}` : ''}.`,
        `\`arguments: { properties: […] }\` with some of ${names.join(', ')}`,
        'Name the columns.',
      );
  }
  return problems;
}

/** Patterns run in DuckDB's engine (RE2), which has no look-around and no back-references; both are refused here. */
function patternProblems(document: SourceDocument, pattern: string, at: readonly PathStep[]): Problem[] {
  const tooClever = /\(\?[=!<]|\\[1-9]/.test(pattern);
  if (!tooClever && isRegExp(pattern)) return [];
  return [
    document.problem(at, {
      code: 'wrong-value',
      message: `\`${pattern}\` is not a pattern that can be checked.`,
      expected: 'a regular expression without look-around and back-references',
      fix: 'Write a simpler pattern.',
    }),
  ];
}

function isRegExp(pattern: string): boolean {
  try {
    return new RegExp(pattern, 'u').source !== '';
  } catch {
    return false;
  }
}

function columnOf(element: string): string {
  return element.slice(element.indexOf('.') + 1);
}

function unitMs(unit: string): number {
  const day = 86_400_000;
  if (unit.startsWith('h')) return day / 24;
  return unit.startsWith('d') ? day : 365 * day;
}
