import type { Role } from '#shared/contracts/api/route-contract.ts';

/** Who calls: read from a verified access token. */
export interface Caller {
  /** Object id in the tenant. */
  readonly objectId: string;
  /** Name for people, as the token states it. */
  readonly name: string;
  readonly roles: readonly Role[];
}

/** The port. */
export interface TokenVerifier {
  /**
   * @param token - an access token, without `Bearer`
   * @returns who it speaks for
   * @throws {WhenceError} `http.unauthenticated`; `http.issuer-unavailable` (transient)
   */
  verify(token: string): Promise<Caller>;
}
