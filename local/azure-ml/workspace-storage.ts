/** Files of the workspace: datastores, assets and job outputs by their URIs, in Azurite. */
import { createWriteStream } from 'node:fs';
import { mkdir, readdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { pipeline } from 'node:stream/promises';

import { BlobServiceClient } from '@azure/storage-blob';

import { invalid } from './arm-error.ts';
import type { ResourceStore } from './resource-store.ts';

/** Where files are. */
export interface BlobFolder {
  readonly container: string;
  /** Without a slash at the end; empty: the container. */
  readonly prefix: string;
}

/** The workspace's storage. */
export class WorkspaceStorage {
  readonly #service: BlobServiceClient;
  readonly #datastores: Readonly<Record<string, string>>;
  readonly #resources: ResourceStore;

  constructor(connectionString: string, datastores: Readonly<Record<string, string>>, resources: ResourceStore) {
    this.#service = BlobServiceClient.fromConnectionString(connectionString);
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
    const output = /^azureml:\/\/jobs\/([^/]+)\/outputs\/([^/]+)/.exec(uri);
    if (output !== null) return this.#jobOutput(output[1] ?? '', output[2] ?? '', uri);
    const short =
      /^azureml:([^/:]+):([^/:]+)$/.exec(uri) ??
      /\/workspaces\/[^/]+\/(?:data|models)\/([^/]+)\/versions\/([^/]+)$/.exec(uri);
    if (short !== null)
      return this.#asset(/\/models\//.test(uri) ? 'models' : kind, short[1] ?? '', short[2] ?? '', uri);
    if (/^https?:/.test(uri)) return fromUrl(uri);
    throw invalid(`"${uri}" names nothing that the laptop's Azure ML can read.`);
  }

  /** Downloads everything below a folder, or one file. @returns how many files */
  async download({ container, prefix }: BlobFolder, target: string): Promise<number> {
    const client = this.#service.getContainerClient(container);
    let count = 0;
    await mkdir(target, { recursive: true });
    for await (const blob of client.listBlobsFlat({ prefix })) {
      const rest = blob.name.slice(prefix.length);
      if (prefix !== '' && rest !== '' && !rest.startsWith('/')) continue;
      const name = rest === '' ? (prefix.split('/').at(-1) ?? 'file') : rest.replace(/^\//, '');
      if (name.split('/').includes('..')) throw invalid(`The blob "${blob.name}" would leave its folder.`);
      const file = join(target, name);
      await mkdir(dirname(file), { recursive: true });
      const { readableStreamBody } = await client.getBlobClient(blob.name).download();
      if (readableStreamBody !== undefined) await pipeline(readableStreamBody, createWriteStream(file));
      count += 1;
    }
    return count;
  }

  /** Uploads a local folder. */
  async upload(source: string, { container, prefix }: BlobFolder): Promise<void> {
    const client = this.#service.getContainerClient(container);
    await client.createIfNotExists();
    for (const entry of await readdir(source, { recursive: true, withFileTypes: true })) {
      if (!entry.isFile()) continue;
      const file = join(entry.parentPath, entry.name);
      const name = file.slice(source.length + 1).replaceAll('\\', '/');
      await client.getBlockBlobClient(prefix === '' ? name : `${prefix}/${name}`).uploadFile(file);
    }
  }

  /** Writes a text blob, replacing what was there. */
  async uploadText(text: string, container: string, path: string): Promise<void> {
    const client = this.#service.getContainerClient(container);
    await client.createIfNotExists();
    await client
      .getBlockBlobClient(path)
      .upload(text, Buffer.byteLength(text), { blobHTTPHeaders: { blobContentType: 'text/plain; charset=utf-8' } });
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
}

/** A path-style or host-style blob address. */
function fromUrl(uri: string): BlobFolder {
  const { hostname, pathname } = new URL(uri);
  const parts = pathname
    .split('/')
    .filter((part) => part !== '')
    .map(decodeURIComponent);
  if (hostname === '127.0.0.1' || hostname === 'localhost') parts.shift();
  const [container = '', ...rest] = parts;
  return { container, prefix: rest.join('/') };
}

function trim(path: string): string {
  return path.replace(/^\/+|\/+$/g, '');
}
