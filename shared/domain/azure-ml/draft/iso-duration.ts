/**
 * @param durationMs - not negative
 * @returns ISO 8601 in days, hours, minutes and seconds, as Azure ML's tools write it: `PT15M`, `PT1M30S`, `P1DT1H`
 * @source isodate, `duration_isoformat`, which azure-ai-ml uses
 */
export function isoDuration(durationMs: number): string {
  const seconds = (durationMs / 1000) % 60;
  const minutes = Math.floor(durationMs / 60_000) % 60;
  const hours = Math.floor(durationMs / 3_600_000) % 24;
  const days = Math.floor(durationMs / 86_400_000);
  const time = [unit(hours, 'H'), unit(minutes, 'M'), unit(Number(seconds.toFixed(3)), 'S')].join('');
  const text = `${unit(days, 'D')}${time === '' ? '' : `T${time}`}`;
  return text === '' ? 'P0D' : `P${text}`;
}

function unit(amount: number, letter: string): string {
  return amount === 0 ? '' : `${amount}${letter}`;
}
