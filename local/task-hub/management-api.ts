/**
 * The HTTP management API of the Durable extension, with its real status codes.
 *
 * @source local-runtime.md §3.5 "Server behaviour", §4.8
 */
import { randomUUID } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';

import { managementUrls, type ManagementAddress } from './client-binding.ts';
import { eventTypes } from './history.ts';
import type { TaskHub } from './hub.ts';
import { endedStatuses, runtimeStatuses, type Instance } from './instance.ts';
import { statusPayload } from './status-payload.ts';

interface Answer {
  readonly status: number;
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
}

interface Call {
  readonly method: string;
  /** Path below the webhook, split at slashes and decoded. */
  readonly segments: readonly string[];
  readonly query: URLSearchParams;
  readonly request: IncomingMessage;
}

/** Rows of a list unless asked otherwise. */
const PAGE_ROWS = 100;
const PREFIX = '/runtime/webhooks/durabletask';

/**
 * Serves a request if it is one of the management API.
 *
 * @returns whether it was
 */
export async function serveManagementApi(
  hub: TaskHub,
  address: ManagementAddress,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<boolean> {
  const url = new URL(request.url ?? '/', address.origin);
  if (!url.pathname.toLowerCase().startsWith(PREFIX)) return false;
  const segments = url.pathname
    .slice(PREFIX.length)
    .split('/')
    .filter((one) => one !== '')
    .map(decodeURIComponent);
  const answer = await route(hub, address, {
    method: request.method ?? 'GET',
    segments,
    query: url.searchParams,
    request,
  });
  response.writeHead(answer.status, {
    ...(answer.body === undefined ? {} : { 'content-type': 'application/json; charset=utf-8' }),
    ...Object.fromEntries(Object.entries(answer.headers ?? {}).map(([name, value]) => [name, ascii(value)])),
  });
  response.end(answer.body === undefined ? undefined : JSON.stringify(answer.body));
  return true;
}

/** Headers carry no other characters; an instance id may hold any. */
function ascii(value: string): string {
  return value.replaceAll(/[^\u0020-\u007e]+/gu, encodeURIComponent);
}

async function route(hub: TaskHub, address: ManagementAddress, call: Call): Promise<Answer> {
  const [kind = '', first, operation, last] = call.segments.map((segment, at) =>
    at === 0 || at === 2 ? segment.toLowerCase() : segment,
  );
  const hubName = call.query.get('taskHub');
  if (hubName !== null && hubName.toLowerCase() !== address.hubName.toLowerCase()) return { status: 404 };
  const { length } = call.segments;
  if (kind === 'orchestrators' && call.method === 'POST' && (length === 2 || length === 3))
    return start(hub, address, call, first ?? '', call.segments[2]);
  if (kind === 'entities') return { status: 501, body: { Message: 'Entities are not served by the laptop runtime.' } };
  if (kind !== 'instances') return { status: 404 };
  if (first === undefined) return listOrPurge(hub, call);
  const instance = hub.instances.get(first);
  if (length === 2 && call.method === 'GET') return show(address, call, instance);
  if (length === 2 && call.method === 'DELETE') return purge(hub, instance);
  if (call.method !== 'POST') return { status: 404 };
  if (operation === 'raiseevent' && length === 4) return raiseEvent(hub, call, instance, last ?? '');
  if (length !== 3) return { status: 404 };
  return lifecycle(hub, address, call, instance, operation ?? '');
}

async function start(
  hub: TaskHub,
  address: ManagementAddress,
  call: Call,
  name: string,
  instanceId: string | undefined,
): Promise<Answer> {
  const text = await readText(call.request);
  const problem = text === '' ? undefined : jsonProblem(text);
  if (problem !== undefined) return invalidJson(problem);
  const outcome = await hub.start(name, instanceId, text === '' ? null : text, call.query.get('version') ?? undefined);
  if (outcome.outcome === 'bad-id')
    return { status: 400, body: { Message: 'The instance id has characters that are not allowed, or is too long.' } };
  if (outcome.outcome === 'exists')
    return {
      status: 409,
      body: { Message: `An Orchestration instance with the status ${outcome.status} already exists.` },
    };
  const { rewindPostUri: _rewind, ...body } = managementUrls(address, outcome.instanceId);
  return { status: 202, body, headers: { location: body['statusQueryGetUri'] ?? '', 'retry-after': '10' } };
}

function show(address: ManagementAddress, call: Call, instance: Instance | undefined): Answer {
  if (instance === undefined) return { status: 404 };
  const flags = {
    showHistory: isTrue(call.query.get('showHistory')),
    showHistoryOutput: isTrue(call.query.get('showHistoryOutput')),
    showInput: call.query.get('showInput')?.toLowerCase() !== 'false',
  };
  const body = statusPayload(instance, flags);
  if (endedStatuses.has(instance.status)) {
    const asError = instance.status === 'Failed' && isTrue(call.query.get('returnInternalServerErrorOnFailure'));
    return { status: asError ? 500 : 200, body };
  }
  return {
    status: 202,
    body,
    headers: { location: `${address.origin}${call.request.url ?? ''}`, 'retry-after': '5' },
  };
}

function purge(hub: TaskHub, instance: Instance | undefined): Answer {
  if (instance === undefined) return { status: 404 };
  if (!endedStatuses.has(instance.status))
    return {
      status: 412,
      body: `Only orchestrations in a terminal state can be purged, but the orchestration with instance ID ${instance.id} has status ${instance.status}`,
    };
  hub.purge(instance.id);
  return { status: 200, body: { instancesDeleted: 1 } };
}

async function raiseEvent(hub: TaskHub, call: Call, instance: Instance | undefined, name: string): Promise<Answer> {
  if (instance === undefined) return { status: 404 };
  if (endedStatuses.has(instance.status)) return { status: 410 };
  if (!/^application\/json\b/i.test(call.request.headers['content-type'] ?? ''))
    return { status: 400, body: { Message: 'Only application/json request content is supported' } };
  const text = await readText(call.request);
  const problem = jsonProblem(text);
  if (problem !== undefined) return invalidJson(problem);
  await hub.send(instance.id, eventTypes.eventRaised, { Name: name, Input: text, ParentTraceContext: null });
  return { status: 202 };
}

const lifecycleOperations: ReadonlySet<string> = new Set(['terminate', 'suspend', 'resume']);

async function lifecycle(
  hub: TaskHub,
  address: ManagementAddress,
  call: Call,
  instance: Instance | undefined,
  operation: string,
): Promise<Answer> {
  const reason = call.query.get('reason');
  if (operation === 'restart') return restart(hub, address, call, instance);
  if (instance === undefined && operation === 'rewind')
    return { status: 404, body: `No orchestration with instance ID "$${call.segments[1] ?? ''}" found.` };
  if (instance === undefined) return { status: 404 };
  if (operation === 'rewind') {
    if (instance.status !== 'Failed')
      return {
        status: 412,
        body: `This orchestration has status ${instance.status}, but only orchestrations in the "Failed" state can be rewound.`,
      };
    return { status: 501, body: { Message: 'Rewind is not served by the laptop runtime.' } };
  }
  if (!lifecycleOperations.has(operation)) return { status: 404 };
  if (endedStatuses.has(instance.status)) return { status: 410 };
  switch (operation) {
    case 'terminate':
      await hub.send(instance.id, eventTypes.executionTerminated, { Input: reason });
      return { status: 202 };
    case 'suspend':
      if (instance.status === 'Suspended') return cannot('suspend', instance);
      await hub.send(instance.id, eventTypes.executionSuspended, { Reason: reason });
      return { status: 202 };
    case 'resume':
      if (instance.status !== 'Suspended') return cannot('resume', instance);
      await hub.send(instance.id, eventTypes.executionResumed, { Reason: reason });
      return { status: 202 };
    default:
      return { status: 404 };
  }
}

function cannot(operation: string, instance: Instance): Answer {
  return {
    status: 500,
    body: {
      Message: 'Something went wrong while processing your request',
      ExceptionMessage: `Cannot ${operation} the orchestration instance ${instance.id} because instance is in the ${instance.status} state.`,
      ExceptionType: 'System.InvalidOperationException',
    },
  };
}

async function restart(
  hub: TaskHub,
  address: ManagementAddress,
  call: Call,
  instance: Instance | undefined,
): Promise<Answer> {
  if (instance === undefined) return { status: 400, body: { Message: 'There is no instance of that id.' } };
  const isNew = call.query.get('restartWithNewInstanceId')?.toLowerCase() !== 'false';
  const outcome = await hub.start(
    instance.name,
    isNew ? randomUUID().replaceAll('-', '') : instance.id,
    instance.input,
    instance.version ?? undefined,
  );
  if (outcome.outcome !== 'started') return { status: 409, body: { Message: 'The instance is still running.' } };
  const { rewindPostUri: _rewind, ...body } = managementUrls(address, outcome.instanceId);
  return { status: 202, body, headers: { location: body['statusQueryGetUri'] ?? '', 'retry-after': '10' } };
}

function listOrPurge(hub: TaskHub, call: Call): Answer {
  const matching = [...hub.instances.values()].filter(filterOf(call.query)).toSorted((a, b) => (a.id < b.id ? -1 : 1));
  if (call.method === 'DELETE') {
    if (call.query.get('createdTimeFrom') === null)
      return { status: 400, body: "Please provide value for 'createdTimeFrom' parameter." };
    if (matching.length === 0) return { status: 404 };
    for (const instance of matching) hub.purge(instance.id);
    return { status: 200, body: { instancesDeleted: matching.length } };
  }
  if (call.method !== 'GET') return { status: 404 };
  const token = call.request.headers['x-ms-continuation-token'];
  const first = typeof token === 'string' ? Buffer.from(token, 'base64').toString('utf8') : '';
  const top = Number(call.query.get('top') ?? PAGE_ROWS);
  const rest = matching.filter(({ id }) => id >= first);
  const page = rest.slice(0, top);
  const flags = {
    showHistory: false,
    showHistoryOutput: false,
    showInput: call.query.get('showInput')?.toLowerCase() !== 'false',
  };
  const next = rest[top];
  return {
    status: 200,
    body: page.map((one) => statusPayload(one, flags)),
    headers: { 'x-ms-continuation-token': next === undefined ? '' : Buffer.from(next.id).toString('base64') },
  };
}

/** Unknown statuses and unreadable times are ignored, as in Azure. */
function filterOf(query: URLSearchParams): (instance: Instance) => boolean {
  const statuses = new Set(
    (query.get('runtimeStatus') ?? '').split(',').filter((one) => (runtimeStatuses as readonly string[]).includes(one)),
  );
  const fromMs = Date.parse(query.get('createdTimeFrom') ?? '');
  const toMs = Date.parse(query.get('createdTimeTo') ?? '');
  const prefix = query.get('instanceIdPrefix') ?? '';
  return (instance) =>
    (statuses.size === 0 || statuses.has(instance.status)) &&
    (Number.isNaN(fromMs) || instance.createdAtMs >= fromMs) &&
    (Number.isNaN(toMs) || instance.createdAtMs <= toMs) &&
    instance.id.startsWith(prefix);
}

function isTrue(text: string | null): boolean {
  return text?.toLowerCase() === 'true';
}

/** @returns what a JSON parser says against the text, or undefined */
function jsonProblem(text: string): string | undefined {
  if (text === '') return "Error reading JToken from JsonReader. Path '', line 0, position 0.";
  try {
    JSON.parse(text);
    return undefined;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

function invalidJson(problem: string): Answer {
  return {
    status: 400,
    body: {
      Message: 'Invalid JSON content',
      ExceptionMessage: problem,
      ExceptionType: 'Newtonsoft.Json.JsonReaderException',
    },
  };
}

async function readText(request: IncomingMessage): Promise<string> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of request) chunks.push(chunk as Uint8Array);
  return Buffer.concat(chunks).toString('utf8');
}
