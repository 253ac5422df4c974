/** Shows every step of one schedule: `node test/protocol/trace-schedule.ts SEED`. */
import { runSchedule } from './run-schedule.ts';

const seed = Number(process.argv[2]);
if (!Number.isSafeInteger(seed)) {
  process.stderr.write('Which schedule? node test/protocol/trace-schedule.ts SEED\n');
  process.exitCode = 1;
} else {
  const { violations } = await runSchedule(seed, (line) => process.stdout.write(`${line}\n`));
  process.stdout.write(violations.length === 0 ? 'It keeps every rule.\n' : `${violations.join('\n')}\n`);
}
