import type { EndpointDraft } from '../draft/drafts.ts';
import { present } from '../draft/present.ts';

/**
 * Payload of a managed online endpoint, as Azure ML's tools send it.
 * @param location - region of the workspace
 */
export function endpointToArm(draft: EndpointDraft, location: string): Record<string, unknown> {
  return {
    location,
    identity: endpointIdentity(draft),
    tags: draft.tags,
    properties: {
      ...present({
        description: draft.description,
        authMode: draft.authMode,
        publicNetworkAccess: draft.publicNetworkAccess,
      }),
      traffic: draft.traffic,
      mirrorTraffic: draft.mirrorTraffic,
      properties: draft.properties,
    },
  };
}

function endpointIdentity(draft: EndpointDraft): Record<string, unknown> {
  if (draft.userAssignedIdentities === undefined) return { type: 'SystemAssigned' };
  const identities = draft.userAssignedIdentities.map((id) => [id, {}] as const);
  return { type: 'UserAssigned', userAssignedIdentities: Object.fromEntries(identities) };
}
