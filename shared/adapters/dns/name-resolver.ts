import { lookup } from 'node:dns/promises';

import type { NameResolver } from '#shared/ports/name-resolver.ts';

/** Resolves as every client in this process does: by the machine's own resolver, which on Azure knows private zones. */
export const systemResolver: NameResolver = {
  resolve: async (host) => (await lookup(host, { all: true })).map(({ address }) => address),
};
