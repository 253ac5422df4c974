/**
 * The benchmarks: `npm run bench [-- --json] [-- --seconds N]`. Each compares with a peer in the same run, so the
 * ratios say something on any machine; the absolute numbers only about this one.
 */
import { cpus } from 'node:os';
import { parseArgs } from 'node:util';

import { benchHub } from './hub/hub-bench.ts';
import type { Measured } from './measured.ts';
import { benchPackage } from './package/package-bench.ts';

const { values } = parseArgs({
  options: { json: { type: 'boolean', default: false }, seconds: { type: 'string', default: '3' } },
});
const seconds = Number(values.seconds);
if (!(seconds > 0)) throw new Error(`--seconds must be a number above 0, not ${values.seconds}.`);

say(`Measuring the task hub, about ${4 * seconds} seconds …`);
const hub = await benchHub(seconds);
const canPackage = process.platform === 'linux' && process.arch === 'x64';
say(
  canPackage
    ? 'Measuring the package, about 20 seconds …'
    : 'Left out: the package, which is made on Linux x64, where functions run.',
);
const deployed = canPackage ? await benchPackage() : [];

const machine = { node: process.version, processor: cpus()[0]?.model ?? 'unknown', processors: cpus().length };
if (values.json) process.stdout.write(`${JSON.stringify({ machine, hub, package: deployed })}\n`);
else {
  process.stdout.write(`Node ${machine.node} on ${machine.processors} × ${machine.processor}\n`);
  for (const figures of [hub, deployed]) process.stdout.write(table(figures));
}

function say(line: string): void {
  if (!values.json) process.stderr.write(`${line}\n`);
}

function table(figures: readonly Measured[]): string {
  const width = Math.max(...figures.map(({ name }) => name.length));
  const lines = figures.map(({ name, value, unit, goal }) => {
    const shown = value >= 100 ? Math.round(value).toLocaleString('en') : value.toFixed(2);
    return `${name.padEnd(width)}  ${shown.padStart(9)} ${goal === undefined ? unit : `${unit.padEnd(9)} (goal: ${goal})`}\n`;
  });
  return `\n${lines.join('')}`;
}
