/** The Azure ML stand-in with what it needs, and the app's own client of it. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { getCACertificates, setDefaultCACertificates } from 'node:tls';

import { BlobServiceClient } from '@azure/storage-blob';

import { vi } from 'vitest';

import { startAzureMl, type AzureMl, type AzureMlOptions } from '#local/azure-ml/azure-ml.ts';
import { laptopCertificate, type LaptopCertificate } from '#local/certificates/certificate.ts';
import { startIdentity, type Identity } from '#local/identity/identity.ts';
import { createMlPlatform } from '#shared/adapters/azure-ml/azure-ml-platform.ts';
import type { ArmBody, MlPlatform } from '#shared/ports/ml-platform.ts';

import { startMemoryAzurite, type MemoryAzurite } from '../support/memory-azurite.ts';

/** ARM id of the workspace under test. */
export const WORKSPACE =
  '/subscriptions/00000000-0000-0000-0000-000000000000/resourceGroups/rg/providers/Microsoft.MachineLearningServices/workspaces/ws';
const TENANT = '00000000-0000-4000-8000-000000000001';
const API_VERSION = '2024-10-01';

/** An answer of the ARM API as it came. */
export interface ArmAnswer {
  readonly status: number;
  readonly headers: Headers;
  readonly body: {
    readonly error?: { readonly code: string; readonly message: string };
    readonly [key: string]: unknown;
  };
}

/** Everything that a test of the stand-in needs. */
export class LaptopLab implements AsyncDisposable {
  readonly folder: string;
  readonly identity: Identity;
  readonly certificate: LaptopCertificate;
  readonly storage: MemoryAzurite;
  readonly blobs: BlobServiceClient;
  /** Events that were sent, oldest first. */
  readonly events: Readonly<Record<string, unknown>>[] = [];
  readonly problems: string[] = [];
  readonly #options: Partial<AzureMlOptions>;
  #azureMl: AzureMl | undefined;
  #elsewhere = '';

  private constructor(
    parts: Pick<LaptopLab, 'folder' | 'identity' | 'certificate' | 'storage'>,
    options: Partial<AzureMlOptions>,
  ) {
    this.folder = parts.folder;
    this.identity = parts.identity;
    this.certificate = parts.certificate;
    this.storage = parts.storage;
    this.blobs = BlobServiceClient.fromConnectionString(parts.storage.connectionString);
    this.#options = options;
  }

  /** @param options - of the stand-in, where they differ */
  static async open(options: Partial<AzureMlOptions> = {}): Promise<LaptopLab> {
    const folder = mkdtempSync(join(tmpdir(), 'whence-azure-ml-'));
    const certificate = await laptopCertificate(folder);
    setDefaultCACertificates([...getCACertificates('bundled'), certificate.cert]);
    const identity = await startIdentity({ folder, tenantId: TENANT, audience: 'api://whence' });
    process.env['IDENTITY_ENDPOINT'] = identity.endpoint;
    process.env['IDENTITY_HEADER'] = identity.identityHeader;
    const storage = await startMemoryAzurite();
    const lab = new LaptopLab({ folder, identity, certificate, storage }, options);
    await lab.start();
    return lab;
  }

  get baseUrl(): string {
    return this.#azureMl?.baseUrl ?? this.#elsewhere;
  }

  /** Talks to a stand-in that runs elsewhere, over the same state. */
  talkTo(baseUrl: string): void {
    this.#elsewhere = baseUrl;
  }

  /** Starts the stand-in (again) over the same state. */
  async start(): Promise<void> {
    this.#azureMl = await startAzureMl(this.optionsOf());
  }

  /** Stops the stand-in; its state stays. */
  async stop(): Promise<void> {
    await this.#azureMl?.stop();
    this.#azureMl = undefined;
  }

  optionsOf(): AzureMlOptions {
    return {
      folder: this.folder,
      certificate: this.certificate,
      identity: this.identity,
      subscriptionId: '00000000-0000-0000-0000-000000000000',
      resourceGroup: 'rg',
      workspaceName: 'ws',
      blobConnectionString: this.storage.connectionString,
      datastores: { store: 'store', workspaceartifactstore: 'azureml' },
      environments: { node: { pathEntries: [dirname(process.execPath)] } },
      operationMs: 50,
      sendEvent: async (event) => {
        this.events.push(event);
      },
      onProblem: (problem, error) => this.problems.push(`${problem}: ${String(error)}`),
      ...this.#options,
    };
  }

  /** The app's client. */
  platform(): MlPlatform {
    return createMlPlatform({
      url: this.baseUrl,
      workspaceId: WORKSPACE,
      apiVersion: API_VERSION,
      // As the SDK would get it, but without what it keeps of an earlier lab.
      credential: {
        getToken: async (scopes) => ({
          token: await this.token(String(scopes).replace(/\/\.default$/, '')),
          expiresOnTimestamp: Date.now() + 3_600_000,
        }),
      },
    });
  }

  /** A token of the app's identity, new each time: the SDK would keep one of an earlier lab. */
  async token(resource: string): Promise<string> {
    const query = new URLSearchParams({ resource, 'api-version': '2019-08-01' });
    const response = await fetch(`${this.identity.endpoint}?${query.toString()}`, {
      headers: { 'x-identity-header': this.identity.identityHeader },
    });
    return ((await response.json()) as { access_token: string }).access_token;
  }

