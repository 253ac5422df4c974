/**
 * MLflow's language of searches: comparisons joined by AND, and an order.
 *
 * @source mlflow `utils/search_utils.py`, `SearchUtils`
 */
import { invalidValue } from './mlflow-error.ts';
import type { Metric, Run } from './tracking-store.ts';

/** A run with what is searched. */
export interface SearchedRun {
  readonly run: Run;
  readonly metrics: readonly Metric[];
  readonly params: readonly { readonly key: string; readonly value: string }[];
  readonly tags: readonly { readonly key: string; readonly value: string }[];
}

type Kind = 'metric' | 'parameter' | 'tag' | 'attribute';

interface Field {
  readonly kind: Kind;
  readonly key: string;
}

const kinds: Readonly<Record<string, Kind>> = {
  metric: 'metric',
  metrics: 'metric',
  parameter: 'parameter',
  parameters: 'parameter',
  param: 'parameter',
  params: 'parameter',
  tag: 'tag',
  tags: 'tag',
  attribute: 'attribute',
  attributes: 'attribute',
  attr: 'attribute',
  run: 'attribute',
};

const numericAttributes = ['start_time', 'end_time', 'created'];
const textAttributes = ['run_id', 'run_name', 'status', 'artifact_uri', 'user_id'];

const TOKEN =
  /\s*(?:(?<operator><=|>=|!=|=|<|>|NOT\s+IN\b|IN\b|I?LIKE\b)|(?<word>(?:[A-Za-z_][\w]*\.)?(?:`[^`]*`|"[^"]*"(?=\s*(?:[<>=!]|I?LIKE|IN|NOT))|[A-Za-z_][\w.\-/ ]*?(?=\s*(?:[<>=!]|\bI?LIKE\b|\bIN\b|\bNOT\b|$))))|(?<text>'[^']*'|"[^"]*")|(?<number>[-+]?(?:\d+\.?\d*|\.\d+)(?:e[-+]?\d+)?)|(?<list>\([^)]*\)))/iy;

type Token = Readonly<Record<'word' | 'operator' | 'text' | 'number' | 'list', string | undefined>>;

/**
 * @param filter - as in `metrics.rmse < 1 and tags.stage = 'final'`
 * @returns whether a run matches
 * @throws {MlflowError} it is no such filter
 */
export function runFilter(filter: string): (run: SearchedRun) => boolean {
  if (filter.trim() === '') return () => true;
  const tests = splitAnd(filter).map(comparison);
  return (run) => tests.every((matches) => matches(run));
}

/** Splits at AND outside of quotes. */
function splitAnd(filter: string): string[] {
  const parts = [''];
  for (const [piece] of filter.matchAll(/'[^']*'|"[^"]*"|`[^`]*`|\band\b|[^'"`]/gi)) {
    if (/^and$/i.test(piece)) parts.push('');
    else parts[parts.length - 1] += piece;
  }
  return parts;
}

function comparison(text: string): (run: SearchedRun) => boolean {
  const tokens = tokensOf(text);
  const [field, operator, value, more] = tokens;
  if (field?.word === undefined || operator?.operator === undefined || value === undefined || more !== undefined)
    throw invalidValue(`Invalid clause(s) in filter string: '${text.trim()}'. Expected <field> <operator> <value>.`);
  const told = operator.operator.toUpperCase().replace(/\s+/g, ' ');
  return test(fieldOf(field.word), told, value, text.trim());
}

function tokensOf(text: string): Token[] {
  const tokens: Token[] = [];
  TOKEN.lastIndex = 0;
  while (TOKEN.lastIndex < text.length && text.slice(TOKEN.lastIndex).trim() !== '') {
    const found = TOKEN.exec(text);
    if (found?.groups === undefined) throw invalidValue(`Invalid clause(s) in filter string: '${text.trim()}'.`);
    tokens.push(found.groups as Token);
  }
  return tokens;
}

function fieldOf(word: string): Field {
  const [first = '', ...rest] = word.trim().split('.');
  const told = rest.length === 0 ? 'attribute' : first;
  const kind = Object.hasOwn(kinds, told) ? kinds[told] : undefined;
  if (kind === undefined)
    throw invalidValue(`Invalid entity type '${told}'. Valid values are metric, parameter, tag, attribute.`);
  const key = (rest.length === 0 ? first : rest.join('.')).replace(/^[`"'](.*)[`"']$/, '$1');
  const attribute =
    (
      {
        created: 'start_time',
        Created: 'start_time',
        'Run name': 'run_name',
        'run name': 'run_name',
        'Run Name': 'run_name',
      } as Record<string, string>
    )[key] ?? key;
  if (kind === 'attribute' && ![...numericAttributes, ...textAttributes].includes(attribute))
    throw invalidValue(
      `Invalid attribute key '${key}' specified. Valid keys are ${[...textAttributes, ...numericAttributes].join(', ')}.`,
    );
  return { kind, key: kind === 'attribute' ? attribute : key };
}

function test(field: Field, operator: string, value: Token, clause: string): (run: SearchedRun) => boolean {
  const isNumeric = field.kind === 'metric' || (field.kind === 'attribute' && numericAttributes.includes(field.key));
  if (isNumeric) {
    if (value.number === undefined) throw invalidValue(`Expected numeric value type for ${field.kind} in '${clause}'.`);
    return numberTest(field, operator, Number(value.number), clause);
  }
  if (value.list !== undefined) return listTest(field, operator, value.list, clause);
  const text = value.text ?? (/^(["'`]).*\1$/.test(value.word ?? '') ? value.word : undefined);
  if (text === undefined)
    throw invalidValue(`Expected a quoted string value for ${field.kind} (e.g. 'my-value') in '${clause}'.`);
  return textTest(field, operator, text.slice(1, -1), clause);
}

function numberTest(field: Field, operator: string, wanted: number, clause: string): (run: SearchedRun) => boolean {
  const compare = (
    {
      '>': (a, b) => a > b,
      '>=': (a, b) => a >= b,
      '!=': (a, b) => a !== b,
      '=': (a, b) => a === b,
      '<': (a, b) => a < b,
      '<=': (a, b) => a <= b,
    } as Record<string, (a: number, b: number) => boolean>
  )[operator];
  if (compare === undefined)
    throw invalidValue(`Invalid comparator '${operator}' not one of >, >=, !=, =, <, <= in '${clause}'.`);
  return (run) => {
    const found = valueOf(run, field);
    return typeof found === 'number' && compare(found, wanted);
  };
}

function textTest(field: Field, operator: string, wanted: string, clause: string): (run: SearchedRun) => boolean {
  const like = (flags: string): RegExp =>
    new RegExp(
      `^${wanted
        .replaceAll(/[.*+?^${}()|[\]\\]/g, String.raw`\$&`)
        .replaceAll('_', '.')
        .replaceAll('%', '.*')}$`,
      `s${flags}`,
    );
  const compare = (
    {
      '=': (text) => text === wanted,
      '!=': (text) => text !== wanted,
      LIKE: (text) => like('').test(text),
      ILIKE: (text) => like('i').test(text),
    } as Record<string, (text: string) => boolean>
  )[operator];
  if (compare === undefined)
    throw invalidValue(`Invalid comparator '${operator}' not one of =, !=, LIKE, ILIKE in '${clause}'.`);
  return (run) => {
    const found = valueOf(run, field);
    return typeof found === 'string' && compare(found);
  };
}

function listTest(field: Field, operator: string, list: string, clause: string): (run: SearchedRun) => boolean {
  if (field.key !== 'run_id' || !['IN', 'NOT IN'].includes(operator))
    throw invalidValue(`Only the 'run_id' attribute supports comparison with a list, by IN or NOT IN, in '${clause}'.`);
  const wanted = [...list.matchAll(/'([^']*)'|"([^"]*)"/g)].map(([, single, double]) => single ?? double);
  return ({ run }) => wanted.includes(run.runId) === (operator === 'IN');
}

function valueOf({ run, metrics, params, tags }: SearchedRun, { kind, key }: Field): string | number | undefined {
  if (kind === 'metric') return metrics.find((one) => one.key === key)?.value;
  if (kind === 'parameter') return params.find((one) => one.key === key)?.value;
  if (kind === 'tag') return tags.find((one) => one.key === key)?.value;
  const attributes: Readonly<Record<string, string | number | undefined>> = {
    run_id: run.runId,
    run_name: run.runName,
    status: run.status,
    start_time: run.startTime,
    end_time: run.endTime ?? undefined,
  };
  return attributes[key];
}

/**
 * @param orders - as in `metrics.rmse DESC`
 * @returns orders runs; those without the value come last, and equal ones newest first
 * @throws {MlflowError} one is no such order
 */
export function runOrder(orders: readonly string[]): (a: SearchedRun, b: SearchedRun) => number {
  const comparisons = orders.map((order) => {
    const [, word = '', direction = 'ASC'] = /^(.*?)(?:\s+(asc|desc))?$/i.exec(order.trim()) ?? [];
    const field = fieldOf(word);
    const sign = direction.toUpperCase() === 'DESC' ? -1 : 1;
    return (a: SearchedRun, b: SearchedRun) => compareValues(valueOf(a, field), valueOf(b, field), sign);
  });
  return (a, b) => {
    for (const compare of comparisons) {
      const result = compare(a, b);
      if (result !== 0) return result;
    }
    return b.run.startTime - a.run.startTime || (a.run.runId < b.run.runId ? -1 : 1);
  };
}

function compareValues(a: string | number | undefined, b: string | number | undefined, sign: number): number {
  if (a === undefined || b === undefined) return Number(a === undefined) - Number(b === undefined);
  if (a === b) return 0;
  return a < b ? -sign : sign;
}
