/**
 * Who is who on a laptop: the managed-identity endpoint that the app asks for tokens, and a development issuer that
 * signs real tokens for people. Loopback only; on Azure the app refuses both.
 */
import { randomUUID, timingSafeEqual } from 'node:crypto';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';

import { createLocalJWKSet, jwtVerify, SignJWT, type JWTVerifyGetKey } from 'jose';
import { z } from 'zod';

import { sha256 } from '#shared/domain/digest.ts';

import { loadSecrets, newSigningKey, storeKeys, type Secrets, type SigningKey } from './secrets.ts';

/** How it is started. */
export interface IdentityOptions {
  readonly folder: string;
  readonly port?: number;
  readonly tenantId: string;
  /** Audience of people's tokens: the API. */
  readonly audience: string;
  /** Milliseconds since 1970; default: the system's clock. */
  readonly nowMs?: () => number;
}

/** A running identity stand-in. */
export interface Identity {
  /** Value of `IDENTITY_ENDPOINT`. */
  readonly endpoint: string;
  /** Value of `IDENTITY_HEADER`. */
  readonly identityHeader: string;
  /** Issuer of people's tokens. */
  readonly issuer: string;
  /** Where the public keys are. */
  readonly jwksUrl: string;
  readonly tokenUrl: string;
  /** File with the secret that the token endpoint asks for. */
  readonly secretFile: string;
  /** Object id of the app's identity. */
  readonly principalId: string;
  /** Verifies a token of this stand-in. @throws {Error} it is not one, or for another audience */
  verify(token: string, audiences: readonly string[]): Promise<{ readonly oid: string }>;
  /** Signs with a new key from now on, also after a restart; the one before stays published. */
  rotateKeys(): Promise<void>;
  stop(): Promise<void>;
}

/** Lifetime of tokens, seconds. */
const LIFETIME_S = 3_600;
/** Keys that are published: the one that signs, and the one before. */
const PUBLISHED_KEYS = 2;
/** @source App Service managed identity REST protocol, as `@azure/identity` speaks it */
const MANAGED_IDENTITY_VERSION = '2019-08-01';
/** Largest body of a request for a token. */
const BODY_BYTES = 10_000;

const asked = z.strictObject({
  name: z.string().default('you'),
  roles: z.array(z.enum(['reader', 'operator', 'publisher'])).default(['reader', 'operator', 'publisher']),
});

/** Starts the stand-in on the loopback address. */
export async function startIdentity(options: IdentityOptions): Promise<Identity> {
  const stand = new IdentityStandIn(options, await loadSecrets(options.folder));
  return stand.start();
}

class IdentityStandIn {
  readonly #options: IdentityOptions;
  readonly #secrets: Secrets;
  readonly #nowMs: () => number;
  #keys: readonly SigningKey[];
  #verifyKeys: JWTVerifyGetKey;
  #origin = '';

  constructor(options: IdentityOptions, secrets: Secrets) {
    this.#options = options;
    this.#secrets = secrets;
    this.#nowMs = options.nowMs ?? Date.now;
    this.#keys = secrets.keys;
    this.#verifyKeys = publicKeys(secrets.keys);
  }

  async start(): Promise<Identity> {
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
      jwksUrl: this.#jwksUrl(),
      tokenUrl: `${this.#origin}/token`,
      secretFile: this.#secrets.secretFile,
      principalId: this.#secrets.principalId,
      verify: (token, audiences) => this.#verify(token, audiences),
      rotateKeys: async () => {
        this.#keys = [await newSigningKey(), ...this.#keys].slice(0, PUBLISHED_KEYS);
        this.#verifyKeys = publicKeys(this.#keys);
        await storeKeys(this.#options.folder, this.#keys);
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

  #jwksUrl(): string {
    return `${this.#origin}/${this.#options.tenantId}/discovery/v2.0/keys`;
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
          jwks_uri: this.#jwksUrl(),
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
    if (url.searchParams.get('api-version') !== MANAGED_IDENTITY_VERSION)
      return refused(`only api-version ${MANAGED_IDENTITY_VERSION} is served`);
    const resource = url.searchParams.get('resource');
    if (resource === null || resource === '') return refused('resource is missing');
    const expires = this.#nowS() + LIFETIME_S;
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
    const expires = this.#nowS() + LIFETIME_S;
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
    const now = this.#nowS();
    return new SignJWT(claims)
      .setProtectedHeader({ alg: 'RS256', kid: key.kid, typ: 'JWT' })
      .setIssuedAt(now)
      .setNotBefore(now - 5)
      .setExpirationTime(expires)
      .setJti(randomUUID())
      .sign(key.privateKey);
  }

  async #verify(token: string, audiences: readonly string[]): Promise<{ readonly oid: string }> {
    const { payload } = await jwtVerify(token, this.#verifyKeys, {
      audience: [...audiences],
      algorithms: ['RS256'],
      currentDate: new Date(this.#nowMs()),
    });
    return { oid: String(payload['oid']) };
  }

  #nowS(): number {
    return Math.floor(this.#nowMs() / 1_000);
  }
}

function refused(why: string): { status: number; body: object } {
  return { status: 400, body: { error: 'invalid_request', error_description: why } };
}

function publicKeys(keys: readonly SigningKey[]): JWTVerifyGetKey {
  return createLocalJWKSet({ keys: keys.map((one) => one.jwk) });
}

/** A stable object id for a name, in the form of a UUID of version 8. @source RFC 9562 §5.8 */
function personOf(name: string): string {
  const hex = sha256(name);
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-8${hex.slice(13, 16)}-8${hex.slice(17, 20)}-${hex.slice(20, 32)}`;
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
  let size = 0;
  for await (const chunk of request as AsyncIterable<Uint8Array>) {
    size += chunk.length;
    if (size > BODY_BYTES) throw new Error(`the body is larger than ${BODY_BYTES} bytes`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}
