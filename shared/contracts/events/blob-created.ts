import { z } from 'zod';

import { isRecord } from '#shared/domain/is-record.ts';

/**
 * `Microsoft.Storage.BlobCreated` as Event Grid delivers it: CloudEvents 1.0, structured mode. Members that the
 * protocol does not read may be anything; the ones it reads are strict.
 *
 * @source azure-facts.md 4.2, local-runtime.md §6. Microsoft's published sample writes `specVersion`; it is taken too.
 */
export const blobCreated = z.preprocess(
  (value) =>
    isRecord(value) && value['specversion'] === undefined && value['specVersion'] !== undefined
      ? { ...value, specversion: value['specVersion'] }
      : value,
  z.looseObject({
    specversion: z.literal('1.0'),
    id: z.string().min(1),
    type: z.literal('Microsoft.Storage.BlobCreated'),
    source: z.string().min(1),
    /** RFC 3339, with any number of fractional digits. */
    time: z
      .string()
      .regex(/^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d+)?(Z|[+-]\d{2}:\d{2})$/, 'a time as RFC 3339 writes it'),
    data: z.looseObject({
      api: z.string().min(1),
      url: z.url(),
      eTag: z.string().min(1),
      blobType: z.string().optional(),
      contentLength: z.number().int().nonnegative().optional(),
    }),
  }),
);
/** See {@link blobCreated}. */
export type BlobCreated = z.output<typeof blobCreated>;
