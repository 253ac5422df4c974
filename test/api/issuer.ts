/** An issuer of access tokens with its discovery document and keys over real HTTP. */
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';

import { exportJWK, generateKeyPair, SignJWT, type CryptoKey, type JWK } from 'jose';

/** What a token of a test says; the rest is as it must be. */
export interface TokenWish {
  readonly roles?: readonly string[];
  readonly audience?: string;
  readonly issuer?: string;
  readonly tenant?: string;
  /** Seconds from now. */
  readonly expiresIn?: number;
  readonly notBefore?: number;
  readonly version?: string;
  readonly objectId?: string;
}

/** Audience and tenant that the API under test trusts. */
export const trusted = { audience: 'api://whence', tenantId: '00000000-0000-4000-8000-000000000001' };

/** See the module. */
export class Issuer implements AsyncDisposable {
  readonly url: string;
  readonly #server: Server;
  #keys: { readonly id: string; readonly key: CryptoKey; readonly jwk: JWK }[] = [];
  #made = 0;

  private constructor(server: Server, url: string) {
    this.#server = server;
    this.url = url;
  }

  static async start(): Promise<Issuer> {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const issuer = new Issuer(server, `http://127.0.0.1:${(server.address() as AddressInfo).port}`);
    server.on('request', (request, response) => {
      const document = request.url === '/keys' ? issuer.keys : { issuer: issuer.url, jwks_uri: `${issuer.url}/keys` };
      response.setHeader('content-type', 'application/json').end(JSON.stringify(document));
    });
    await issuer.rotate();
    return issuer;
  }

  /** The keys as its document shows them. */
  get keys(): { readonly keys: readonly JWK[] } {
    return { keys: this.#keys.map(({ jwk }) => jwk) };
  }

  /** Signs with a new key from now on; the old one is gone. */
  async rotate(): Promise<void> {
    this.#keys = [await this.#newKey()];
  }

  async #newKey() {
    this.#made += 1;
    const id = `key-${this.#made}`;
    const { publicKey, privateKey } = await generateKeyPair('RS256', { extractable: true });
    const jwk = { ...(await exportJWK(publicKey)), kid: id, alg: 'RS256', use: 'sig' };
    return { id, key: privateKey, jwk };
  }

  /** @returns a signed token */
  async token(wish: TokenWish = {}): Promise<string> {
    const signing = this.#keys[0];
    if (signing === undefined) throw new Error('The issuer has no key.');
    return this.#sign(wish, signing.id, signing.key);
  }

  /** @returns a token of a CI system with these claims */
  async signed(claims: Readonly<Record<string, unknown>>): Promise<string> {
    const signing = this.#keys[0];
    if (signing === undefined) throw new Error('The issuer has no key.');
    return new SignJWT({ ...claims })
      .setProtectedHeader({ alg: 'RS256', kid: signing.id })
      .setIssuer(this.url)
      .setAudience(trusted.audience)
      .setIssuedAt()
      .setExpirationTime('10m')
      .sign(signing.key);
  }

  /** @returns a token of a stranger's key under the id of ours */
  async forged(wish: TokenWish = {}): Promise<string> {
    const { privateKey } = await generateKeyPair('RS256');
    return this.#sign(wish, this.#keys[0]?.id ?? '', privateKey);
  }

  #sign(wish: TokenWish, keyId: string, key: CryptoKey): Promise<string> {
    const nowSeconds = Math.floor(Date.now() / 1_000);
    return new SignJWT({
      oid: wish.objectId ?? '00000000-0000-4000-8000-00000000abcd',
      tid: wish.tenant ?? trusted.tenantId,
      ver: wish.version ?? '2.0',
      preferred_username: 'ada@example.org',
      roles: [...(wish.roles ?? ['reader', 'operator', 'publisher'])],
    })
      .setProtectedHeader({ alg: 'RS256', kid: keyId })
      .setIssuer(wish.issuer ?? this.url)
      .setAudience(wish.audience ?? trusted.audience)
      .setIssuedAt(nowSeconds)
      .setNotBefore(nowSeconds + (wish.notBefore ?? 0))
      .setExpirationTime(nowSeconds + (wish.expiresIn ?? 600))
      .sign(key);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }
}
