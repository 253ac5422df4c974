import type { ErrorEntry } from '../error-entry.ts';

/** Error codes that belong to no single area. */
export const coreErrors = {
  'core.contract-violated': {
    status: 500,
    retry: 'terminal',
    audience: 'system',
    summary: 'A value that crossed a boundary does not have the shape its contract states.',
    remedy: 'Report it with the details: two parts of Whence disagree about a shape.',
  },
  'core.config-invalid': {
    status: 500,
    retry: 'terminal',
    audience: 'operator',
    summary: 'The app settings are incomplete or wrong.',
    remedy: 'Correct every setting that the details name; docs/configuration.md lists them.',
  },
  'core.limit-exceeded': {
    status: 422,
    retry: 'terminal',
    audience: 'operator',
    summary: 'Something is larger or more numerous than Whence accepts.',
    remedy: 'Make it smaller than the limit that the details name, or split it.',
  },
  'core.internal': {
    status: 500,
    retry: 'transient',
    audience: 'system',
    summary: 'Something failed that Whence did not foresee.',
    remedy: 'Look up the trace id in the telemetry and report it.',
  },
} as const satisfies Record<string, ErrorEntry>;
