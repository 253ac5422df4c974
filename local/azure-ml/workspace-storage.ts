/** Files of the workspace: datastores, assets and job outputs by their URIs, in Azurite. */
import { createWriteStream } from 'node:fs';
import { mkdir, readdir } from 'node:fs/promises';
import { basename, dirname, join, relative } from 'node:path';
import { pipeline } from 'node:stream/promises';

import {
  BlobServiceClient,
  ContainerSASPermissions,
  generateBlobSASQueryParameters,
  StorageSharedKeyCredential,
  type BlobItem,
  type ContainerClient,
} from '@azure/storage-blob';

import { invalid, notServed } from './arm-error.ts';
import type { ResourceStore } from './resource-store.ts';

/** Where files are. */
export interface BlobFolder {
  readonly container: string;
  /** Without a slash at the end; empty: the container. */
  readonly prefix: string;
}

/** What was downloaded. */
export interface Downloaded {
  /** The file, where the URI named one; else the folder. */
  readonly path: string;
}

/** How long an address for an upload is good. */
const UPLOAD_MS = 3_600_000;

/** The workspace's storage. */
export class WorkspaceStorage {
  readonly #service: BlobServiceClient;
  readonly #key: string;
  readonly #datastores: Readonly<Record<string, string>>;
  readonly #resources: ResourceStore;

  constructor(connectionString: string, datastores: Readonly<Record<string, string>>, resources: ResourceStore) {
    this.#service = BlobServiceClient.fromConnectionString(connectionString);
    this.#key = /AccountKey=([^;]+)/.exec(connectionString)?.[1] ?? '';
    this.#datastores = datastores;
    this.#resources = resources;
  }

