/**
 * Long-running operations as ARM has them: `Azure-AsyncOperation` names a resource that tells the state, `Location` one
 * that answers 202 until it is over.
 *
 * @source azure-facts.md 3.5
 */
import { notFound, notServed } from './arm-error.ts';
import { ok, type Answer, type Call } from './call.ts';

/** What an operation is about: a job, an endpoint, or a deployment of an endpoint. */
export interface Subject {
  readonly name: string;
  readonly endpoint?: string;
}

/** Where an operation stands. */
export interface OperationState {
  readonly status: 'InProgress' | 'Succeeded' | 'Failed';
  readonly error?: string;
}

/** Seconds that clients are asked to wait before they look (again). */
const RETRY_AFTER_S = '1';
/** Longest time that clients should wait for the end. */
const OPERATION_TIMEOUT = 'PT1H';

/** Tells of operations; their state is that of what they are about, so nothing is stored. */
export class Operations {
  readonly #kinds = new Map<string, (subject: Subject) => OperationState>();
  readonly #workspaceId: string;
  #baseUrl = '';

  /** @param workspaceId - ARM id */
  constructor(workspaceId: string) {
    this.#workspaceId = workspaceId;
  }

  /** @param baseUrl - where the stand-in listens */
  listenAt(baseUrl: string): void {
    this.#baseUrl = baseUrl;
  }

  /** Adds a kind of operation. */
  add(kind: string, state: (subject: Subject) => OperationState): void {
    this.#kinds.set(kind, state);
  }

  /** Headers of an answer to a PUT. */
  statusHeaders(kind: string, subject: Subject): Record<string, string> {
    return {
      'azure-asyncoperation': this.#url('mfeOperationsStatus', kind, subject),
      'x-ms-async-operation-timeout': OPERATION_TIMEOUT,
      'retry-after': RETRY_AFTER_S,
    };
  }

  /** Address for the header `Location`. */
  resultUrl(kind: string, subject: Subject): string {
    return this.#url('mfeOperationResults', kind, subject);
  }

  /** Answers a request below `mfeOperationsStatus` or `mfeOperationResults`. */
  answer(call: Call): Answer {
    const [collection = '', kind = '', name = '', endpoint] = call.segments;
    if (call.method !== 'GET') throw notServed(`${call.method} of an operation`);
    const state = this.#kinds.get(kind)?.({ name, ...(endpoint === undefined ? {} : { endpoint }) });
    if (state === undefined) throw notFound(`Operation ${call.segments.join('/')}`);
    if (collection === 'mfeoperationresults')
      return state.status === 'InProgress' ? acceptedUntil(call.url.href) : { status: 204 };
    const { status, error } = state;
    const id = call.segments.join('/');
    return ok({
      id,
      name: id,
      status,
      ...(error === undefined ? {} : { error: { code: 'OperationFailed', message: error } }),
    });
  }

  #url(collection: string, kind: string, { name, endpoint }: Subject): string {
    const parts = [kind, name, ...(endpoint === undefined ? [] : [endpoint])].map(encodeURIComponent);
    return `${this.#baseUrl}${this.#workspaceId}/${collection}/${parts.join('/')}?api-version=2024-10-01`;
  }
}

/** @returns `202 Accepted`, with where to look for the end */
export function acceptedUntil(location: string): Answer {
  return {
    status: 202,
    headers: { location, 'retry-after': RETRY_AFTER_S, 'x-ms-async-operation-timeout': OPERATION_TIMEOUT },
  };
}
