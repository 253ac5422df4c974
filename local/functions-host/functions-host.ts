/**
 * A Functions host for a laptop: loads the built app unmodified and serves the triggers that it registers. What it
 * cannot serve stops the start, with the list of functions.
 *
 * @source local-runtime.md §1, §2
 */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { join } from 'node:path';

import { clientBindingPayload } from '../task-hub/client-binding.ts';
import { TaskHub } from '../task-hub/hub.ts';
import { serveManagementApi } from '../task-hub/management-api.ts';
import type { RpcTypedData } from '../worker/rpc.ts';
import { loadWorker, type RegisteredFunction, type Worker, type WorkerLog } from '../worker/worker.ts';
import { readHostJson, timeSpanMs, type HostJson } from './host-json.ts';
import { HttpTriggers } from './http-trigger.ts';
import { listenOnLoopbackOnly } from './loopback-listen.ts';
import { resolveSetting, startTimerTrigger, type TimerTrigger } from './timer-trigger.ts';
import { startServiceBusQueueTrigger, type ServiceBusQueueTrigger } from './triggers/service-bus-queue.ts';

/** How the host is started. Settings are read from `env`, as the worker reads them. */
export interface FunctionsHostOptions {
  /** Folder with host.json and package.json. */
  readonly appDirectory: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Folder for the task hub's database. */
  readonly stateFolder: string;
  /** 0: chosen by the system. */
  readonly port: number;
  readonly onLog: (entry: WorkerLog) => void;
}

/** A function as the list shows it. */
export interface ServedFunction {
  readonly name: string;
  readonly trigger: string;
  /** Route, queue or schedule. */
  readonly where: string;
}

/** A running host. */
export interface FunctionsHost {
  readonly baseUrl: string;
  readonly functions: readonly ServedFunction[];
  readonly hub: TaskHub;
  stop(): Promise<void>;
}

/** The app registered something that the laptop does not serve. */
export class UnservedFunctions extends Error {
  override readonly name = 'UnservedFunctions';
}

const served = new Set(['httpTrigger', 'timerTrigger', 'serviceBusTrigger', 'orchestrationTrigger', 'activityTrigger']);
const DEFAULT_TIMEOUT_MS = 30 * 60_000;

/**
 * Starts the host.
 *
 * @throws {UnservedFunctions} with the list of all functions
 * @throws {Error} host.json, a route, a schedule or a setting is wrong
 */
export async function startFunctionsHost(options: FunctionsHostOptions): Promise<FunctionsHost> {
  const hostJson = readHostJson(options.appDirectory, options.env);
  const restore = listenOnLoopbackOnly();
  const worker = await loadWorker({ appDirectory: options.appDirectory, onLog: options.onLog }).finally(restore);
  const host = new Host(options, hostJson, worker);
  return host.start();
}

class Host {
  readonly #options: FunctionsHostOptions;
  readonly #hostJson: HostJson;
  readonly #worker: Worker;
  readonly #functions: readonly RegisteredFunction[];
  readonly #stops: (() => Promise<void>)[] = [];
  #origin = '';

  constructor(options: FunctionsHostOptions, hostJson: HostJson, worker: Worker) {
    this.#options = options;
    this.#hostJson = hostJson;
    this.#worker = worker;
    this.#functions = [...worker.functions.values()];
  }