  /** A call without the client, to see what comes over the wire. */
  async arm(method: string, path: string, body?: unknown, apiVersion = API_VERSION): Promise<ArmAnswer> {
    const token = await this.token('https://management.azure.com');
    const separator = path.includes('?') ? '&' : '?';
    const address = path.startsWith('https:')
      ? path
      : `${this.baseUrl}${WORKSPACE}${path}${separator}api-version=${apiVersion}`;
    const response = await fetch(address, {
      method,
      headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const text = await response.text();
    return {
      status: response.status,
      headers: response.headers,
      body: (text === '' ? {} : JSON.parse(text)) as ArmAnswer['body'],
    };
  }

  async upload(container: string, files: Readonly<Record<string, string>>): Promise<void> {
    const client = this.blobs.getContainerClient(container);
    await client.createIfNotExists();
    for (const [path, text] of Object.entries(files))
      await client.getBlockBlobClient(path).upload(text, Buffer.byteLength(text));
  }

  async read(container: string, path: string): Promise<string> {
    return (await this.blobs.getContainerClient(container).getBlobClient(path).downloadToBuffer()).toString('utf8');
  }

  exists(container: string, path: string): Promise<boolean> {
    return this.blobs.getContainerClient(container).getBlobClient(path).exists();
  }

  /** Uploads files and registers them as a code version. @returns its ARM id */
  async code(name: string, files: Readonly<Record<string, string>>): Promise<string> {
    const entries = Object.entries(files).map(([path, text]) => [`${name}/${path}`, text] as const);
    await this.upload('codes', Object.fromEntries(entries));
    await this.put(`/codes/${name}/versions/1`, { properties: { codeUri: `${this.storage.url}/codes/${name}` } });
    return `${WORKSPACE}/codes/${name}/versions/1`;
  }

  /** Registers the environment of Node. @returns its ARM id */
  async environment(inferenceConfig?: object): Promise<string> {
    const version = inferenceConfig === undefined ? '1' : '2';
    await this.put(`/environments/node/versions/${version}`, { properties: { image: 'node', inferenceConfig } });
    return `${WORKSPACE}/environments/node/versions/${version}`;
  }

  /** A PUT that must not fail. */
  async put(path: string, body: unknown): Promise<ArmAnswer> {
    const answer = await this.arm('PUT', path, body);
    if (answer.status >= 300) throw new Error(`PUT ${path}: ${answer.status} ${JSON.stringify(answer.body)}`);
    return answer;
  }

  /** Body of a command job. */
  async job(command: string, more: Readonly<Record<string, unknown>> = {}): Promise<ArmBody> {
    const environmentId = await this.environment();
    return { properties: { jobType: 'Command', command, environmentId, ...more } };
  }

  async status(job: string): Promise<unknown> {
    return propertiesOf((await this.arm('GET', `/jobs/${job}`)).body)['status'];
  }

  /** Creates an endpoint and waits until it is there. */
  async endpoint(name: string, authMode: string): Promise<void> {
    await this.put(`/onlineEndpoints/${name}`, { location: 'local', properties: { authMode } });
    await this.#succeeded(`/onlineEndpoints/${name}`);
  }

  /** Creates a deployment and waits until it serves. */
  async deploy(endpoint: string, name: string, body: unknown): Promise<void> {
    await this.put(`/onlineEndpoints/${endpoint}/deployments/${name}`, body);
    const path = `/onlineEndpoints/${endpoint}/deployments/${name}`;
    await this.#succeeded(path);
  }

  /** Changes the traffic as clients must, by a PUT of the whole, and waits until it holds. */
  async traffic(endpoint: string, traffic: Readonly<Record<string, number>>): Promise<void> {
    const { body } = await this.arm('GET', `/onlineEndpoints/${endpoint}`);
    await this.put(`/onlineEndpoints/${endpoint}`, { ...body, properties: { ...propertiesOf(body), traffic } });
    await this.#succeeded(`/onlineEndpoints/${endpoint}`);
  }

  async #succeeded(path: string): Promise<void> {
    await vi.waitFor(async () => {
      const state = await this.provisioning(path);
      if (state !== 'Succeeded') throw new Error(`${path} is ${String(state)}.`);
    }, SOON);
  }

  /** Provisioning state of a resource; undefined where it is not there. */
  async provisioning(path: string): Promise<unknown> {
    const { body } = await this.arm('GET', path);
    return propertiesOf(body)['provisioningState'];
  }

  async scoringUri(endpoint: string): Promise<string> {
    return String(propertiesOf((await this.arm('GET', `/onlineEndpoints/${endpoint}`)).body)['scoringUri']);
  }

  /** Asks an endpoint. */
  async score(
    endpoint: string,
    token: string,
    { deployment, ...body }: { readonly deployment?: string; readonly [key: string]: unknown } = {},
  ): Promise<{
    readonly status: number;
    readonly deployment: string | null;
    readonly headers: Headers;
    readonly body: Record<string, unknown>;
  }> {
    const response = await fetch(await this.scoringUri(endpoint), {
      method: 'POST',
      headers: {
        authorization: `Bearer ${token}`,
        ...(deployment === undefined ? {} : { 'azureml-model-deployment': deployment }),
      },
      body: JSON.stringify(body),
    });
    return {
      status: response.status,
      deployment: response.headers.get('azureml-model-deployment'),
      headers: response.headers,
      body: (await response.json()) as Record<string, unknown>,
    };
  }

  log(job: string): Promise<string> {
    return this.read('azureml', `ExperimentRun/dcid.${job}/user_logs/std_log.txt`);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
    await this.identity.stop();
    await this.storage[Symbol.asyncDispose]();
    rmSync(this.folder, { recursive: true, force: true });
  }
}

/** Longest wait for something that should come at once. */
export const SOON = { timeout: 20_000, interval: 50 };

function propertiesOf(body: ArmAnswer['body']): Readonly<Record<string, unknown>> {
  return (body['properties'] ?? {}) as Readonly<Record<string, unknown>>;
}
