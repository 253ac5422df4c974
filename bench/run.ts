/**
 * The benchmarks: `npm run bench [-- --json] [-- --seconds N]`. Each compares with a peer in the same run, so the
 * ratios say something on any machine; the absolute numbers only about this one.
 */
import { cpus } from 'node:os';
import { parseArgs } from 'node:util';

import { benchHub } from './hub/hub-bench.ts';

const { values } = parseArgs({
  options: { json: { type: 'boolean', default: false }, seconds: { type: 'string', default: '3' } },
});
const seconds = Number(values.seconds);
if (!(seconds > 0)) throw new Error(`--seconds must be a number above 0, not ${values.seconds}.`);

if (!values.json) process.stderr.write(`Measuring the task hub, about ${4 * seconds} seconds …\n`);
const hub = await benchHub(seconds);
const machine = { node: process.version, processor: cpus()[0]?.model ?? 'unknown', processors: cpus().length };
if (values.json) process.stdout.write(`${JSON.stringify({ machine, hub })}\n`);
else {
  process.stdout.write(`Node ${machine.node} on ${machine.processors} × ${machine.processor}\n\n`);
  const width = Math.max(...hub.map(({ name }) => name.length));
  for (const { name, value, unit, goal } of hub) {
    const shown = value >= 100 ? Math.round(value).toLocaleString('en') : value.toFixed(2);
    process.stdout.write(
      `${name.padEnd(width)}  ${shown.padStart(9)} ${unit.padEnd(9)}${goal === undefined ? '' : ` (goal: ${goal})`}\n`,
    );
  }
}
