import { checkAtRest } from './at-rest.ts';
import { Simulation } from './simulation.ts';

/** What became of one schedule. */
export interface ScheduleResult {
  readonly seed: number;
  readonly violations: readonly string[];
  readonly steps: number;
  readonly runs: number;
}

/** Steps within which a schedule comes to rest; more of them: something waits, or goes round, for ever. */
const LONGEST = 60_000;
/** Time in which the world is busy. */
const BUSY_MS = 8 * 60_000;
/** Time after which nothing of the busy time is under way: stalls and second executions take up to ten minutes. */
const CALM_MS = BUSY_MS + 6 * 60_000;

/**
 * Runs the schedule of a seed to its end.
 *
 * @param onStep - told of every step
 */
export async function runSchedule(seed: number, onStep?: (line: string) => void): Promise<ScheduleResult> {
  const simulation = new Simulation(seed, onStep);
  const { scheduler, random, oracle } = simulation;
  await simulation.publishFirst();
  const disturbances = random.integer(2, 40);
  for (let disturbance = 0; disturbance < disturbances; disturbance += 1)
    scheduler.after(random.integer(0, BUSY_MS), () => simulation.disturb());
  let isCalm = false;
  scheduler.after(CALM_MS, () => {
    isCalm = true;
    simulation.calm();
  });
  simulation.keepReconciling();
  let steps = 0;
  while (!(isCalm && simulation.isAtRest)) {
    steps += 1;
    if (steps > LONGEST) {
      oracle.broken('it does not come to rest');
      break;
    }
    await scheduler.step();
    if (oracle.violations.length > 0) break;
  }
  if (oracle.violations.length === 0) await checkAtRest(simulation);
  return { seed, violations: oracle.violations, steps, runs: oracle.claims.size };
}
