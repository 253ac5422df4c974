import type { Telemetry } from '#shared/telemetry/telemetry.ts';

/** Telemetry that does the work and says nothing. */
export const silentTelemetry: Telemetry = {
  span: (_name, _parent, _facts, work) => work(),
  finished() {},
  log() {},
  measure() {},
  flush: async () => {},
};
