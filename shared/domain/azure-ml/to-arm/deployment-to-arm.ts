import type { DeploymentDraft } from '../draft/drafts.ts';
import { present } from '../draft/present.ts';

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
    instanceType: draft.instanceType,
    appInsightsEnabled: draft.appInsightsEnabled,
    environmentVariables: draft.environmentVariables,
    properties: draft.properties,
  };
}
