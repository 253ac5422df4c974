/** Who may ask an endpoint: callers show a token of Entra, a token of Azure ML or the endpoint's key. */
import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto';

import { z } from 'zod';

import { invalid, notServed, readBody } from './arm-error.ts';
import { ok, type Answer } from './call.ts';
import type { WorkspaceContext } from './context.ts';
import type { EndpointState, StoredEndpoint } from './endpoint-state.ts';

/** @source azure-facts.md 3.4 */
const AUDIENCES = ['https://ml.azure.com', 'https://ml.azure.com/'];
/** Lifetime of tokens of Azure ML, seconds. */
const TOKEN_S = 3_600;

/** @returns whether the caller may score */
export async function mayScore(
  { verify }: WorkspaceContext,
  { body, state }: StoredEndpoint,
  authorization: string | undefined,
): Promise<boolean> {
  const shown = /^Bearer (.+)$/i.exec(authorization ?? '')?.[1];
  if (shown === undefined) return false;
  switch (body.properties.authMode) {
    case 'Key':
      return same(shown, keyOf(state, 'primary')) || same(shown, keyOf(state, 'secondary'));
    case 'AMLToken': {
      const expires = Number(shown.split('.')[0]);
      return expires > nowS() && same(shown, tokenOf(state.key, expires));
    }
    case 'AADToken':
      return verify(shown, AUDIENCES).then(
        () => true,
        () => false,
      );
  }
}

/** Answers `POST …/token`. */
export function answerToken({ body, state }: StoredEndpoint): Answer {
  const { authMode } = body.properties;
  if (authMode === 'Key') throw invalid('The endpoint has keys: ask listKeys.');
  if (authMode === 'AADToken')
    throw notServed('A token of Entra from the workspace (ask Entra for https://ml.azure.com)');
  const expires = nowS() + TOKEN_S;
  return ok({
    accessToken: tokenOf(state.key, expires),
    expiryTimeUtc: expires,
    refreshAfterTimeUtc: expires - TOKEN_S / 2,
    tokenType: 'Bearer',
  });
}

/** Answers `POST …/listKeys`. */
export function answerKeys({ body, state }: StoredEndpoint): Answer {
  if (body.properties.authMode !== 'Key') throw invalid('The endpoint has no keys: its callers show tokens.');
  return ok({ primaryKey: keyOf(state, 'primary'), secondaryKey: keyOf(state, 'secondary') });
}

const regeneration = z.strictObject({
  keyType: z.enum(['Primary', 'Secondary']),
  keyValue: z.string().min(8).nullish(),
});

/** The keys of an endpoint after `POST …/regenerateKeys`. @throws {ArmError} it has none, or the body is wrong */
export function regeneratedKeys({ body, state }: StoredEndpoint, told: unknown): NonNullable<EndpointState['keys']> {
  if (body.properties.authMode !== 'Key') throw invalid('The endpoint has no keys: its callers show tokens.');
  const { keyType, keyValue } = readBody(regeneration, told, 'The regeneration of keys');
  const key = keyValue ?? randomBytes(24).toString('base64url');
  return { ...state.keys, [keyType === 'Primary' ? 'primary' : 'secondary']: key };
}

function keyOf({ key, keys }: EndpointState, which: 'primary' | 'secondary'): string {
  return keys?.[which] ?? createHmac('sha256', key).update(which).digest('base64url');
}

function tokenOf(secret: string, expires: number): string {
  return `${expires}.${createHmac('sha256', secret).update(`token ${expires}`).digest('base64url')}`;
}

function nowS(): number {
  return Math.floor(Date.now() / 1_000);
}

function same(shown: string, expected: string): boolean {
  const [a, b] = [Buffer.from(shown), Buffer.from(expected)];
  return a.length === b.length && timingSafeEqual(a, b);
}
