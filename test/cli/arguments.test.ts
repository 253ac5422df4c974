/** What cannot be right is refused before anybody is asked, with a sentence and what to do. */
import { expect, test } from 'vitest';

import { whence } from './whence.ts';

/** Nothing answers there: a command that asks it says so. */
const environment = { WHENCE_URL: 'http://127.0.0.1:9', WHENCE_TOKEN: 'x' };

test.concurrent.each([
  [['run', 'show', 'my-model:3'], '"my-model:3" is no id of a run.', '`whence model show my-model:3`'],
  [['run', 'watch', 'A'], '"A" is no id of a run.', '`whence run list`'],
  [['run', 'cancel', 'a b'], '"a b" is no id of a run.', '`whence run list`'],
  [['run', 'list', '--limit', 'abc'], '"abc" is no number of rows.', 'from 1 to 200'],
  [['run', 'list', '--limit', '0'], '"0" is no number of rows.', 'from 1 to 200'],
  [['run', 'list', '--limit', '1000'], '"1000" is no number of rows.', 'from 1 to 200'],
  [['run', 'list', '--pipeline', 'A_B'], 'No pipeline can be called "A_B".', '`whence pipeline list`'],
  [['run', 'start', 'A_B'], 'No pipeline can be called "A_B".', '`whence pipeline list`'],
  [['data', 'versions', 'x'], '"x" is no number of a data version.', 'a whole number from 1'],
  [['data', 'admit', 'zz'], '"zz" is no id of a rejected blob.', '`whence data rejected`'],
  [['data', 'windows', 'A_B'], 'No pipeline can be called "A_B".', '`whence pipeline list`'],
  [['model', 'show', 'a:b:c'], '"a:b:c" names no model version.', 'name:version'],
  [['pipeline', 'show', 'A_B'], 'No pipeline can be called "A_B".', '`whence pipeline list`'],
] as const)('%j', async (args, message, fix) => {
  const { code, stdout, stderr } = await whence(args, environment);
  expect([code, stdout]).toEqual([1, '']);
  expect(stderr).toContain(message);
  expect(stderr).toContain(fix);
});
