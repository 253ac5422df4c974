/**
 * What an Azure ML YAML file says, converted as Microsoft's tools convert it, before anything is uploaded: code
 * folders, environments and computes are still names. A run puts the ids of what it registered in their place. Stored
 * in pipeline definitions, so the schemas are strict.
 */
import { z } from 'zod';

import { assetTypes } from '../yaml/words.ts';

const texts = z.record(z.string(), z.string());
const route = z.strictObject({ port: z.int().positive(), path: z.string() });

/** An environment. */
export const environmentDraft = z.strictObject({
  name: z.string().optional(),
  version: z.string().optional(),
  description: z.string().optional(),
  tags: texts,
  properties: texts,
  image: z.string().optional(),
  /** Text of the conda file, keys sorted. */
  condaFile: z.string().optional(),
  build: z.strictObject({ context: z.string(), dockerfilePath: z.string().optional() }).optional(),
  inferenceConfig: z.strictObject({ livenessRoute: route, readinessRoute: route, scoringRoute: route }).optional(),
  osType: z.enum(['Linux', 'Windows']).optional(),
});
/** See {@link environmentDraft}. */
export type EnvironmentDraft = z.output<typeof environmentDraft>;

/** An environment where it is used. References have lost their prefix: `name:version`, `name@latest`, `azureml://…`. */
export const environmentUse = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('reference'), reference: z.string() }),
  z.strictObject({ kind: z.literal('inline'), environment: environmentDraft }),
]);
/** See {@link environmentUse}. */
export type EnvironmentUse = z.output<typeof environmentUse>;

/** Ways in which a job gets its inputs. */
export const inputModes = ['ReadOnlyMount', 'Download', 'Direct', 'EvalMount', 'EvalDownload'] as const;
/** Ways in which a job's outputs are stored. */
export const outputModes = ['ReadWriteMount', 'Upload', 'Direct'] as const;

/** Input of a job, as in the payload. */
export const jobInput = z.discriminatedUnion('jobInputType', [
  z.strictObject({ jobInputType: z.literal('literal'), value: z.string() }),
  z.strictObject({
    jobInputType: z.enum(assetTypes),
    uri: z.string().optional(),
    mode: z.enum(inputModes).optional(),
    description: z.string().optional(),
  }),
]);
/** See {@link jobInput}. */
export type JobInput = z.output<typeof jobInput>;

/** Output of a job, as in the payload. */
export const jobOutput = z.strictObject({
  jobOutputType: z.enum(assetTypes),
  uri: z.string().optional(),
  mode: z.enum(outputModes).optional(),
  description: z.string().optional(),
  /** Registered as this data asset or model when the job has ended. */
  assetName: z.string().optional(),
  assetVersion: z.string().optional(),
});
/** See {@link jobOutput}. */
export type JobOutput = z.output<typeof jobOutput>;

const count = z.int().nonnegative();

/** How the processes of a job find each other. */
export const jobDistribution = z.discriminatedUnion('distributionType', [
  z.strictObject({ distributionType: z.literal('PyTorch'), processCountPerInstance: count.optional() }),
  z.strictObject({ distributionType: z.literal('Mpi'), processCountPerInstance: count.optional() }),
  z.strictObject({
    distributionType: z.literal('TensorFlow'),
    workerCount: count.optional(),
    parameterServerCount: count.optional(),
  }),
]);

/** An interactive service of a job. */
export const jobService = z.strictObject({
  jobServiceType: z.enum(['VSCode', 'JupyterLab', 'TensorBoard', 'SSH']),
  port: z.int().optional(),
  nodes: z.strictObject({ nodesValueType: z.literal('All') }).optional(),
  properties: texts.optional(),
});

/** A command job. */
export const commandJobDraft = z.strictObject({
  command: z.string(),
  displayName: z.string().optional(),
  experimentName: z.string().optional(),
  description: z.string().optional(),
  tags: texts,
  properties: texts,
  /** Folder of the code: as written, or in a pipeline definition from the pipeline's folder. */
  code: z.string().optional(),
  environment: environmentUse,
  /** Name of the compute without `azureml:`. */
  compute: z.string().optional(),
  inputs: z.record(z.string(), jobInput),
  outputs: z.record(z.string(), jobOutput),
  environmentVariables: texts,
  resources: z
    .strictObject({
      instanceCount: count.optional(),
      instanceType: z.string().optional(),
      shmSize: z.string().optional(),
      dockerArgs: z.string().optional(),
    })
    .optional(),
  distribution: jobDistribution.optional(),
  /** ISO 8601. */
  timeout: z.string().optional(),
  services: z.record(z.string(), jobService),
});
/** See {@link commandJobDraft}. */
export type CommandJobDraft = z.output<typeof commandJobDraft>;

/** How callers of an endpoint show who they are. */
export const authModes = ['AADToken', 'AMLToken', 'Key'] as const;
/** Whether the public network reaches something. */
export const networkAccess = ['Enabled', 'Disabled'] as const;

/** A managed online endpoint. */
export const endpointDraft = z.strictObject({
  name: z.string(),
  description: z.string().optional(),
  tags: texts,
  properties: texts,
  authMode: z.enum(authModes).optional(),
  publicNetworkAccess: z.enum(networkAccess).optional(),
  /** Resource ids of user-assigned identities; none: system-assigned. */
  userAssignedIdentities: z.array(z.string()).optional(),
  traffic: z.record(z.string(), count),
  mirrorTraffic: z.record(z.string(), count),
});
/** See {@link endpointDraft}. */
export type EndpointDraft = z.output<typeof endpointDraft>;

const duration = z.string();

/** When a deployment counts as alive or ready; ISO 8601 durations. */
export const probe = z.strictObject({
  initialDelay: duration.optional(),
  period: duration.optional(),
  timeout: duration.optional(),
  failureThreshold: count.optional(),
  successThreshold: count.optional(),
});

/** A managed online deployment. Its model is bound by the run. */
export const deploymentDraft = z.strictObject({
  name: z.string(),
  endpointName: z.string().optional(),
  description: z.string().optional(),
  tags: texts,
  properties: texts,
  /** Reference without `azureml:`; an inline model is `inline`. */
  model: z
    .discriminatedUnion('kind', [
      z.strictObject({ kind: z.literal('reference'), reference: z.string() }),
      z.strictObject({ kind: z.literal('inline'), path: z.string() }),
    ])
    .optional(),
  code: z.string().optional(),
  scoringScript: z.string().optional(),
  environment: environmentUse.optional(),
  environmentVariables: texts,
  /** Of managed deployments always. */
  instanceType: z.string().optional(),
  instanceCount: z.int().positive(),
  appInsightsEnabled: z.boolean(),
  scaleSettings: z
    .discriminatedUnion('scaleType', [
      z.strictObject({ scaleType: z.literal('Default') }),
      z.strictObject({
        scaleType: z.literal('TargetUtilization'),
        minInstances: count.optional(),
        maxInstances: count.optional(),
        pollingInterval: duration.optional(),
        targetUtilizationPercentage: count.optional(),
      }),
    ])
    .optional(),
  requestSettings: z
    .strictObject({
      requestTimeout: duration.optional(),
      maxConcurrentRequestsPerInstance: count.optional(),
      maxQueueWait: duration.optional(),
    })
    .optional(),
  livenessProbe: probe.optional(),
  readinessProbe: probe.optional(),
  egressPublicNetworkAccess: z.enum(networkAccess).optional(),
  modelMountPath: z.string().optional(),
});
/** See {@link deploymentDraft}. */
export type DeploymentDraft = z.output<typeof deploymentDraft>;