  /**
   * Finds the folder or file that a URI names.
   *
   * @param kind - what `azureml:name:version` stands for
   * @throws {ArmError} it names nothing
   */
  resolve(uri: string, kind: 'data' | 'models' = 'data'): BlobFolder {
    const path = /^azureml:\/\/(?:subscriptions\/.+\/)?datastores\/([^/]+)\/paths\/(.*)$/.exec(uri);
    if (path !== null) return { container: this.#container(path[1] ?? '', uri), prefix: trim(path[2] ?? '') };
    const output = /^azureml:\/\/jobs\/([^/]+)\/outputs\/([^/]+)(?:\/paths\/(.*)|\/)?$/.exec(uri);
    if (output !== null) {
      const { container, prefix } = this.#jobOutput(output[1] ?? '', output[2] ?? '', uri);
      return { container, prefix: trim(`${prefix}/${output[3] ?? ''}`) };
    }
    const short =
      /^azureml:([^/:]+):([^/:]+)$/.exec(uri) ??
      /\/workspaces\/[^/]+\/(?:data|models)\/([^/]+)\/versions\/([^/]+)$/.exec(uri);
    if (short !== null)
      return this.#asset(/\/models\//.test(uri) ? 'models' : kind, short[1] ?? '', short[2] ?? '', uri);
    if (/^https?:/.test(uri)) return this.#fromUrl(uri);
    throw invalid(`"${uri}" names nothing that the laptop's Azure ML can read.`);
  }

  /**
   * Downloads everything below a folder, or one file.
   *
   * @param mode - permissions of the files
   * @throws {ArmError} nothing is there, or a name would leave the folder
   */
  async download({ container, prefix }: BlobFolder, target: string, mode = 0o600): Promise<Downloaded> {
    const client = this.#service.getContainerClient(container);
    let single: string | undefined;
    let count = 0;
    await mkdir(target, { recursive: true });
    for await (const blob of below(client, prefix)) {
      const rest = blob.name.slice(prefix.length);
      const name = rest === '' ? basename(prefix) : rest.replace(/^\//, '');
      const file = join(target, name);
      if (relative(target, file).startsWith('..')) throw invalid(`The blob "${blob.name}" would leave its folder.`);
      await mkdir(dirname(file), { recursive: true });
      const { readableStreamBody } = await client.getBlobClient(blob.name).download();
      if (readableStreamBody === undefined) throw new Error(`The blob ${blob.name} came without a body.`);
      await pipeline(readableStreamBody, createWriteStream(file, { mode }));
      if (rest === '') single = file;
      count += 1;
    }
    if (count === 0) throw invalid(`Nothing is at ${container}/${prefix}.`);
    return count === 1 && single !== undefined ? { path: single } : { path: target };
  }

  /** The account, as clients that upload by themselves need it. */
  get account(): { readonly name: string; readonly key: string; readonly protocol: string } {
    const { accountName, url } = this.#service;
    return { name: accountName, key: this.#key, protocol: new URL(url).protocol.replace(':', '') };
  }

  /** The address of a container for one upload, and one that is good for it for a while. */
  uploadPlace(container: string): { readonly blobUri: string; readonly sasUri: string } {
    const client = this.#service.getContainerClient(container);
    const { credential } = this.#service;
    if (!(credential instanceof StorageSharedKeyCredential)) throw new Error('Azurite is used by its key.');
    const token = generateBlobSASQueryParameters(
      {
        containerName: container,
        permissions: ContainerSASPermissions.parse('racwdl'),
        expiresOn: new Date(Date.now() + UPLOAD_MS),
      },
      credential,
    );
    return { blobUri: client.url, sasUri: `${client.url}?${token.toString()}` };
  }

  /** Makes the container of an upload. */
  async makeContainer(container: string): Promise<void> {
    await this.#service.getContainerClient(container).createIfNotExists();
  }

  /** Uploads a local folder. */
  async upload(source: string, { container, prefix }: BlobFolder): Promise<void> {
    const client = this.#service.getContainerClient(container);
    await client.createIfNotExists();
    for (const entry of await readdir(source, { recursive: true, withFileTypes: true })) {
      if (!entry.isFile()) continue;
      const file = join(entry.parentPath, entry.name);
      const name = relative(source, file).replaceAll('\\', '/');
      await client.getBlockBlobClient(prefix === '' ? name : `${prefix}/${name}`).uploadFile(file);
    }
  }

  /** Copies everything below a folder, or one file, to another place. */
  async copy(from: BlobFolder, to: BlobFolder): Promise<void> {
    const source = this.#service.getContainerClient(from.container);
    const target = this.#service.getContainerClient(to.container);
    await target.createIfNotExists();
    for await (const { name } of below(source, from.prefix)) {
      const rest = name.slice(from.prefix.length);
      const poller = await target.getBlobClient(`${to.prefix}${rest}`).beginCopyFromURL(source.getBlobClient(name).url);
      await poller.pollUntilDone();
    }
  }

  /** Tells of the bytes below a folder, without reading them: equal ones have equal fingerprints. */
  async fingerprint(folder: BlobFolder): Promise<readonly (readonly string[])[]> {
    const found: string[][] = [];
    const client = this.#service.getContainerClient(folder.container);
    for await (const { name, properties } of below(client, folder.prefix))
      found.push([folder.container, name, properties.etag]);
    return found;
  }

  /** Uploads a text file, replacing what was there. */
  async uploadLog(file: string, container: string, path: string): Promise<void> {
    const client = this.#service.getContainerClient(container);
    await client.createIfNotExists();
    await client
      .getBlockBlobClient(path)
      .uploadFile(file, { blobHTTPHeaders: { blobContentType: 'text/plain; charset=utf-8' } });
  }

  #container(datastore: string, uri: string): string {
    const container = this.#datastores[datastore];
    if (container === undefined) throw invalid(`The workspace has no datastore "${datastore}" (${uri}).`);
    return container;
  }

  #jobOutput(job: string, output: string, uri: string): BlobFolder {
    const properties = this.#resources.get(`jobs/${job}`)?.body['properties'] as
      | { outputs?: Record<string, { uri?: string }> }
      | undefined;
    const found = properties?.outputs?.[output]?.uri;
    if (found === undefined) throw invalid(`There is no output "${output}" of job "${job}" (${uri}).`);
    return this.resolve(found);
  }

  #asset(kind: 'data' | 'models', name: string, version: string, uri: string): BlobFolder {
    const properties = this.#resources.get(`${kind}/${name}/versions/${version}`)?.body['properties'] as
      | { dataUri?: string; modelUri?: string }
      | undefined;
    const found = properties?.dataUri ?? properties?.modelUri;
    if (found === undefined)
      throw invalid(
        `There is no ${kind === 'data' ? 'data asset' : 'model'} "${name}" in version "${version}" (${uri}).`,
      );
    return this.resolve(found);
  }

  /** An address of the workspace's account: by path, as Azurite has it on whatever port, or by host, as Azure has it. */
  #fromUrl(uri: string): BlobFolder {
    const { hostname, pathname } = new URL(uri);
    const parts = trim(pathname).split('/').map(decodeURIComponent);
    const { accountName } = this.#service;
    const isLoopback = hostname === '127.0.0.1' || hostname === 'localhost';
    const account = isLoopback ? parts.shift() : hostname.split('.')[0];
    if (account !== accountName)
      throw notServed(`The storage account of ${uri} (the laptop has the account ${accountName} only)`);
    const [container = '', ...rest] = parts;
    return { container, prefix: rest.join('/') };
  }
}

/** The blobs of a folder, or the one of that name. */
async function* below(client: ContainerClient, prefix: string): AsyncGenerator<BlobItem> {
  for await (const blob of client.listBlobsFlat({ prefix })) {
    const rest = blob.name.slice(prefix.length);
    if (prefix === '' || rest === '' || rest.startsWith('/')) yield blob;
  }
}

function trim(path: string): string {
  return path.replace(/^\/+|\/+$/g, '');
}
