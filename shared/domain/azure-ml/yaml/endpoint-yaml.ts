/** Azure ML CLI v2 YAML of managed online endpoints. @source azure-ai-ml 1.34, `_schema/_endpoint/online` */
import { z } from 'zod';

import type { LaterKeys } from '../../yaml/check-schema.ts';

import { looseEnum, tags, text } from './words.ts';

const percents = z.record(text, z.int().min(0).max(100));

const shape = {
  $schema: text.optional(),
  name: text.regex(/^[a-zA-Z][a-zA-Z0-9-]{1,30}[a-zA-Z0-9]$/, '3 to 32 letters, digits and hyphens, a letter first'),
  description: text.optional(),
  tags: tags.optional(),
  properties: tags.optional(),
  auth_mode: looseEnum(['key', 'aml_token', 'aad_token']).optional(),
  identity: z
    .strictObject({
      type: looseEnum(['system_assigned', 'user_assigned']),
      user_assigned_identities: z.array(z.strictObject({ resource_id: text })).optional(),
    })
    .optional(),
  traffic: percents.optional(),
  mirror_traffic: percents.optional(),
};

/** A managed online endpoint. */
export const endpointYaml = z.strictObject({
  ...shape,
  public_network_access: looseEnum(['enabled', 'disabled']).optional(),
});
/** See {@link endpointYaml}. */
export type EndpointYaml = z.output<typeof endpointYaml>;

/** An online endpoint on a Kubernetes cluster. */
export const kubernetesEndpointYaml = z.strictObject({ ...shape, compute: text });
/** See {@link kubernetesEndpointYaml}. */
export type KubernetesEndpointYaml = z.output<typeof kubernetesEndpointYaml>;

/** Keys of Microsoft's schema that a later release honours. */
export const laterEndpointKeys: LaterKeys = {
  compute: 'Kubernetes online endpoints',
  location: 'the place of an endpoint; it is the workspace’s',
};
