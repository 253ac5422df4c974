/**
 * HTTP streaming: the library listens by itself, and the host forwards the request there with the invocation's id.
 *
 * @source local-runtime.md §2.3 "Streaming mode"
 */
import { Agent, request as httpRequest, type IncomingMessage, type ServerResponse } from 'node:http';
import { pipeline, Transform } from 'node:stream';

import { BODY_BYTES, writeEmpty } from './http-message.ts';

/** A request under way to the library. */
export interface ForwardedRequest {
  /** Resolves when the library began to answer, or cannot. */
  readonly begun: Promise<void>;
  /** Resolves when the answer has been sent on, or cannot be. */
  readonly ended: Promise<void>;
  /** Gives up the request; the library hears that its caller went away. */
  abandon(): void;
}

/** A request body was larger than the host takes. */
class BodyTooLarge extends Error {}

/**
 * Forwards a request and pipes the answer back as it comes.
 *
 * @param target - address at the library
 * @param headers - of the invocation
 */
export function forward(
  target: URL,
  headers: Readonly<Record<string, string>>,
  request: IncomingMessage,
  response: ServerResponse,
): ForwardedRequest {
  const begun = Promise.withResolvers<void>();
  const ended = Promise.withResolvers<void>();
  const outgoing = httpRequest(target, {
    method: request.method ?? 'GET',
    headers: { ...request.headers, ...headers },
    agent,
  });
  const end = (): void => {
    begun.resolve();
    ended.resolve();
  };
  outgoing.on('response', (incoming) => {
    if (response.headersSent) {
      incoming.destroy();
      return;
    }
    response.writeHead(incoming.statusCode ?? 500, withoutConnection(incoming.headers));
    response.flushHeaders();
    begun.resolve();
    pipeline(incoming, response, end);
  });
  outgoing.on('error', () => {
    if (!response.headersSent) writeEmpty(response, 500);
    end();
  });
  response.on('close', () => outgoing.destroy());
  pipeline(request, limited(), outgoing, (error) => {
    if (error !== null && error !== undefined) outgoing.destroy(error);
  });
  return { begun: begun.promise, ended: ended.promise, abandon: () => void outgoing.destroy() };
}

/** Connections are not kept: each stands for one invocation. */
const agent = new Agent({ keepAlive: false });

function limited(): Transform {
  let size = 0;
  return new Transform({
    transform(chunk: Buffer, _encoding, done) {
      size += chunk.length;
      if (size > BODY_BYTES) done(new BodyTooLarge(`The request body is larger than ${BODY_BYTES} bytes.`));
      else done(null, chunk);
    },
  });
}

/** Headers that concern one connection are not passed on. */
function withoutConnection(headers: IncomingMessage['headers']): IncomingMessage['headers'] {
  const {
    connection: _connection,
    'keep-alive': _keepAlive,
    'transfer-encoding': _transferEncoding,
    ...rest
  } = headers;
  return rest;
}
