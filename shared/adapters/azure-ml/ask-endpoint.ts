/** Scoring requests: HTTPS with a bearer token, and no further than the endpoint. */
import { limits } from '#shared/domain/limits.ts';
import { isWhenceError, WhenceError } from '#shared/errors/whence-error.ts';
import type { ScoreResult } from '#shared/ports/ml-platform.ts';

/** Names the deployment, in requests and answers. @source azure-facts.md 3.4 */
const DEPLOYMENT_HEADER = 'azureml-model-deployment';
const loopback: ReadonlySet<string> = new Set(['127.0.0.1', '[::1]', 'localhost']);

/**
 * A token is shown over HTTPS only; over plain HTTP to this very machine alone.
 *
 * @throws {WhenceError} `azure-ml.refused`
 */
export function checkAddress(endpoint: string, scoringUri: string): void {
  const { protocol, hostname } = new URL(scoringUri);
  if (protocol === 'https:' || (protocol === 'http:' && loopback.has(hostname))) return;
  throw new WhenceError('azure-ml.refused', `Endpoint ${endpoint} would get a token over ${protocol} at ${hostname}.`);
}

/**
 * Sends one scoring request.
 *
 * @param deployment - undefined: as the endpoint's traffic says
 * @throws {WhenceError} `azure-ml.unavailable`: no answer within `limits.scoringTimeoutMs`; `azure-ml.refused`: one of
 *   more than `limits.scoringAnswerBytes`
 */
export async function askEndpoint(
  endpoint: string,
  scoringUri: string,
  {
    token,
    body,
    deployment,
  }: { readonly token: string; readonly body: unknown; readonly deployment: string | undefined },
): Promise<ScoreResult> {
  try {
    const response = await fetch(scoringUri, {
      method: 'POST',
      headers: {
        authorization: `Bearer ${token}`,
        'content-type': 'application/json',
        ...(deployment === undefined ? {} : { [DEPLOYMENT_HEADER]: deployment }),
      },
      body: JSON.stringify(body),
      redirect: 'error',
      signal: AbortSignal.timeout(limits.scoringTimeoutMs),
    });
    const answered = response.headers.get(DEPLOYMENT_HEADER);
    return {
      status: response.status,
      body: parsed(await limitedText(endpoint, response)),
      ...(answered === null ? {} : { deployment: answered }),
    };
  } catch (cause) {
    if (isWhenceError(cause)) throw cause;
    throw new WhenceError('azure-ml.unavailable', `Endpoint ${endpoint} did not answer.`, { cause });
  }
}

/** Reads no further than the limit: what serves is what a model's author wrote. */
async function limitedText(endpoint: string, { body }: Response): Promise<string> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  // Leaving the loop cancels the stream.
  for await (const chunk of body ?? []) {
    bytes += chunk.byteLength;
    if (bytes > limits.scoringAnswerBytes)
      throw new WhenceError(
        'azure-ml.refused',
        `Endpoint ${endpoint} answered with more than ${limits.scoringAnswerBytes} bytes.`,
      );
    chunks.push(chunk);
  }
  return new TextDecoder().decode(Buffer.concat(chunks));
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}