  async start(): Promise<FunctionsHost> {
    const list = this.#functions.map((fn) => this.#describe(fn));
    const unserved = this.#functions.filter((fn) => !served.has(fn.trigger.type));
    if (this.#functions.length === 0) throw new UnservedFunctions('The app registered no function.');
    if (unserved.length > 0) {
      const lines = list.map((one) => `  ${one.name}: ${one.trigger} ${one.where}`).join('\n');
      throw new UnservedFunctions(`Not served by the laptop runtime: ${unserved.map((fn) => `${fn.name} (${fn.trigger.type})`).join(', ')}.\nThe app registered:\n${lines}`);
    }
    const hub = new TaskHub({
      worker: this.#worker,
      databaseFile: join(this.#options.stateFolder, 'task-hub.db'),
      config: this.#hostJson.extensions?.durableTask,
      onWarning: (message) => this.#options.onLog({ level: 'warning', category: 'system', message: `task hub: ${message}` }),
    });
    const http = this.#httpTriggers();
    const server = createServer((request, response) => void this.#serve(hub, http, request, response));
    await listen(server, this.#options.port);
    this.#origin = `http://127.0.0.1:${portOf(server)}`;
    hub.clientBinding = () => this.#clientBinding();
    this.#startTriggers();
    return {
      baseUrl: this.#origin,
      functions: list,
      hub,
      stop: async () => {
        for (const stop of this.#stops) await stop();
        await closeServer(server);
        await hub.stop();
        await this.#worker.stop();
      },
    };
  }

  #clientBinding(): string {
    return clientBindingPayload({ origin: this.#origin, hubName: this.#hubName() });
  }

  #hubName(): string {
    return this.#hostJson.extensions?.durableTask?.hubName ?? 'TestHubName';
  }

  #httpTriggers(): HttpTriggers {
    const { functionTimeout } = this.#hostJson;
    return new HttpTriggers(
      {
        worker: this.#worker,
        routePrefix: this.#prefix(),
        origin: () => this.#origin,
        extraInputs: (fn) => this.#extraInputs(fn),
        timeoutMs: functionTimeout === undefined ? DEFAULT_TIMEOUT_MS : timeSpanMs(functionTimeout),
        onError: (fn, error) => this.#logError(fn, error),
      },
      this.#functions.filter((fn) => fn.trigger.type === 'httpTrigger'),
    );
  }

  async #serve(hub: TaskHub, http: HttpTriggers, request: IncomingMessage, response: ServerResponse): Promise<void> {
    try {
      if (await serveManagementApi(hub, { origin: this.#origin, hubName: this.#hubName() }, request, response)) return;
      await http.serve(request, response);
    } catch (error) {
      this.#options.onLog({ level: 'error', category: 'system', message: `request failed: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}` });
      if (!response.headersSent) response.writeHead(500);
      response.end();
    }
  }

  #startTriggers(): void {
    for (const fn of this.#functions) {
      const trigger = fn.trigger.type === 'timerTrigger' ? this.#startTimer(fn) : fn.trigger.type === 'serviceBusTrigger' ? this.#startQueue(fn) : undefined;
      if (trigger !== undefined) this.#stops.push(() => trigger.stop());
    }
  }

  #startTimer(fn: RegisteredFunction): TimerTrigger {
    return startTimerTrigger({
      fn,
      env: this.#options.env,
      invoke: async (data) => {
        const { error } = await this.#worker.invoke(fn.name, { inputData: [{ name: fn.trigger.name, data }, ...this.#extraInputs(fn)] });
        if (error !== undefined) this.#logError(fn, error);
      },
    });
  }

  #startQueue(fn: RegisteredFunction): ServiceBusQueueTrigger {
    const { env } = this.#options;
    const { queueName, connection, cardinality } = fn.trigger;
    if (typeof queueName !== 'string' || cardinality === 'many') throw new UnservedFunctions(`Function "${fn.name}": of Service Bus triggers the laptop runtime serves queues, one message at a time.`);
    const connectionString = env[String(connection)];
    if (connectionString === undefined) throw new Error(`Function "${fn.name}": the setting ${String(connection)} is not set.`);
    const { maxConcurrentCalls = 16, maxAutoLockRenewalDuration = '00:05:00' } = this.#hostJson.extensions?.serviceBus ?? {};
    return startServiceBusQueueTrigger({
      connectionString,
      queueName: resolveSetting(queueName, env),
      maxConcurrentCalls,
      maxAutoLockRenewalMs: timeSpanMs(maxAutoLockRenewalDuration),
      invoke: async (data, triggerMetadata) => {
        const { error } = await this.#worker.invoke(fn.name, { inputData: [{ name: fn.trigger.name, data }, ...this.#extraInputs(fn)], triggerMetadata });
        if (error !== undefined) this.#logError(fn, error);
        return error;
      },
      onError: (error) => this.#logError(fn, error),
    });
  }

  #extraInputs(fn: RegisteredFunction): { name: string; data: RpcTypedData }[] {
    return Object.values(fn.bindings)
      .filter((binding) => binding.type === 'durableClient')
      .map((binding) => ({ name: binding.name, data: { string: this.#clientBinding() } }));
  }

  #describe(fn: RegisteredFunction): ServedFunction {
    const { type } = fn.trigger;
    const where =
      type === 'httpTrigger' ? `/${HttpTriggers.routeOf(this.#prefix(), fn)}` : String(fn.trigger['queueName'] ?? fn.trigger['schedule'] ?? '');
    return { name: fn.name, trigger: type, where };
  }

  #prefix(): string {
    return this.#hostJson.extensions?.http?.routePrefix ?? 'api';
  }

  #logError(fn: RegisteredFunction, error: Error): void {
    this.#options.onLog({ level: 'error', category: 'system', functionName: fn.name, message: `Function ${fn.name} failed: ${error.stack ?? error.message}` });
  }
}

function listen(server: Server, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, '127.0.0.1', () => {
      server.off('error', reject);
      resolve();
    });
  });
}

function portOf(server: Server): number {
  const address = server.address();
  return typeof address === 'object' && address !== null ? address.port : 0;
}

function closeServer(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve());
    server.closeIdleConnections();
    setTimeout(() => server.closeAllConnections(), 2_000).unref();
  });
}
