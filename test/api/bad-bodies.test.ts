/** Whatever is sent: an answer with a code, never a fault of ours. */
import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';

import { routeContracts } from '#functions/api/routes.ts';

import { Issuer } from './issuer.ts';
import { ApiLab } from './lab.ts';

let issuer: Issuer;
let api: ApiLab;

beforeAll(async () => {
  issuer = await Issuer.start();
  api = await ApiLab.open(issuer);
});
afterAll(() => issuer[Symbol.asyncDispose]());

const withBody = routeContracts.filter(({ body }) => body !== undefined);
const text = fc.oneof(fc.json(), fc.string(), fc.string({ unit: 'binary' }));

test.each(withBody)('$name answers any body with a code below 500', async ({ method, path }) => {
  await fc.assert(
    fc.asyncProperty(text, fc.stringMatching(/^[\w%-][\w.%-]{0,40}$/), async (body, parameter) => {
      const named = path.replaceAll(/\{[^}]+\}/g, encodeURIComponent(parameter));
      const answer = await api.call(method, named, { headers: { 'idempotency-key': 'k' }, body });
      expect(answer.status, JSON.stringify(answer.body)).toBeLessThan(500);
      if (answer.status >= 400) expect(answer.body['code']).toMatch(/^[a-z-]+\.[a-z-]+$/);
    }),
    { numRuns: 60 },
  );
});
