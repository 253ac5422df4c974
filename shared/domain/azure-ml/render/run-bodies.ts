/**
 * The bodies that a run really sends to Azure ML: the drafts of the pipeline definition with the ids of what was
 * registered, the run's own inputs and outputs, and what the stage profile decides. Pure.
 */
import { endpointIdentity } from '../../stage-profile/endpoint-identity.ts';
import type { CommandJobDraft, DeploymentDraft, EndpointDraft, EnvironmentDraft } from '../draft/drafts.ts';
import { present } from '../draft/present.ts';
import { commandJobProperties } from '../to-arm/command-job-to-arm.ts';
import { deploymentProperties, deploymentSku } from '../to-arm/deployment-to-arm.ts';
import { environmentToArm } from '../to-arm/environment-to-arm.ts';

/** Tags that say what something belongs to. */
export type OwnerTags = Readonly<Record<string, string>> & { readonly 'whence.owner': string };

/** What a run binds of a job. */
export interface JobBindings {
  /** ARM id, or undefined for a job without code. */
  readonly codeId: string | undefined;
  readonly environmentId: string;
  /** ARM id of the compute; undefined: serverless. */
  readonly computeId: string | undefined;
  /** Input name → URI; overrides what the YAML says. */
  readonly inputs: Readonly<Record<string, string>>;
  /** Output name → URI that Whence chose. */
  readonly outputs: Readonly<Record<string, string>>;
  readonly environmentVariables: Readonly<Record<string, string>>;
  readonly experimentName: string;
  readonly displayName: string;
  readonly tags: OwnerTags;
}

/** Body of a command job. */
export function jobBody(draft: CommandJobDraft, bindings: JobBindings): Readonly<Record<string, unknown>> {
  const { services: _services, ...properties } = commandJobProperties(draft);
  return {
    properties: {
      ...properties,
      ...present({ codeId: bindings.codeId, computeId: bindings.computeId }),
      environmentId: bindings.environmentId,
      displayName: bindings.displayName,
      experimentName: bindings.experimentName,
      ...boundData(draft, bindings),
      environmentVariables: { ...draft.environmentVariables, ...bindings.environmentVariables },
      tags: { ...draft.tags, ...bindings.tags },
    },
  };
}

/**
 * Body of a sweep or pipeline job.
 *
 * @param properties - with the ids of what was registered in them
 */
export function compositeJobBody(
  properties: Readonly<Record<string, unknown>>,
  bindings: Omit<JobBindings, 'codeId' | 'environmentId'>,
): Readonly<Record<string, unknown>> {
  const job = properties as Pick<CommandJobDraft, 'inputs' | 'outputs' | 'tags'> & {
    readonly trial?: { readonly environmentVariables?: Readonly<Record<string, string>> };
  };
  const { trial } = job;
  return {
    properties: {
      ...properties,
      ...present({ computeId: bindings.computeId }),
      displayName: bindings.displayName,
      experimentName: bindings.experimentName,
      ...boundData(job, bindings),
      // Steps of pipeline jobs do without: what differs in each run would keep them from being reused.
      ...(trial === undefined
        ? {}
        : {
            trial: {
              ...trial,
              environmentVariables: { ...trial.environmentVariables, ...bindings.environmentVariables },
            },
          }),
      tags: { ...job.tags, ...bindings.tags },
    },
  };
}

/** Inputs and outputs of a job, where the run says what they are. */
function boundData(
  job: Pick<CommandJobDraft, 'inputs' | 'outputs'>,
  bindings: Pick<JobBindings, 'inputs' | 'outputs'>,
): { readonly inputs: object; readonly outputs: object } {
  const inputs = Object.entries(job.inputs).map(([name, input]) => {
    const uri = bindings.inputs[name];
    return [name, uri === undefined || input.jobInputType === 'literal' ? input : { ...input, uri }] as const;
  });
  const outputs = Object.entries(job.outputs).map(
    ([name, output]) => [name, present({ ...output, uri: bindings.outputs[name] ?? output.uri })] as const,
  );
  return { inputs: Object.fromEntries(inputs), outputs: Object.fromEntries(outputs) };
}

/**
 * Body of an environment version.
 *
 * @param contextUri - where the build context was uploaded; undefined where there is none
 */
export function environmentBody(
  draft: EnvironmentDraft,
  contextUri: string | undefined,
  tags: OwnerTags,
): Readonly<Record<string, unknown>> {
  const { properties } = environmentToArm(draft) as { properties: Record<string, unknown> };
  const build =
    draft.build === undefined || contextUri === undefined
      ? {}
      : { build: { contextUri, ...present({ dockerfilePath: draft.build.dockerfilePath }) } };
  return { properties: { ...properties, ...build, tags: { ...draft.tags, ...tags } } };
}

/** What the stage decides of an endpoint. */
export interface EndpointBindings {
  readonly location: string;
  readonly authMode: string;
  readonly publicNetworkAccess: string;
  /** ARM id of a user-assigned identity; undefined: system-assigned. */
  readonly identity: string | undefined;
  readonly tags: OwnerTags;
}

/** Body of a new online endpoint, without traffic. */
export function endpointBody(draft: EndpointDraft, bindings: EndpointBindings): Readonly<Record<string, unknown>> {
  const { location, authMode, publicNetworkAccess, identity, tags } = bindings;
  return {
    location,
    kind: 'Managed',
    identity: endpointIdentity(identity),
    tags: { ...draft.tags, ...tags },
    properties: {
      ...present({ description: draft.description }),
      authMode,
      publicNetworkAccess,
      traffic: {},
      properties: draft.properties,
    },
  };
}

/** What a run binds of a deployment. */
export interface DeploymentBindings {
  readonly location: string;
  /** ARM id of the registered model version. */
  readonly model: string;
  readonly codeId: string | undefined;
  readonly environmentId: string | undefined;
  readonly tags: OwnerTags;
}

/** Body of a deployment. */
export function deploymentBody(
  draft: DeploymentDraft,
  { location, model, codeId, environmentId, tags }: DeploymentBindings,
): Readonly<Record<string, unknown>> {
  return {
    location,
    sku: deploymentSku(draft),
    tags: { ...draft.tags, ...tags },
    properties: {
      ...deploymentProperties(draft),
      model,
      ...(codeId === undefined
        ? {}
        : { codeConfiguration: { codeId, ...present({ scoringScript: draft.scoringScript }) } }),
      ...present({ environmentId }),
    },
  };
}
