/** Who the app itself is, as its tokens say. */
export interface OwnIdentity {
  /** Object id of the principal, to which roles are given. */
  readonly objectId: string;
  /** Client id of the identity. */
  readonly clientId: string;
  readonly tenantId: string;
}

/**
 * Asks for a token and reads it.
 *
 * @throws {Error} there is no identity, or it gets no token
 */
export type WhoAmI = () => Promise<OwnIdentity>;
