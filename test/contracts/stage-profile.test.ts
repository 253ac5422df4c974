/** What a stage profile may say, and how its mistakes are told. */
import { describe, expect, test } from 'vitest';

import { stageProfile } from '#shared/contracts/stage-profile.ts';

/** @returns the mistakes of a profile, as the app tells them at its start */
function mistakes(profile: unknown): readonly string[] {
  const read = stageProfile.safeParse(profile);
  return read.success ? [] : read.error.issues.map(({ path, message }) => `${path.join('.')}: ${message}`);
}

const publicKey = { kty: 'RSA', kid: 'k1', alg: 'RS256', use: 'sig', n: 'n'.repeat(342), e: 'AQAB' };
const withKeys = (...keys: readonly object[]): object => ({
  ciIssuers: [{ issuer: 'https://ci.example', audience: 'api://whence', repositories: ['a/b'], keys: { keys } }],
});

describe('the keys of a CI issuer', () => {
  test('are public RSA keys; what a document says beside is not kept', () => {
    const profile = stageProfile.parse(withKeys({ ...publicKey, x5t: 'thumb', x5c: ['certificate'] }));
    expect(profile.ciIssuers[0]?.keys).toEqual({ keys: [publicKey] });
  });

  test.each(['d', 'p', 'q', 'dp', 'dq', 'qi', 'oth', 'k'])('are refused with the secret member %s', (member) => {
    const told = mistakes(withKeys({ ...publicKey, [member]: 'hush' }));
    expect(told).toEqual([expect.stringMatching(new RegExp(`^ciIssuers\\.0\\.keys\\.keys\\.0\\.${member}: .*secret`))]);
    expect(told.join()).not.toContain('hush');
  });

  test('are refused if they are symmetric', () => {
    const told = mistakes(withKeys({ kty: 'oct', kid: 'k1', k: 'hush' })).join();
    expect(told).toMatch(/kty: a symmetric key \(oct\)/);
    expect(told).not.toContain('hush');
  });

  test.each([
    ['another kind', { kty: 'EC' }, /kty: an RSA key/],
    ['no id', { kid: undefined }, /kid/],
    ['a short modulus', { n: 'n'.repeat(171) }, /n: .*2048 bits/],
    ['an exponent that is no base64url', { e: 'A=' }, /e: .*base64url/],
  ])('are refused with %s', (_what, change, message) => {
    expect(mistakes(withKeys({ ...publicKey, ...change })).join()).toMatch(message);
  });

  test('are at least one', () => {
    expect(mistakes(withKeys()).join()).toMatch(/ciIssuers\.0\.keys\.keys/);
  });
});

describe('the identity of endpoints', () => {
  const id = '/subscriptions/s/resourceGroups/g/providers/Microsoft.ManagedIdentity/userAssignedIdentities/id-endpoint';

  test('is the ARM id of a user-assigned identity, in any case of its letters', () => {
    expect(mistakes({ endpointIdentity: id })).toEqual([]);
    expect(mistakes({ endpointIdentity: id.toLowerCase() })).toEqual([]);
  });

  test.each([
    'id-endpoint',
    `${id}/more`,
    id.replace('ManagedIdentity', 'Storage'),
    id.replace('/resourceGroups/g', ''),
    `https://management.azure.com${id}`,
  ])('is not %s', (endpointIdentity) => {
    expect(mistakes({ endpointIdentity }).join()).toMatch(/endpointIdentity: .*userAssignedIdentities/);
  });
});

test.each(['Key', 'AMLToken'])('endpoints are not asked with %s', (endpointAuthentication) => {
  expect(mistakes({ endpointAuthentication }).join()).toMatch(/endpointAuthentication: AADToken/);
});
