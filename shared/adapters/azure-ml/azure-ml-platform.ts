import type { TokenCredential } from '@azure/identity';

import { WhenceError } from '#shared/errors/whence-error.ts';
import type {
  ArmBody,
  AssetKind,
  AssetVersionView,
  ComputeView,
  DeploymentView,
  EndpointView,
  JobState,
  JobView,
  MlPlatform,
  ProvisioningState,
  ScoreResult,
} from '#shared/ports/ml-platform.ts';

import { ArmClient, type ArmTarget } from './arm-client.ts';
import { askEndpoint, checkAddress } from './ask-endpoint.ts';
import { differenceOf } from './same-work.ts';

/** Scope of tokens for scoring. @source azure-facts.md 3.4 */
const SCORING_SCOPE = 'https://ml.azure.com/.default';

/** @source azure-facts.md 3.3: job statuses of Azure ML */
const jobStates: Readonly<Record<string, JobState>> = {
  NotStarted: 'queued',
  Starting: 'queued',
  Provisioning: 'queued',
  Preparing: 'queued',
  Queued: 'queued',
  Running: 'running',
  Finalizing: 'running',
  NotResponding: 'running',
  Paused: 'running',
  CancelRequested: 'canceling',
  Completed: 'completed',
  Failed: 'failed',
  Canceled: 'canceled',
};

/** @source azure-facts.md 3.3: provisioning states of endpoints and deployments */
const provisioningStates: Readonly<Record<string, ProvisioningState>> = {
  Creating: 'creating',
  Updating: 'updating',
  Scaling: 'updating',
  Deleting: 'deleting',
  Succeeded: 'succeeded',
  Failed: 'failed',
  Canceled: 'canceled',
};

/** @returns the port over Azure ML's ARM REST API */
export function createMlPlatform(target: ArmTarget): MlPlatform {
  return new AzureMlPlatform(target);
}

class AzureMlPlatform implements MlPlatform {
  readonly #arm: ArmClient;
  readonly #workspaceId: string;
  readonly #credential: TokenCredential;

  constructor(target: ArmTarget) {
    this.#arm = new ArmClient(target);
    this.#workspaceId = target.workspaceId;
    this.#credential = target.credential;
  }

  async submitJob(name: string, body: ArmBody): Promise<'submitted' | 'exists'> {
    const before = await this.#arm.get(armPath`jobs/${name}`);
    if (before !== undefined) return this.#mineOrTaken('job', name, before, body);
    const { status } = await this.#arm.put(armPath`jobs/${name}`, body, [400, 409]);
    if (status < 400) return 'submitted';
    const found = await this.#arm.get(armPath`jobs/${name}`);
    if (found !== undefined) return this.#mineOrTaken('job', name, found, body);
    // Not a taken name: the body itself was refused. Ask again, so that the refusal is told.
    await this.#arm.put(armPath`jobs/${name}`, body);
    return 'submitted';
  }

  async job(name: string): Promise<JobView | undefined> {
    const body = await this.#arm.get(armPath`jobs/${name}`);
    if (body === undefined) return undefined;
    const {
      status = 'Unknown',
      tags,
      outputs = {},
      services,
    } = propertiesOf(body) as {
      status?: string;
      tags?: Record<string, string>;
      outputs?: Record<string, { uri?: string }>;
      services?: { Studio?: { endpoint?: string } };
    };
    const studioUrl = services?.Studio?.endpoint;
    return {
      name,
      state: jobStates[status] ?? 'unknown',
      rawStatus: status,
      tags: tags ?? {},
      outputs: Object.fromEntries(
        Object.entries(outputs ?? {}).flatMap(([output, value]) =>
          value?.uri === undefined ? [] : [[output, value.uri]],
        ),
      ),
      ...(studioUrl === undefined ? {} : { studioUrl }),
    };
  }

  async cancelJob(name: string): Promise<void> {
    const job = await this.job(name);
    if (job === undefined || job.state === 'completed' || job.state === 'failed' || job.state === 'canceled') return;
    await this.#arm.post(armPath`jobs/${name}/cancel`);
  }

  async assetVersion(kind: AssetKind, name: string, version: string): Promise<AssetVersionView | undefined> {
    const body = await this.#arm.get(armPath`${kind}/${name}/versions/${version}`);
    return body === undefined ? undefined : this.#assetView(kind, name, version, body);
  }

