import type { SourceDocument } from '../../yaml/source-document.ts';
import type { DeploymentYaml } from '../yaml/deployment-yaml.ts';

import type { DraftContext } from './context.ts';
import type { DeploymentDraft } from './drafts.ts';
import { environmentUseOf } from './environment-draft.ts';
import { isoDuration } from './iso-duration.ts';
import { stripReference } from './references.ts';
import { present } from './present.ts';

const networkAccess = { enabled: 'Enabled', disabled: 'Disabled' } as const;

/** A managed deployment, or what one on Kubernetes shares with it. */
type AnyDeploymentYaml = Omit<DeploymentYaml, 'type' | 'instance_type'> & {
  readonly instance_type?: string | undefined;
};

/**
 * @param yaml - a checked deployment
 * @param document - the document it comes from
 * @source azure-ai-ml 1.34, `ManagedOnlineDeployment._to_rest_object`
 */
export function draftDeployment(
  yaml: AnyDeploymentYaml,
  document: SourceDocument,
  context: DraftContext,
): DeploymentDraft {
  const environment =
    yaml.environment === undefined ? undefined : environmentUseOf(yaml.environment, document, ['environment'], context);
  const code = yaml.code_configuration;
  return {
    name: yaml.name,
    ...present({ endpointName: yaml.endpoint_name, description: yaml.description }),
    tags: yaml.tags ?? {},
    properties: yaml.properties ?? {},
    ...(yaml.model === undefined ? {} : { model: draftModel(yaml.model) }),
    ...(code === undefined
      ? {}
      : {
          code: context.keepFolder(code.code, document, ['code_configuration', 'code']),
          scoringScript: code.scoring_script,
        }),
    ...present({ environment }),
    environmentVariables: yaml.environment_variables ?? {},
    ...present({ instanceType: yaml.instance_type }),
    instanceCount: yaml.instance_count ?? 1,
    appInsightsEnabled: yaml.app_insights_enabled ?? false,
    ...(yaml.scale_settings === undefined ? {} : { scaleSettings: draftScale(yaml.scale_settings) }),
    ...(yaml.request_settings === undefined ? {} : { requestSettings: draftRequests(yaml.request_settings) }),
    ...(yaml.liveness_probe === undefined ? {} : { livenessProbe: draftProbe(yaml.liveness_probe) }),
    ...(yaml.readiness_probe === undefined ? {} : { readinessProbe: draftProbe(yaml.readiness_probe) }),
    ...(yaml.egress_public_network_access === undefined
      ? {}
      : { egressPublicNetworkAccess: networkAccess[yaml.egress_public_network_access] }),
    ...present({ modelMountPath: yaml.model_mount_path }),
  };
}

function draftModel(model: NonNullable<DeploymentYaml['model']>): DeploymentDraft['model'] {
  if (typeof model !== 'string') return { kind: 'inline', path: model.path };
  return { kind: 'reference', reference: stripReference(model) };
}

function draftScale(scale: NonNullable<DeploymentYaml['scale_settings']>): DeploymentDraft['scaleSettings'] {
  if (scale.type === 'default') return { scaleType: 'Default' };
  return {
    scaleType: 'TargetUtilization',
    ...present({ minInstances: scale.min_instances, maxInstances: scale.max_instances }),
    ...(scale.polling_interval === undefined ? {} : { pollingInterval: isoDuration(scale.polling_interval * 1000) }),
    ...present({ targetUtilizationPercentage: scale.target_utilization_percentage }),
  };
}

function draftRequests(settings: NonNullable<DeploymentYaml['request_settings']>): DeploymentDraft['requestSettings'] {
  return {
    ...(settings.request_timeout_ms === undefined ? {} : { requestTimeout: isoDuration(settings.request_timeout_ms) }),
    ...present({ maxConcurrentRequestsPerInstance: settings.max_concurrent_requests_per_instance }),
    ...(settings.max_queue_wait_ms === undefined ? {} : { maxQueueWait: isoDuration(settings.max_queue_wait_ms) }),
  };
}

function draftProbe(probe: NonNullable<DeploymentYaml['liveness_probe']>): DeploymentDraft['livenessProbe'] {
  return {
    ...(probe.initial_delay === undefined ? {} : { initialDelay: isoDuration(probe.initial_delay * 1000) }),
    ...(probe.period === undefined ? {} : { period: isoDuration(probe.period * 1000) }),
    ...(probe.timeout === undefined ? {} : { timeout: isoDuration(probe.timeout * 1000) }),
    ...present({ failureThreshold: probe.failure_threshold, successThreshold: probe.success_threshold }),
  };
}
