/**
 * Who is who on a laptop: the managed-identity endpoint that the app asks for tokens, and a development issuer that
 * signs real tokens for people. Loopback only; on Azure the app refuses both.
 */
import { randomBytes, randomUUID, timingSafeEqual } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { join } from 'node:path';

import {
  createLocalJWKSet,
  exportJWK,
  exportPKCS8,
  generateKeyPair,
  importPKCS8,
  jwtVerify,
  SignJWT,
  type CryptoKey,
  type JWK,
  type JWTVerifyGetKey,
} from 'jose';
import { z } from 'zod';

/** How it is started. */
export interface IdentityOptions {
  readonly folder: string;
  readonly port?: number;
  readonly tenantId: string;
  /** Audience of people's tokens: the API. */
  readonly audience: string;
}

/** A running identity stand-in. */
export interface Identity {
  /** Value of `IDENTITY_ENDPOINT`. */
  readonly endpoint: string;
  /** Value of `IDENTITY_HEADER`. */
  readonly identityHeader: string;
  /** Issuer of people's tokens. */
  readonly issuer: string;
  readonly tokenUrl: string;
  /** File with the secret that the token endpoint asks for. */
  readonly secretFile: string;
  /** Object id of the app's identity. */
  readonly principalId: string;
  /** Verifies a token of this stand-in. @throws {Error} it is not one, or for another audience */
  verify(token: string, audiences: readonly string[]): Promise<{ readonly oid: string }>;
  /** Signs with a new key from now on; the old one stays published. */
  rotateKeys(): Promise<void>;
  stop(): Promise<void>;
}

/** Lifetime of tokens, seconds. */
const LIFETIME_S = 3_600;

const asked = z.strictObject({
  name: z.string().default('you'),
  roles: z.array(z.enum(['reader', 'operator', 'publisher'])).default(['reader', 'operator', 'publisher']),
});

/** Starts the stand-in on the loopback address. */
export async function startIdentity(options: IdentityOptions): Promise<Identity> {
  const home = join(options.folder, 'identity');
  mkdirSync(home, { recursive: true, mode: 0o700 });
  const stand = new IdentityStandIn(options, await loadSecrets(home));
  return stand.start();
}

interface Secrets {
  readonly header: string;
  readonly secret: string;
  readonly secretFile: string;
  readonly principalId: string;
  readonly privateKey: CryptoKey;
  readonly kid: string;
}

interface SigningKey {
  readonly kid: string;
  readonly privateKey: CryptoKey;
  readonly jwk: JWK;
}

class IdentityStandIn {
  readonly #options: IdentityOptions;
  readonly #secrets: Secrets;
  #keys: SigningKey[] = [];
  #verifyKeys: JWTVerifyGetKey = createLocalJWKSet({ keys: [] });
  #origin = '';

  constructor(options: IdentityOptions, secrets: Secrets) {
    this.#options = options;
    this.#secrets = secrets;
  }

  async start(): Promise<Identity> {
    await this.#useKey(this.#secrets.privateKey, this.#secrets.kid);
    const server = createServer((request, response) => void this.#serve(request, response));
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      server.listen(this.#options.port ?? 0, '127.0.0.1', resolve);
    });
    this.#origin = `http://127.0.0.1:${portOf(server)}`;
    return {
      endpoint: `${this.#origin}/msi/token`,
      identityHeader: this.#secrets.header,
      issuer: this.#issuer(),
      tokenUrl: `${this.#origin}/token`,
      secretFile: this.#secrets.secretFile,
      principalId: this.#secrets.principalId,
      verify: (token, audiences) => this.#verify(token, audiences),
      rotateKeys: async () => {
        const { privateKey } = await generateKeyPair('RS256', { extractable: true });
        await this.#useKey(privateKey, randomUUID());
      },
      stop: () =>
        new Promise((resolve) => {
          server.close(() => resolve());
          server.closeAllConnections();
        }),
    };
  }

