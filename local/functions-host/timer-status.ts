import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { z } from 'zod';

const timerStatus = z.strictObject({
  /** When it last ran; absent: never. */
  lastMs: z.number().optional(),
  lastUpdatedMs: z.number().optional(),
  nextMs: z.number(),
});
/** What the host remembers of a monitored timer. */
export type TimerStatus = z.output<typeof timerStatus>;

/** Statuses of the app's timers: a file each, as the host keeps a blob each. */
export class TimerStatuses {
  readonly #folder: string;

  /** @param stateFolder - they are kept in `timers` below it */
  constructor(stateFolder: string) {
    this.#folder = join(stateFolder, 'timers');
    mkdirSync(this.#folder, { recursive: true, mode: 0o700 });
  }

  /** @returns the status of a function's timer, or undefined where it never was started */
  read(functionName: string): TimerStatus | undefined {
    const file = this.#file(functionName);
    return existsSync(file) ? timerStatus.parse(JSON.parse(readFileSync(file, 'utf8'))) : undefined;
  }

  write(functionName: string, status: TimerStatus): void {
    const file = this.#file(functionName);
    writeFileSync(`${file}.new`, JSON.stringify(status));
    renameSync(`${file}.new`, file);
  }

  #file(functionName: string): string {
    return join(this.#folder, `${functionName.toLowerCase()}.json`);
  }
}
