import type { HttpRequest } from '@azure/functions';

import { limits } from '#shared/domain/limits.ts';
import { WhenceError } from '#shared/errors/whence-error.ts';

/**
 * @param octets - raw bytes of a file rather than JSON: the larger limit holds
 * @returns the bytes of the body
 * @throws {WhenceError} `http.too-large`
 */
export async function readBody(request: HttpRequest, octets: boolean): Promise<Uint8Array> {
  const limit = octets ? limits.pipelineFileBytes : limits.requestBodyBytes;
  const chunks: Uint8Array[] = [];
  let size = 0;
  if (request.body !== null) {
    for await (const chunk of request.body as AsyncIterable<Uint8Array>) {
      size += chunk.length;
      if (size > limit)
        throw new WhenceError('http.too-large', `The body is larger than ${limit} bytes.`, {
          details: { limitBytes: limit },
        });
      chunks.push(chunk);
    }
  }
  return Buffer.concat(chunks);
}
