import type { EndpointDraft } from '../draft/drafts.ts';
import { draftEndpoint } from '../draft/endpoint-draft.ts';
import { present } from '../draft/present.ts';
import { stripReference } from '../draft/references.ts';
import type { KubernetesEndpointYaml } from '../yaml/endpoint-yaml.ts';

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

/** Payload of an online endpoint on Kubernetes. @source azure-ai-ml 1.34, `KubernetesOnlineEndpoint._to_rest_online_endpoint` */
export function kubernetesEndpointToArm(yaml: KubernetesEndpointYaml, location: string): Record<string, unknown> {
  const { compute, ...shared } = yaml;
  const payload = endpointToArm(draftEndpoint(shared), location);
  return {
    ...payload,
    properties: { ...(payload['properties'] as Record<string, unknown>), compute: stripReference(compute) },
  };
}