  async putAssetVersion(
    kind: AssetKind,
    name: string,
    version: string,
    body: ArmBody,
  ): Promise<{ readonly outcome: 'created' | 'exists'; readonly view: AssetVersionView }> {
    const before = await this.assetVersion(kind, name, version);
    if (before !== undefined)
      return { outcome: this.#mineOrTaken(kind, `${name}:${version}`, before.body, body), view: before };
    const answer = await this.#arm.put(armPath`${kind}/${name}/versions/${version}`, body, [409]);
    if (answer.status < 400) return { outcome: 'created', view: this.#assetView(kind, name, version, answer.body) };
    const found = await this.assetVersion(kind, name, version);
    if (found === undefined)
      throw new WhenceError('azure-ml.unavailable', `${kind} ${name}:${version} is there and cannot be read.`);
    return { outcome: this.#mineOrTaken(kind, `${name}:${version}`, found.body, body), view: found };
  }

  async endpoint(name: string): Promise<EndpointView | undefined> {
    const body = await this.#arm.get(armPath`onlineEndpoints/${name}`);
    if (body === undefined) return undefined;
    const {
      provisioningState = '',
      scoringUri,
      traffic,
    } = propertiesOf(body) as { provisioningState?: string; scoringUri?: string; traffic?: Record<string, number> };
    return {
      name,
      provisioning: provisioningStates[provisioningState] ?? 'unknown',
      traffic: traffic ?? {},
      tags: tagsOf(body),
      body: withoutReadOnly(body),
      ...(scoringUri === undefined ? {} : { scoringUri }),
    };
  }

  async putEndpoint(name: string, body: ArmBody): Promise<void> {
    await this.#arm.put(armPath`onlineEndpoints/${name}`, body);
  }

  async deployments(endpoint: string): Promise<readonly DeploymentView[]> {
    const bodies = await this.#arm.list(armPath`onlineEndpoints/${endpoint}/deployments`);
    return bodies.map((body) => deploymentView(String(body['name']), body));
  }

  async deployment(endpoint: string, name: string): Promise<DeploymentView | undefined> {
    const body = await this.#arm.get(armPath`onlineEndpoints/${endpoint}/deployments/${name}`);
    return body === undefined ? undefined : deploymentView(name, body);
  }

  async putDeployment(endpoint: string, name: string, body: ArmBody): Promise<void> {
    await this.#arm.put(armPath`onlineEndpoints/${endpoint}/deployments/${name}`, body);
  }

  async deleteDeployment(endpoint: string, name: string): Promise<void> {
    await this.#arm.delete(armPath`onlineEndpoints/${endpoint}/deployments/${name}`);
  }

  async computes(): Promise<readonly ComputeView[]> {
    return (await this.#arm.list('computes')).map(computeView);
  }

  async deploymentLogs(endpoint: string, name: string, tail: number): Promise<string> {
    const { content } = await this.#arm.post(armPath`onlineEndpoints/${endpoint}/deployments/${name}/getLogs`, {
      containerType: 'InferenceServer',
      tail,
    });
    return typeof content === 'string' ? content : '';
  }

  async score(
    endpoint: EndpointView,
    { deployment, body }: { readonly deployment?: string; readonly body: unknown },
  ): Promise<ScoreResult> {
    if (endpoint.scoringUri === undefined)
      throw new WhenceError('azure-ml.unavailable', `Endpoint ${endpoint.name} has no scoring address yet.`);
    const token = await this.#scoringToken(endpoint, endpoint.scoringUri);
    return askEndpoint(endpoint.name, endpoint.scoringUri, { token, body, deployment });
  }

  assetId(kind: AssetKind, name: string, version: string): string {
    return `${this.#workspaceId}/${kind}/${name}/versions/${version}`;
  }

  computeId(name: string): string {
    return `${this.#workspaceId}/computes/${name}`;
  }

  /** Keys are secrets, and none exists: who asks shows a token of Entra. @source azure-facts.md 3.4 */
  async #scoringToken({ name, body }: EndpointView, scoringUri: string): Promise<string> {
    checkAddress(name, scoringUri);
    const { authMode } = propertiesOf(body) as { authMode?: string };
    if (authMode !== 'AADToken')
      throw new WhenceError(
        'azure-ml.endpoint-authentication',
        `Endpoint ${name} wants ${authMode ?? 'no known proof'} of its callers, not a token of Entra. ` +
          `Change that: az ml online-endpoint update --name ${name} --set auth_mode=aad_token.`,
        { details: { endpoint: name, authMode } },
      );
    const token = await this.#credential.getToken(SCORING_SCOPE);
    if (token === null) throw new WhenceError('azure-ml.unavailable', 'The identity gave no token for scoring.');
    return token.token;
  }

  /** What is there names who made it, and does what was asked: mine → go on, another's → stop. */
  #mineOrTaken(kind: string, name: string, found: ArmBody, asked: ArmBody): 'exists' {
    const member =
      ownerOf(found) === ownerOf(asked)
        ? differenceOf(propertiesOf(asked), propertiesOf(found), this.#workspaceId)
        : 'tags.whence.owner';
    if (member === undefined) return 'exists';
    throw new WhenceError(
      'azure-ml.name-taken',
      `${kind} ${name} is there already and is not ours: ${member} differs.`,
      {
        details: { kind, name, member },
      },
    );
  }

  #assetView(kind: AssetKind, name: string, version: string, body: ArmBody): AssetVersionView {
    const { tags } = propertiesOf(body) as { tags?: Record<string, string> };
    return { id: this.assetId(kind, name, version), name, version, tags: tags ?? {}, body };
  }
}

