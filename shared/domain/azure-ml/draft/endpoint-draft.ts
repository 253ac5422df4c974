import type { EndpointYaml } from '../yaml/endpoint-yaml.ts';

import type { EndpointDraft } from './drafts.ts';
import { present } from './present.ts';

const authModes = { key: 'Key', aml_token: 'AMLToken', aad_token: 'AADToken' } as const;
const networkAccess = { enabled: 'Enabled', disabled: 'Disabled' } as const;

/**
 * @param yaml - a checked endpoint
 * @source azure-ai-ml 1.34, `ManagedOnlineEndpoint._to_rest_online_endpoint`
 */
export function draftEndpoint(yaml: EndpointYaml): EndpointDraft {
  const identities = yaml.identity?.user_assigned_identities?.map((identity) => identity.resource_id);
  return {
    name: yaml.name,
    ...present({ description: yaml.description }),
    tags: yaml.tags ?? {},
    properties: yaml.properties ?? {},
    ...(yaml.auth_mode === undefined ? {} : { authMode: authModes[yaml.auth_mode] }),
    ...(yaml.public_network_access === undefined
      ? {}
      : { publicNetworkAccess: networkAccess[yaml.public_network_access] }),
    ...present({ userAssignedIdentities: identities }),
    traffic: yaml.traffic ?? {},
    mirrorTraffic: yaml.mirror_traffic ?? {},
  };
}
