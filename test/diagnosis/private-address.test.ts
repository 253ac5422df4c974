import { expect, test } from 'vitest';

import { isPrivateAddress } from '#shared/domain/private-address.ts';

test.each([
  ['10.40.0.4', true],
  ['172.31.255.255', true],
  ['192.168.1.1', true],
  ['100.64.0.1', true],
  ['127.0.0.1', true],
  ['fd00::1', true],
  ['::1', true],
  ['20.60.0.4', false],
  ['172.32.0.1', false],
  ['100.128.0.1', false],
  ['2603:1030::1', false],
])('%s is private: %s', (address, isPrivate) => {
  expect(isPrivateAddress(address)).toBe(isPrivate);
});