function deploymentView(name: string, body: ArmBody): DeploymentView {
  const { provisioningState = '', model } = propertiesOf(body) as { provisioningState?: string; model?: string };
  return {
    name,
    provisioning: provisioningStates[provisioningState] ?? 'unknown',
    tags: tagsOf(body),
    body,
    ...(model === undefined ? {} : { model }),
  };
}

/** @source Azure ML REST, Compute: what a cluster has is in a second `properties` */
function computeView(body: ArmBody): ComputeView {
  const { computeType, provisioningState, provisioningErrors, properties } = propertiesOf(body) as {
    computeType?: string;
    provisioningState?: string;
    provisioningErrors?: readonly ArmProblem[] | null;
    properties?: { scaleSettings?: { maxNodeCount?: number }; errors?: readonly ArmProblem[] | null } | null;
  };
  const maxNodes = properties?.scaleSettings?.maxNodeCount;
  return {
    name: typeof body['name'] === 'string' ? body['name'] : 'unknown',
    kind: computeType ?? 'unknown',
    provisioning: provisioningStates[provisioningState ?? ''] ?? 'unknown',
    ...(maxNodes === undefined ? {} : { maxNodes }),
    problems: [...(provisioningErrors ?? []), ...(properties?.errors ?? [])].map(
      ({ error }) => error?.message ?? error?.code ?? 'an unknown problem',
    ),
  };
}

interface ArmProblem {
  readonly error?: { readonly code?: string; readonly message?: string };
}

/** What a PUT must not send back: names, ids and what the service computes. */
function withoutReadOnly(body: ArmBody): ArmBody {
  const { id: _id, name: _name, type: _type, systemData: _systemData, identity, ...rest } = body;
  const { provisioningState: _state, scoringUri: _scoring, swaggerUri: _swagger, ...properties } = propertiesOf(body);
  return { ...rest, ...(isObject(identity) ? { identity: ownIdentity(identity) } : {}), properties };
}

/** @source ARM, ManagedServiceIdentity: `principalId`, `tenantId` and `clientId` are the service's to write */
function ownIdentity(identity: ArmBody): ArmBody {
  const { principalId: _principal, tenantId: _tenant, userAssignedIdentities: told, ...rest } = identity;
  if (!isObject(told)) return rest;
  return { ...rest, userAssignedIdentities: Object.fromEntries(Object.keys(told).map((id) => [id, {}])) };
}

/** A path below the workspace; what stands in it cannot lead elsewhere. */
function armPath(texts: TemplateStringsArray, ...names: readonly string[]): string {
  return String.raw({ raw: texts }, ...names.map(encodeURIComponent));
}

function propertiesOf(body: ArmBody): Readonly<Record<string, unknown>> {
  const { properties } = body;
  return isObject(properties) ? properties : {};
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null;
}

function tagsOf(body: ArmBody): Readonly<Record<string, string>> {
  const { tags } = body;
  return typeof tags === 'object' && tags !== null ? (tags as Readonly<Record<string, string>>) : {};
}

function ownerOf(body: ArmBody): string | undefined {
  const { tags } = propertiesOf(body) as { tags?: Record<string, string> };
  return tags?.['whence.owner'];
}
