/**
 * The benchmarks: `npm run bench [-- --json] [-- --seconds N]`. Each compares with a peer in the same run, so the
 * ratios say something on any machine; the absolute numbers only about this one.
 */
import { cpus } from 'node:os';
import { parseArgs } from 'node:util';

import { benchHub } from './hub/hub-bench.ts';
import type { Measured } from './measured.ts';
import { benchPackage } from './package/package-bench.ts';

const HELP = `Measures the task hub and the package, each beside a peer.

  npm run bench                          a table for people
  npm run --silent bench -- --json       one JSON document, and nothing else on stdout
  npm run bench -- --seconds 10          measure each for 10 seconds instead of 3
`;

const values = readArguments();
const seconds = Number(values.seconds);

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

/** Ends the process where only help was wanted, or where the arguments make no sense. */
function readArguments(): { readonly json: boolean; readonly seconds: string } {
  let problem: string;
  try {
    const { values: given } = parseArgs({
      options: {
        json: { type: 'boolean', default: false },
        seconds: { type: 'string', default: '3' },
        help: { type: 'boolean', short: 'h', default: false },
      },
    });
    if (given.help) {
      process.stdout.write(HELP);
      process.exit(0);
    }
    if (Number(given.seconds) > 0) return given;
    problem = `--seconds must be a number above 0, not ${given.seconds}.`;
  } catch (error) {
    if (!(error instanceof TypeError)) throw error;
    problem = error.message;
  }
  process.stderr.write(`bench: ${problem}\n\n${HELP}`);
  process.exit(1);
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
