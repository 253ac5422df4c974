import { differenceOf } from '#shared/adapters/azure-ml/same-work.ts';
import { canonicalJson } from '#shared/domain/canonical-json.ts';
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
  ScoreResult,
} from '#shared/ports/ml-platform.ts';

const WORKSPACE = '/subscriptions/s/resourceGroups/g/providers/Microsoft.MachineLearningServices/workspaces/fake';
const ended: ReadonlySet<JobState> = new Set(['completed', 'failed', 'canceled']);
const rawStatuses: Partial<Record<JobState, string>> = {
  completed: 'Completed',
  failed: 'Failed',
  canceled: 'Canceled',
  running: 'Running',
  queued: 'Queued',
};

interface FakeJob {
  readonly body: ArmBody;
  state: JobState;
}

interface FakeEndpoint {
  body: ArmBody;
  readonly deployments: Map<string, { body: ArmBody; isNew: boolean; readonly error: string | undefined }>;
  /** Until it is looked at: an operation is never over when it is asked for. */
  isNew: boolean;
}

/** How the fake decides what it has no machinery for. */
export interface FakeMlBehaviour {
  /** State of a job at the next look, by its command and the state it has. Default: completed. */
  readonly nextState?: (job: { readonly name: string; readonly body: ArmBody; readonly state: JobState }) => JobState;
  /** @returns why a deployment does not get ready. Default: it does. */
  readonly sickness?: (deployment: { readonly name: string; readonly body: ArmBody }) => string | undefined;
  /** Answer of a deployment. Default: 200 and `{ name }`. */
  readonly answer?: (deployment: string, body: unknown) => { readonly status: number; readonly body: unknown };
  /** @returns why a job body is refused. Default: never. */
  readonly refusal?: (body: ArmBody) => string | undefined;
}

/** Azure ML in memory, without processes and time: every look moves it on by one step. */
export class FakeMlPlatform implements MlPlatform {
  readonly #behaviour: FakeMlBehaviour;
  readonly #jobs = new Map<string, FakeJob>();
  readonly #assets = new Map<string, AssetVersionView>();
  readonly #endpoints = new Map<string, FakeEndpoint>();
  /** Names of the jobs that were really submitted, in order. */
  readonly submitted: string[] = [];

  constructor(behaviour: FakeMlBehaviour = {}) {
    this.#behaviour = behaviour;
  }

  async submitJob(name: string, body: ArmBody): Promise<'submitted' | 'exists'> {
    const existing = this.#jobs.get(name);
    if (existing !== undefined) return mineOrTaken(`job ${name}`, existing.body, body);
    const why = this.#behaviour.refusal?.(body);
    if (why !== undefined) throw refused(why);
    this.#jobs.set(name, { body, state: 'queued' });
    this.submitted.push(name);
    return 'submitted';
  }

  async job(name: string): Promise<JobView | undefined> {
    const job = this.#jobs.get(name);
    if (job === undefined) return undefined;
    if (!ended.has(job.state)) {
      const { nextState } = this.#behaviour;
      job.state = job.state === 'canceling' ? 'canceled' : (nextState?.({ name, ...job }) ?? 'completed');
    }
    const outputs = (properties(job.body)['outputs'] ?? {}) as Record<string, { uri: string }>;
    return {
      name,
      state: job.state,
      rawStatus: rawStatuses[job.state] ?? 'Unknown',
      tags: assetTags(job.body),
      outputs: Object.fromEntries(Object.entries(outputs).map(([output, { uri }]) => [output, uri])),
    };
  }

  async cancelJob(name: string): Promise<void> {
    const job = this.#jobs.get(name);
    if (job !== undefined && !ended.has(job.state)) job.state = 'canceling';
  }

  async assetVersion(kind: AssetKind, name: string, version: string): Promise<AssetVersionView | undefined> {
    return this.#assets.get(this.assetId(kind, name, version));
  }

  async putAssetVersion(
    kind: AssetKind,
    name: string,
    version: string,
    body: ArmBody,
  ): Promise<{ readonly outcome: 'created' | 'exists'; readonly view: AssetVersionView }> {
    const id = this.assetId(kind, name, version);
    const existing = this.#assets.get(id);
    if (existing !== undefined)
      return { outcome: mineOrTaken(`${kind} ${name}:${version}`, existing.body, body), view: existing };
    const view = { id, name, version, tags: assetTags(body), body };
    this.#assets.set(id, view);
    return { outcome: 'created', view };
  }

  async endpoint(name: string): Promise<EndpointView | undefined> {
    const found = this.#endpoints.get(name);
    if (found === undefined) return undefined;
    const provisioning = found.isNew ? 'updating' : 'succeeded';
    found.isNew = false;
    return {
      name,
      provisioning,
      scoringUri: `http://127.0.0.1/${name}`,
      traffic: trafficOf(found.body),
      tags: tags(found.body),
      body: found.body,
    };
  }

