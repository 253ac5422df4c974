import { invalid } from './arm-error.ts';

/** Longest time that a timer of Node can wait; longer ones would fire at once. @source nodejs.org/api/timers.html */
export const LONGEST_TIMER_MS = 2 ** 31 - 1;

/**
 * @param text - ISO 8601 duration of days and below, for example `PT1H30M`
 * @returns milliseconds
 * @throws {ArmError} 400: it is no such duration
 */
export function durationMs(text: string): number {
  const match = /^P(?=.)(?:(\d+)D)?(?:T(?=.)(?:(\d+)H)?(?:(\d+)M)?(?:(\d+(?:\.\d+)?)S)?)?$/.exec(text);
  if (match === null) throw invalid(`"${text}" is no ISO 8601 duration of days, hours, minutes and seconds.`);
  const [, days = '0', hours = '0', minutes = '0', seconds = '0'] = match;
  return (((Number(days) * 24 + Number(hours)) * 60 + Number(minutes)) * 60 + Number(seconds)) * 1_000;
}
