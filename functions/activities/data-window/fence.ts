import { findClaim, type RunOwner } from './claim-run.ts';
import type { ProtocolDependencies } from './protocol-dependencies.ts';

/**
 * Whether this execution still owns its run. Every effect of a run asks first, and does nothing otherwise.
 *
 * @source design §4.7
 */
export async function fence(
  deps: Pick<ProtocolDependencies, 'records'>,
  { runKey, token }: RunOwner,
): Promise<boolean> {
  const found = await findClaim(deps, runKey);
  return found?.claim.state === 'running' && found.claim.token === token;
}
