/** What the identity stand-in keeps over restarts: its keys and secrets, readable by their owner only. */
import { randomBytes, randomUUID } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { exportJWK, exportPKCS8, generateKeyPair, importPKCS8, type CryptoKey, type JWK } from 'jose';
import { z } from 'zod';

/** A key that signs, or signed before. */
export interface SigningKey {
  readonly kid: string;
  readonly privateKey: CryptoKey;
  /** The public part, as it is published. */
  readonly jwk: JWK;
}

/** Keys and secrets. */
export interface Secrets {
  /** Value of `IDENTITY_HEADER`. */
  readonly header: string;
  /** What the token endpoint asks for. */
  readonly secret: string;
  readonly secretFile: string;
  /** Object id of the app's identity. */
  readonly principalId: string;
  /** Newest first. */
  readonly keys: readonly SigningKey[];
}

const stored = z.object({
  header: z.string(),
  principalId: z.string(),
  keys: z.array(z.object({ kid: z.string(), key: z.string() })).min(1),
});

/**
 * Finds keys and secrets, or makes them at the first start.
 *
 * @param folder - state folder
 */
export async function loadSecrets(folder: string): Promise<Secrets> {
  const home = homeOf(folder);
  const secretFile = join(home, 'secret');
  if (!existsSync(fileOf(folder))) {
    writeFileSync(secretFile, randomBytes(32).toString('hex'), { mode: 0o600 });
    const fresh = { header: randomBytes(24).toString('hex'), principalId: randomUUID() };
    write(folder, { ...fresh, keys: [await exported(await newSigningKey())] });
  }
  const { header, principalId, keys } = read(folder);
  return {
    header,
    principalId,
    secretFile,
    secret: readFileSync(secretFile, 'utf8').trim(),
    keys: await Promise.all(
      keys.map(async ({ kid, key }) => signingKey(kid, await importPKCS8(key, 'RS256', { extractable: true }))),
    ),
  };
}

/** Keeps other keys from now on, newest first. */
export async function storeKeys(folder: string, keys: readonly SigningKey[]): Promise<void> {
  write(folder, { ...read(folder), keys: await Promise.all(keys.map(exported)) });
}

/** @returns a new key */
export async function newSigningKey(): Promise<SigningKey> {
  const { privateKey } = await generateKeyPair('RS256', { extractable: true });
  return signingKey(randomUUID(), privateKey);
}

async function signingKey(kid: string, privateKey: CryptoKey): Promise<SigningKey> {
  const { kty, n, e } = await exportJWK(privateKey);
  if (kty !== 'RSA' || n === undefined || e === undefined) throw new Error('The key is no RSA key.');
  return { kid, privateKey, jwk: { kty, n, e, kid, use: 'sig', alg: 'RS256' } };
}

async function exported({ kid, privateKey }: SigningKey): Promise<{ kid: string; key: string }> {
  return { kid, key: await exportPKCS8(privateKey) };
}

function read(folder: string): z.output<typeof stored> {
  return stored.parse(JSON.parse(readFileSync(fileOf(folder), 'utf8')));
}

/** A crash leaves the old file or the new one. */
function write(folder: string, secrets: z.output<typeof stored>): void {
  const file = fileOf(folder);
  writeFileSync(`${file}.new`, JSON.stringify(secrets), { mode: 0o600 });
  renameSync(`${file}.new`, file);
}

function homeOf(folder: string): string {
  const home = join(folder, 'identity');
  mkdirSync(home, { recursive: true, mode: 0o700 });
  return home;
}

function fileOf(folder: string): string {
  return join(homeOf(folder), 'identity.json');
}
