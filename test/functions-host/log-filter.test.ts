import { expect, test } from 'vitest';

import { logFilter } from '#local/functions-host/log-filter.ts';

test.each([
  [{}, 'debug', undefined, false],
  [{}, 'information', undefined, true],
  [{ default: 'Warning' }, 'information', 'f', false],
  [{ default: 'Warning', Function: 'Debug' }, 'debug', 'f', true],
  [{ Function: 'Debug', 'Function.f': 'Error' }, 'warning', 'f', false],
  [{ Function: 'Debug', 'Function.f': 'Error' }, 'warning', 'other', true],
  [{ 'Function.f': 'Error', 'function.F.user': 'Trace' }, 'trace', 'f', true],
  [{ default: 'None' }, 'critical', undefined, false],
  [{ Fun: 'Trace' }, 'debug', 'f', false],
])('with %o a %s of %s passes: %s', (logLevel, level, functionName, passes) => {
  const entry = { level, category: 'user', message: 'm', ...(functionName === undefined ? {} : { functionName }) };
  expect(logFilter(logLevel)(entry)).toBe(passes);
});