  #issuer(): string {
    return `${this.#origin}/${this.#options.tenantId}/v2.0`;
  }

  async #useKey(privateKey: CryptoKey, kid: string): Promise<void> {
    const { kty, n, e } = await exportJWK(privateKey);
    const jwk: JWK = { kty: kty ?? 'RSA', n: n ?? '', e: e ?? '', kid, use: 'sig', alg: 'RS256' };
    this.#keys = [{ kid, privateKey, jwk }, ...this.#keys].slice(0, 2);
    this.#verifyKeys = createLocalJWKSet({ keys: this.#keys.map((one) => one.jwk) });
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = new URL(request.url ?? '/', this.#origin);
    const { status, body } = await this.#answer(request, url).catch((error: unknown) => ({
      status: 400,
      body: { error: 'invalid_request', error_description: error instanceof Error ? error.message : String(error) },
    }));
    response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
  }

  async #answer(request: IncomingMessage, url: URL): Promise<{ status: number; body: object }> {
    const { tenantId } = this.#options;
    if (url.pathname === '/msi/token' && request.method === 'GET') return this.#managedIdentity(request, url);
    if (url.pathname === `/${tenantId}/v2.0/.well-known/openid-configuration`) {
      return {
        status: 200,
        body: {
          issuer: this.#issuer(),
          jwks_uri: `${this.#origin}/${tenantId}/discovery/v2.0/keys`,
          token_endpoint: `${this.#origin}/token`,
          id_token_signing_alg_values_supported: ['RS256'],
        },
      };
    }
    if (url.pathname === `/${tenantId}/discovery/v2.0/keys`)
      return { status: 200, body: { keys: this.#keys.map((one) => one.jwk) } };
    if (url.pathname === '/token' && request.method === 'POST') return this.#personal(request);
    return {
      status: 404,
      body: {
        error: 'not_served',
        error_description: `${request.method} ${url.pathname} is not served by the laptop's identity stand-in.`,
      },
    };
  }

  /** @source App Service managed identity REST protocol, api-version 2019-08-01 */
  async #managedIdentity(request: IncomingMessage, url: URL): Promise<{ status: number; body: object }> {
    if (!same(String(request.headers['x-identity-header'] ?? ''), this.#secrets.header))
      return {
        status: 401,
        body: { error: 'unauthorized', error_description: 'The header X-IDENTITY-HEADER is missing or wrong.' },
      };
    const resource = url.searchParams.get('resource');
    if (resource === null)
      return { status: 400, body: { error: 'invalid_request', error_description: 'resource is missing' } };
    const expires = Math.floor(Date.now() / 1_000) + LIFETIME_S;
    const token = await this.#sign(
      {
        aud: resource,
        iss: `https://sts.windows.net/${this.#options.tenantId}/`,
        oid: this.#secrets.principalId,
        sub: this.#secrets.principalId,
        tid: this.#options.tenantId,
        ver: '1.0',
        appid: this.#secrets.principalId,
      },
      expires,
    );
    return {
      status: 200,
      body: {
        access_token: token,
        expires_on: String(expires),
        resource,
        token_type: 'Bearer',
        client_id: url.searchParams.get('client_id') ?? this.#secrets.principalId,
      },
    };
  }

  /** A token for a person, as Entra makes them for an API, for whoever shows the secret of this machine. */
  async #personal(request: IncomingMessage): Promise<{ status: number; body: object }> {
    if (!same(String(request.headers.authorization ?? ''), `Bearer ${this.#secrets.secret}`))
      return {
        status: 401,
        body: { error: 'invalid_client', error_description: 'The secret of this machine is missing or wrong.' },
      };
    const { name, roles } = asked.parse(JSON.parse((await readText(request)) || '{}'));
    const { tenantId, audience } = this.#options;
    const expires = Math.floor(Date.now() / 1_000) + LIFETIME_S;
    const token = await this.#sign(
      {
        aud: audience,
        iss: this.#issuer(),
        oid: personOf(name),
        sub: personOf(name),
        tid: tenantId,
        ver: '2.0',
        preferred_username: `${name}@laptop`,
        name,
        roles,
      },
      expires,
    );
    return { status: 200, body: { access_token: token, expires_in: LIFETIME_S, token_type: 'Bearer' } };
  }

  #sign(claims: Record<string, unknown>, expires: number): Promise<string> {
    const [key] = this.#keys;
    if (key === undefined) throw new Error('There is no signing key.');
    const now = Math.floor(Date.now() / 1_000);
    return new SignJWT(claims)
      .setProtectedHeader({ alg: 'RS256', kid: key.kid, typ: 'JWT' })
      .setIssuedAt(now)
      .setNotBefore(now - 5)
      .setExpirationTime(expires)
      .setJti(randomUUID())
      .sign(key.privateKey);
  }

  async #verify(token: string, audiences: readonly string[]): Promise<{ readonly oid: string }> {
    const { payload } = await jwtVerify(token, this.#verifyKeys, { audience: [...audiences], algorithms: ['RS256'] });
    return { oid: String(payload['oid']) };
  }
}

/** Secrets are made at the first start and kept, readable by their owner only. */
async function loadSecrets(home: string): Promise<Secrets> {
  const file = join(home, 'identity.json');
  const secretFile = join(home, 'secret');
  if (!existsSync(file)) {
    const { privateKey } = await generateKeyPair('RS256', { extractable: true });
    const fresh = {
      header: randomBytes(24).toString('hex'),
      principalId: randomUUID(),
      kid: randomUUID(),
      key: await exportPKCS8(privateKey),
    };
    writeFileSync(secretFile, randomBytes(32).toString('hex'), { mode: 0o600 });
    writeFileSync(file, JSON.stringify(fresh), { mode: 0o600 });
  }
  const { header, principalId, kid, key } = z
    .object({ header: z.string(), principalId: z.string(), kid: z.string(), key: z.string() })
    .parse(JSON.parse(readFileSync(file, 'utf8')));
  return {
    header,
    principalId,
    kid,
    secretFile,
    secret: readFileSync(secretFile, 'utf8').trim(),
    privateKey: await importPKCS8(key, 'RS256', { extractable: true }),
  };
}

/** A stable object id for a name. */
function personOf(name: string): string {
  const digits = Buffer.from(name).toString('hex').padEnd(12, '0').slice(0, 12);
  return `00000000-0000-4000-8000-${digits}`;
}

function same(shown: string, expected: string): boolean {
  const [a, b] = [Buffer.from(shown), Buffer.from(expected)];
  return a.length === b.length && timingSafeEqual(a, b);
}

function portOf(server: Server): number {
  const address = server.address();
  return typeof address === 'object' && address !== null ? address.port : 0;
}

async function readText(request: IncomingMessage): Promise<string> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of request as AsyncIterable<Uint8Array>) chunks.push(chunk);
  return Buffer.concat(chunks).toString('utf8');
}
