import { randomUUID } from 'node:crypto';

/** A write that an event tells of. */
export interface BlobWrite {
  readonly api: 'PutBlob' | 'PutBlockList' | 'CopyBlob';
  readonly container: string;
  /** As in the URL, still encoded. */
  readonly encodedPath: string;
  readonly path: string;
  readonly etag: string;
  readonly contentType: string;
  readonly contentLength: number | undefined;
  readonly requestId: string;
  readonly clientRequestId: string;
}

/** A request and its response, as the front door saw them. */
export interface SeenRequest {
  readonly method: string;
  readonly url: URL;
  readonly requestHeaders: Readonly<Record<string, string | string[] | undefined>>;
  readonly status: number;
  readonly responseHeaders: Readonly<Record<string, string | string[] | undefined>>;
}

/** @returns the write that makes a blob, or undefined for any other request */
export function blobWriteOf({
  method,
  url,
  requestHeaders,
  status,
  responseHeaders,
}: SeenRequest): BlobWrite | undefined {
  if (method !== 'PUT' || (status !== 201 && status !== 202)) return undefined;
  const [, , container = '', ...rest] = url.pathname.split('/');
  const encodedPath = rest.join('/');
  const comp = url.searchParams.get('comp');
  const api =
    comp === 'blocklist'
      ? 'PutBlockList'
      : comp !== null
        ? undefined
        : requestHeaders['x-ms-copy-source'] === undefined
          ? 'PutBlob'
          : 'CopyBlob';
  if (api === undefined || encodedPath === '' || url.searchParams.has('restype')) return undefined;
  if (api === 'PutBlob' && text(requestHeaders['x-ms-blob-type']) !== 'BlockBlob') return undefined;
  const length = Number(text(requestHeaders['x-ms-blob-content-length']) || text(requestHeaders['content-length']));
  return {
    api,
    container,
    encodedPath,
    path: decodeURIComponent(encodedPath),
    etag: text(responseHeaders['etag']),
    contentType:
      text(requestHeaders['x-ms-blob-content-type']) ||
      text(requestHeaders['content-type']) ||
      'application/octet-stream',
    contentLength: api === 'PutBlob' ? length : undefined,
    requestId: text(responseHeaders['x-ms-request-id']) || randomUUID(),
    clientRequestId: text(requestHeaders['x-ms-client-request-id']) || randomUUID(),
  };
}

/**
 * The event of a write, shaped as Event Grid delivers it.
 *
 * @param source - ARM id of the storage account
 * @param sequence - grows with every event
 * @source local-runtime.md §6, event of an account without hierarchical namespace
 */
export function blobCreatedEvent(
  write: BlobWrite,
  source: string,
  sequence: number,
  time: Date,
): Readonly<Record<string, unknown>> {
  const account = source.split('/').at(-1) ?? '';
  return {
    source,
    subject: `/blobServices/default/containers/${write.container}/blobs/${write.path}`,
    type: 'Microsoft.Storage.BlobCreated',
    time: time.toISOString().replace('Z', '0000Z'),
    id: randomUUID(),
    specversion: '1.0',
    data: {
      api: write.api,
      clientRequestId: write.clientRequestId,
      requestId: write.requestId,
      eTag: write.etag,
      contentType: write.contentType,
      ...(write.contentLength === undefined ? {} : { contentLength: write.contentLength }),
      blobType: 'BlockBlob',
      url: `https://${account}.blob.core.windows.net/${write.container}/${write.encodedPath}`,
      sequencer: sequence.toString(16).toUpperCase().padStart(32, '0'),
      storageDiagnostics: { batchId: randomUUID() },
    },
  };
}

function text(value: string | string[] | undefined): string {
  return Array.isArray(value) ? (value[0] ?? '') : (value ?? '');
}
