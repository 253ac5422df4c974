import { gateVerdict, type GateVerdict } from '#shared/contracts/gates.ts';

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
    .map((verdict) => [mark(verdict), verdict.gate.metric, verdict.text]);
  return table(['VERDICT', 'METRIC', ''], rows);
}

function mark({ verdict }: GateVerdict): string {
  if (verdict === 'passed') return tone('✔ passed', 'good');
  return verdict === 'failed' ? tone('✖ failed', 'bad') : tone('■ too few', 'warn');
}