  async putEndpoint(name: string, body: ArmBody): Promise<void> {
    const existing = this.#endpoints.get(name);
    const traffic = trafficOf(body);
    const sum = Object.values(traffic).reduce((total, percent) => total + percent, 0);
    if (sum !== 0 && sum !== 100) throw refused(`Traffic sums to ${sum}.`);
    for (const [deployment, percent] of Object.entries(traffic)) {
      const found = existing?.deployments.get(deployment);
      if (percent > 0 && (found === undefined || found.error !== undefined))
        throw refused(`${deployment} cannot serve.`);
    }
    this.#endpoints.set(name, { body, deployments: existing?.deployments ?? new Map(), isNew: true });
  }

  async deployments(endpoint: string): Promise<readonly DeploymentView[]> {
    const names = [...(this.#endpoints.get(endpoint)?.deployments.keys() ?? [])];
    const views = await Promise.all(names.map((name) => this.deployment(endpoint, name)));
    return views.filter((one) => one !== undefined);
  }

  async deployment(endpoint: string, name: string): Promise<DeploymentView | undefined> {
    const found = this.#endpoints.get(endpoint)?.deployments.get(name);
    if (found === undefined) return undefined;
    const settled = found.error === undefined ? 'succeeded' : 'failed';
    const provisioning = found.isNew ? 'creating' : settled;
    found.isNew = false;
    const { model } = properties(found.body);
    return {
      name,
      provisioning,
      tags: tags(found.body),
      body: found.body,
      ...(typeof model === 'string' ? { model } : {}),
    };
  }

  async putDeployment(endpoint: string, name: string, body: ArmBody): Promise<void> {
    const { deployments } = this.#required(endpoint);
    const existing = deployments.get(name);
    if (existing !== undefined && canonicalJson(existing.body) === canonicalJson(body)) return;
    deployments.set(name, { body, isNew: true, error: this.#behaviour.sickness?.({ name, body }) });
  }

  async deleteDeployment(endpoint: string, name: string): Promise<void> {
    const found = this.#endpoints.get(endpoint);
    if (found === undefined) return;
    if ((trafficOf(found.body)[name] ?? 0) > 0) throw refused(`${name} has traffic.`);
    found.deployments.delete(name);
  }

  async computes(): Promise<readonly ComputeView[]> {
    return [{ name: 'cpu', kind: 'AmlCompute', provisioning: 'succeeded', maxNodes: 2, problems: [] }];
  }

  async deploymentLogs(endpoint: string, name: string, _tail: number): Promise<string> {
    return this.#required(endpoint).deployments.get(name)?.error ?? '';
  }

  async score(
    { name }: EndpointView,
    { deployment, body }: { readonly deployment?: string; readonly body: unknown },
  ): Promise<ScoreResult> {
    const endpoint = this.#required(name);
    const busiest = Object.entries(trafficOf(endpoint.body)).toSorted(([, a], [, b]) => b - a)[0];
    const asked = deployment ?? (busiest !== undefined && busiest[1] > 0 ? busiest[0] : undefined);
    if (asked === undefined) return { status: 503, body: { error: 'nobody has traffic' } };
    const found = endpoint.deployments.get(asked);
    if (found === undefined || found.error !== undefined)
      return { status: 404, body: { error: `${asked} cannot be asked` } };
    return { ...(this.#behaviour.answer?.(asked, body) ?? { status: 200, body: { name: asked } }), deployment: asked };
  }

  assetId(kind: AssetKind, name: string, version: string): string {
    return `${WORKSPACE}/${kind}/${name}/versions/${version}`;
  }

  computeId(name: string): string {
    return `${WORKSPACE}/computes/${name}`;
  }

  #required(name: string): FakeEndpoint {
    const found = this.#endpoints.get(name);
    if (found === undefined) throw refused(`There is no endpoint ${name}.`);
    return found;
  }
}

function mineOrTaken(what: string, found: ArmBody, asked: ArmBody): 'exists' {
  const isMine = assetTags(found)['whence.owner'] === assetTags(asked)['whence.owner'];
  if (isMine && differenceOf(properties(asked), properties(found), WORKSPACE) === undefined) return 'exists';
  throw new WhenceError('azure-ml.name-taken', `${what} is not ours.`);
}

function refused(why: string): WhenceError {
  return new WhenceError('azure-ml.refused', why);
}

function properties(body: ArmBody): Readonly<Record<string, unknown>> {
  return (body['properties'] ?? {}) as Readonly<Record<string, unknown>>;
}

/** Jobs and assets have their tags inside, tracked resources beside their properties. */
function assetTags(body: ArmBody): Readonly<Record<string, string>> {
  return (properties(body)['tags'] ?? {}) as Readonly<Record<string, string>>;
}

function tags(body: ArmBody): Readonly<Record<string, string>> {
  return (body['tags'] ?? {}) as Readonly<Record<string, string>>;
}

function trafficOf(body: ArmBody): Readonly<Record<string, number>> {
  return (properties(body)['traffic'] ?? {}) as Readonly<Record<string, number>>;
}
