/** Asking the network where a name leads. */
export interface NameResolver {
  /**
   * @returns its addresses, IPv4 and IPv6
   * @throws {Error} the name is not known, or nobody answers
   */
  resolve(host: string): Promise<readonly string[]>;
}
