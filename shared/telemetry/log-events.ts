/**
 * Every log line that the app writes. Ids are stable and grouped: 1xx arrivals and windows, 2xx runs, 3xx activities,
 * 4xx API, 5xx reconciler.
 */
export const logEvents = {
  'arrival.recorded': { id: 101, severity: 'INFO', message: 'A blob arrived and was recorded.' },
  'message.quarantined': {
    id: 102,
    severity: 'WARN',
    message: 'A message could not be read and was put into quarantine.',
  },
  'job-event.received': { id: 103, severity: 'INFO', message: 'Azure ML told of a job.' },
  'run.started': { id: 201, severity: 'INFO', message: 'A run started.' },
  'run.ended': { id: 202, severity: 'INFO', message: 'A run ended.' },
  'run.left-over': { id: 204, severity: 'WARN', message: 'A run ended, and Azure ML kept something of it.' },
  'drift.unknown': { id: 203, severity: 'WARN', message: 'The drift of the data of a run could not be measured.' },
  'activity.failed': {
    id: 301,
    severity: 'ERROR',
    message: 'An activity failed; it is tried again if tries are left.',
  },
  'api.failed': { id: 401, severity: 'ERROR', message: 'A request failed for a reason of ours.' },
  'publication.refused': {
    id: 402,
    severity: 'WARN',
    message: 'A publication was refused: its token does not vouch for it.',
  },
  'reconciler.failed': { id: 501, severity: 'ERROR', message: 'The reconciler could not look after something.' },
  'reconciler.repaired': { id: 502, severity: 'WARN', message: 'The reconciler repaired something.' },
} as const satisfies Record<string, { id: number; severity: 'DEBUG' | 'INFO' | 'WARN' | 'ERROR'; message: string }>;

/** Name of a log line. */
export type LogEvent = keyof typeof logEvents;
