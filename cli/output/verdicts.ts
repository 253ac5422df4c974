import { gateVerdict, type Gate, type GateVerdict } from '#shared/contracts/gates.ts';

import { tone } from './style.ts';
import { table } from './table.ts';

/**
 * Verdicts as a table.
 *
 * @param verdicts - as a run has them
 */
export function verdictTable(verdicts: readonly unknown[]): string {
  const rows = verdicts
    .map((one) => gateVerdict.parse(one))
    .map((verdict) => [mark(verdict), ruleText(verdict.gate), verdict.text]);
  return table(['VERDICT', 'RULE', ''], rows);
}

/** @returns the rule of a gate, shorter than its YAML: `auc above 0.7` */
export function ruleText(gate: Gate): string {
  return `${gate.metric} ${boundText(gate)}`;
}

function boundText(gate: Gate): string {
  if ('above' in gate) return `above ${gate.above}`;
  if ('atLeast' in gate) return `at least ${gate.atLeast}`;
  if ('below' in gate) return `below ${gate.below}`;
  if ('atMost' in gate) return `at most ${gate.atMost}`;
  if ('between' in gate) return `between ${gate.between[0]} and ${gate.between[1]}`;
  if ('betterThanChampionBy' in gate) return `better than champion by ${gate.betterThanChampionBy}`;
  return `not worse than champion (p ${gate.notWorseThanChampion.p}${slicesText(gate.slices ?? [])})`;
}

function slicesText([first, ...rest]: readonly string[]): string {
  if (first === undefined) return '';
  return `, by ${first}${rest.length === 0 ? '' : ` and ${rest.length} more`}`;
}

function mark({ verdict }: GateVerdict): string {
  if (verdict === 'passed') return tone('✔ passed', 'good');
  return verdict === 'failed' ? tone('✖ failed', 'bad') : tone('■ too few', 'warn');
}
