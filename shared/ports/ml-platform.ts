/**
 * What Whence needs of Azure ML. Payloads are ARM bodies (`{ properties, … }`), made by `shared/domain/azure-ml/`.
 *
 * Implemented by `shared/adapters/azure-ml/`; a fake serves tests. Every method throws `azure-ml.unavailable`
 * (transient: no answer, 429, 5xx) or `azure-ml.refused` (terminal: another 4xx, with ARM's code and message).
 */

/** An ARM request or response body. */
export type ArmBody = Readonly<Record<string, unknown>>;

/** Where a job stands. `unknown` carries a status that this release doesn't know; it is never taken for an end. */
export const jobStates = ['queued', 'running', 'canceling', 'completed', 'failed', 'canceled', 'unknown'] as const;
/** One of {@link jobStates}. */
export type JobState = (typeof jobStates)[number];

/** A job as the platform tells it. */
export interface JobView {
  readonly name: string;
  readonly state: JobState;
  /** The platform's own word. */
  readonly rawStatus: string;
  /** Tags of the body, as stored. */
  readonly tags: Readonly<Record<string, string>>;
  /** Output name → `azureml://…` URI. */
  readonly outputs: Readonly<Record<string, string>>;
  /** Page where a person sees the job. */
  readonly studioUrl?: string;
}

/** Provisioning state of endpoints and deployments, mapped once. */
export const provisioningStates = [
  'creating',
  'updating',
  'deleting',
  'succeeded',
  'failed',
  'canceled',
  'unknown',
] as const;
/** One of {@link provisioningStates}. */
export type ProvisioningState = (typeof provisioningStates)[number];

/** An online endpoint. */
export interface EndpointView {
  readonly name: string;
  readonly provisioning: ProvisioningState;
  readonly scoringUri?: string;
  /** Deployment name → percent, 0 to 100. */
  readonly traffic: Readonly<Record<string, number>>;
  readonly tags: Readonly<Record<string, string>>;
  /** The whole body, for read-modify-PUT. */
  readonly body: ArmBody;
}

/** A deployment of an online endpoint. */
export interface DeploymentView {
  readonly name: string;
  readonly provisioning: ProvisioningState;
  readonly tags: Readonly<Record<string, string>>;
  /** ARM id or `azureml:` reference of the model version it serves. */
  readonly model?: string;
  readonly body: ArmBody;
}

/** A compute of the workspace: where jobs run. */
export interface ComputeView {
  readonly name: string;
  /** The platform's word: `AmlCompute`, `Kubernetes`, … */
  readonly kind: string;
  readonly provisioning: ProvisioningState;
  /** Most nodes of a cluster. */
  readonly maxNodes?: number;
  /** What the platform last complained of, as for cores that it could not get. */
  readonly problems: readonly string[];
}

/** Kinds of versioned assets, as their ARM path segments. */
export const assetKinds = ['data', 'codes', 'environments', 'models', 'components'] as const;
/** One of {@link assetKinds}. */
export type AssetKind = (typeof assetKinds)[number];

/** An asset version. */
export interface AssetVersionView {
  readonly id: string;
  readonly name: string;
  readonly version: string;
  readonly tags: Readonly<Record<string, string>>;
  readonly body: ArmBody;
}

/** What an endpoint answered to a scoring request. */
export interface ScoreResult {
  readonly status: number;
  /** Parsed JSON where the answer was JSON, else text. */
  readonly body: unknown;
  /** Which deployment answered, where the endpoint says so. */
  readonly deployment?: string;
}

/** The port. */
export interface MlPlatform {
  /** PUT of a job. A repeated PUT with the same `whence.owner` tag and the same work is `exists`. @throws `azure-ml.name-taken` for another job */
  submitJob(name: string, body: ArmBody): Promise<'submitted' | 'exists'>;
  /** @returns the job, or undefined */
  job(name: string): Promise<JobView | undefined>;
  /** Asks for cancellation; no error if the job has ended or is not there. */
  cancelJob(name: string): Promise<void>;

  /** @returns the asset version, or undefined */
  assetVersion(kind: AssetKind, name: string, version: string): Promise<AssetVersionView | undefined>;
  /** PUT of an immutable asset version; found with the same `whence.owner` tag and contents → `exists`. @throws `azure-ml.name-taken` */
  putAssetVersion(
    kind: AssetKind,
    name: string,
    version: string,
    body: ArmBody,
  ): Promise<{ readonly outcome: 'created' | 'exists'; readonly view: AssetVersionView }>;

  /** @returns the endpoint, or undefined */
  endpoint(name: string): Promise<EndpointView | undefined>;
  /** PUT of the whole endpoint: creation and traffic. Returns as soon as ARM accepted; poll {@link endpoint}. */
  putEndpoint(name: string, body: ArmBody): Promise<void>;
  /** @returns the deployments of an endpoint */
  deployments(endpoint: string): Promise<readonly DeploymentView[]>;
  /** @returns the deployment, or undefined */
  deployment(endpoint: string, name: string): Promise<DeploymentView | undefined>;
  /** PUT of a deployment. Returns as soon as ARM accepted; poll {@link deployment}. */
  putDeployment(endpoint: string, name: string, body: ArmBody): Promise<void>;
  /** DELETE of a deployment; no error if it isn't there. Returns as soon as ARM accepted. */
  deleteDeployment(endpoint: string, name: string): Promise<void>;
  /** @returns the computes of the workspace */
  computes(): Promise<readonly ComputeView[]>;
  /** Last lines of a deployment's container log. */
  deploymentLogs(endpoint: string, name: string, tail: number): Promise<string>;

  /** Sends a scoring request with the caller's identity, to one deployment if named. Time limit: `limits.scoringTimeoutMs`. */
  score(
    endpoint: EndpointView,
    request: { readonly deployment?: string; readonly body: unknown },
  ): Promise<ScoreResult>;
  /** ARM id of an asset version, `…/workspaces/{ws}/{kind}/{name}/versions/{version}`. */
  assetId(kind: AssetKind, name: string, version: string): string;
  /** ARM id of a compute of the workspace. */
  computeId(name: string): string;
}
