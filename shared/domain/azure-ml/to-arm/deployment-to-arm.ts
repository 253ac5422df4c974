import type { SourceDocument } from '../../yaml/source-document.ts';
import type { DraftContext } from '../draft/context.ts';
import { draftDeployment } from '../draft/deployment-draft.ts';
import type { DeploymentDraft } from '../draft/drafts.ts';
import { present } from '../draft/present.ts';
import type { KubernetesDeploymentYaml } from '../yaml/deployment-yaml.ts';

/**
 * Payload of a managed online deployment, as Azure ML's tools make it before anything is uploaded: an inline model or
 * environment leaves nothing in it.
 * @param location - region of the workspace
 */
export function deploymentToArm(draft: DeploymentDraft, location: string): Record<string, unknown> {
  const { environment, model } = draft;
  return {
    location,
    sku: deploymentSku(draft),
    tags: draft.tags,
    properties: {
      ...deploymentProperties(draft),
      ...(draft.code === undefined
        ? {}
        : { codeConfiguration: { codeId: draft.code, ...present({ scoringScript: draft.scoringScript }) } }),
      ...(environment?.kind === 'reference' ? { environmentId: environment.reference } : {}),
      ...(model?.kind === 'reference' ? { model: model.reference } : {}),
    },
  };
}

/** How many instances serve. */
export function deploymentSku(draft: DeploymentDraft): Record<string, unknown> {
  return { name: 'Default', capacity: draft.instanceCount };
}

/** The part of the payload that needs no id. */
export function deploymentProperties(draft: DeploymentDraft): Record<string, unknown> {
  return {
    endpointComputeType: 'Managed',
    ...present({
      description: draft.description,
      scaleSettings: draft.scaleSettings,
      requestSettings: draft.requestSettings,
      livenessProbe: draft.livenessProbe,
      readinessProbe: draft.readinessProbe,
      egressPublicNetworkAccess: draft.egressPublicNetworkAccess,
      modelMountPath: draft.modelMountPath,
    }),
    ...present({ instanceType: draft.instanceType }),
    appInsightsEnabled: draft.appInsightsEnabled,
    environmentVariables: draft.environmentVariables,
    properties: draft.properties,
  };
}

/** Payload of an online deployment on Kubernetes. @source azure-ai-ml 1.34, `KubernetesOnlineDeployment._to_rest_object` */
export function kubernetesDeploymentToArm(
  yaml: KubernetesDeploymentYaml,
  document: SourceDocument,
  context: DraftContext,
  location: string,
): Record<string, unknown> {
  const payload = deploymentToArm(draftDeployment(yaml, document, context), location);
  const { resources } = yaml;
  return {
    ...payload,
    properties: {
      ...(payload['properties'] as Record<string, unknown>),
      endpointComputeType: 'Kubernetes',
      ...(resources === undefined
        ? {}
        : {
            containerResourceRequirements: present({
              containerResourceRequests: resources.requests,
              containerResourceLimits: resources.limits,
            }),
          }),
    },
  };
}
