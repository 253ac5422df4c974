import { expect, test } from 'vitest';

import { errorCatalogue } from '#shared/errors/catalogue.ts';

test.each(Object.entries(errorCatalogue))('%s says what happened and what to do', (code, entry) => {
  expect(code).toMatch(/^[a-z]+(-[a-z]+)*\.[a-z]+(-[a-z]+)*$/);
  expect(entry.summary).toMatch(/^[A-Z].*\.$/);
  expect(entry.remedy).toMatch(/^[A-Z`].*\.$/);
  expect(entry.status).toBeGreaterThanOrEqual(400);
});
