import type { DeploymentBody, EndpointBody } from './endpoint-body.ts';
import type { Resource, ResourceStore } from './resource-store.ts';

/** @source azure-facts.md 3.3 */
export type Provisioning = 'Creating' | 'Updating' | 'Deleting' | 'Succeeded' | 'Failed';

/** What the stand-in remembers of an endpoint or a deployment beside its body. */
export interface ProvisionState {
  readonly provisioningState: Provisioning;
  /** Why the last operation failed. */
  readonly error?: string;
}

/** What it remembers of an endpoint. */
export interface EndpointState extends ProvisionState {
  readonly port?: number;
  /** Key of an endpoint with keys, and what its tokens are signed with. */
  readonly key: string;
  /** Keys that were made anew. */
  readonly keys?: { readonly primary?: string; readonly secondary?: string };
  /** The traffic that holds: that of the last operation that ended. */
  readonly traffic: Readonly<Record<string, number>>;
}

/** A stored resource with its body as it was read. */
export interface Stored<Body, State> extends Omit<Resource<State>, 'body'> {
  readonly body: Body;
}

/** A stored endpoint. */
export type StoredEndpoint = Stored<EndpointBody, EndpointState>;
/** A stored deployment. */
export type StoredDeployment = Stored<DeploymentBody, ProvisionState>;

/** The stored endpoints and deployments. Only checked bodies get in. */
export class EndpointStore {
  readonly #resources: ResourceStore;

  constructor(resources: ResourceStore) {
    this.#resources = resources;
  }

  endpoint(name: string): StoredEndpoint | undefined {
    return this.#resources.get<EndpointState>(endpointPath(name)) as StoredEndpoint | undefined;
  }

  endpoints(): readonly StoredEndpoint[] {
    return this.#resources.list<EndpointState>('onlineendpoints') as unknown as StoredEndpoint[];
  }

  deployment(endpoint: string, name: string): StoredDeployment | undefined {
    return this.#resources.get<ProvisionState>(deploymentPath(endpoint, name)) as StoredDeployment | undefined;
  }

  deployments(endpoint: string): readonly StoredDeployment[] {
    return this.#resources.list<ProvisionState>(
      `${endpointPath(endpoint)}/deployments`,
    ) as unknown as StoredDeployment[];
  }

  putEndpoint(name: string, body: EndpointBody, state: EndpointState): void {
    this.#resources.put(endpointPath(name), name, body, state);
  }

  putDeployment(endpoint: string, name: string, body: DeploymentBody, state: ProvisionState): void {
    this.#resources.put(deploymentPath(endpoint, name), name, body, state);
  }

  changeEndpoint(name: string, change: Partial<EndpointState>): void {
    const found = this.endpoint(name);
    if (found !== undefined) this.putEndpoint(name, found.body, { ...found.state, ...change });
  }

  changeDeployment(endpoint: string, name: string, state: ProvisionState): void {
    const found = this.deployment(endpoint, name);
    if (found !== undefined) this.putDeployment(endpoint, name, found.body, state);
  }

  removeEndpoint(name: string): void {
    this.#resources.remove(endpointPath(name));
  }

  removeDeployment(endpoint: string, name: string): void {
    this.#resources.remove(deploymentPath(endpoint, name));
  }
}

function endpointPath(name: string): string {
  return `onlineendpoints/${name}`;
}

function deploymentPath(endpoint: string, name: string): string {
  return `${endpointPath(endpoint)}/deployments/${name}`;
}
