/** Azure ML CLI v2 YAML of managed online deployments. @source azure-ai-ml 1.34, `_schema/_deployment` */
import { z } from 'zod';

import type { LaterKeys } from '../../yaml/check-schema.ts';

import { environmentUse } from './environment-yaml.ts';
import { assetTypes, environmentVariables, looseEnum, seconds, tags, text, version } from './words.ts';

const milliseconds = z.int().nonnegative();
const count = z.int().positive();

const probe = z.strictObject({
  initial_delay: seconds.optional(),
  period: seconds.optional(),
  timeout: seconds.optional(),
  failure_threshold: count.optional(),
  success_threshold: count.optional(),
});

const model = z.union(
  [
    text,
    z.strictObject({
      path: text,
      name: text.optional(),
      version: version.optional(),
      type: looseEnum(assetTypes).optional(),
      description: text.optional(),
      tags: tags.optional(),
    }),
  ],
  { error: 'a reference (`azureml:name:version`) or a map with `path`' },
);

const scaleSettings = z.discriminatedUnion('type', [
  z.strictObject({ type: z.literal('default') }),
  z.strictObject({
    type: z.literal('target_utilization'),
    min_instances: count.optional(),
    max_instances: count.optional(),
    polling_interval: seconds.optional(),
    target_utilization_percentage: z.int().min(1).max(100).optional(),
  }),
]);

const shape = {
  $schema: text.optional(),
  name: text,
  endpoint_name: text.optional(),
  description: text.optional(),
  tags: tags.optional(),
  properties: tags.optional(),
  model: model.optional(),
  code_configuration: z.strictObject({ code: text, scoring_script: text }).optional(),
  environment: environmentUse.optional(),
  environment_variables: environmentVariables.optional(),
  instance_count: count.optional(),
  app_insights_enabled: z.boolean().optional(),
  scale_settings: scaleSettings.optional(),
  request_settings: z
    .strictObject({
      request_timeout_ms: milliseconds.optional(),
      max_concurrent_requests_per_instance: count.optional(),
      max_queue_wait_ms: milliseconds.optional(),
    })
    .optional(),
  liveness_probe: probe.optional(),
  readiness_probe: probe.optional(),
  model_mount_path: text.optional(),
};

/** A managed online deployment. */
export const deploymentYaml = z.strictObject({
  ...shape,
  type: looseEnum(['managed']).optional(),
  instance_type: text,
  egress_public_network_access: looseEnum(['enabled', 'disabled']).optional(),
});
/** See {@link deploymentYaml}. */
export type DeploymentYaml = z.output<typeof deploymentYaml>;

const containerResources = z.strictObject({ cpu: text.optional(), memory: text.optional(), gpu: text.optional() });

/** An online deployment on a Kubernetes cluster. */
export const kubernetesDeploymentYaml = z.strictObject({
  ...shape,
  type: looseEnum(['kubernetes']).optional(),
  instance_type: text.optional(),
  resources: z
    .strictObject({ requests: containerResources.optional(), limits: containerResources.optional() })
    .optional(),
});
/** See {@link kubernetesDeploymentYaml}. */
export type KubernetesDeploymentYaml = z.output<typeof kubernetesDeploymentYaml>;

/** Keys of Microsoft's schema that a later release honours. */
export const laterDeploymentKeys: LaterKeys = {
  data_collector: 'collecting inference data',
  resources: 'Kubernetes online deployments',
  private_network_connection: 'private connections of deployments',
  startup_probe: 'startup probes',
};
