/**
 * A Functions host for a laptop: loads the built app unmodified and serves the triggers that it registers. What it
 * cannot serve stops the start, with the list of functions.
 *
 * @source local-runtime.md §1, §2
 */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { join } from 'node:path';

import { clientBindingPayload } from '../task-hub/client-binding.ts';
import { systemHubClock, type HubClock } from '../task-hub/clock.ts';
import { TaskHub, type HubFaults } from '../task-hub/hub.ts';
import { serveManagementApi } from '../task-hub/management-api.ts';
import {
  loadWorker,
  type InvocationRequest,
  type RegisteredFunction,
  type Worker,
  type WorkerLog,
} from '../worker/worker.ts';
import { readHostJson, timeSpanMs, type HostJson } from './host-json.ts';
import { HttpTriggers } from './http-trigger.ts';
import { writeEmpty } from './http-message.ts';
import { Invoker } from './invoker.ts';
import { logFilter } from './log-filter.ts';
import { guardListening, type LoopbackGuard } from './loopback-listen.ts';
import { resolveSetting, type Settings } from './resolve-setting.ts';
import { listFunctions, type ServedFunction } from './served-functions.ts';
import { scheduleOf, startTimerTrigger } from './timer-trigger.ts';
import { TimerStatuses } from './timer-status.ts';
import { startServiceBusQueueTrigger } from './triggers/service-bus-queue.ts';

export type { ServedFunction } from './served-functions.ts';

/** How the host is started. */
export interface FunctionsHostOptions {
  /** Folder with host.json and package.json. */
  readonly appDirectory: string;
  /** App settings for `%NAME%` and connections. The app itself reads its process's environment, which should hold the same. */
  readonly env: Settings;
  /** Folder for the task hub's database and the status of timers. */
  readonly stateFolder: string;
  /** 0, the default: chosen by the system. */
  readonly port?: number;
  readonly clock?: HubClock;
  /** Of the task hub, for tests. */
  readonly faults?: HubFaults;
  /** 0 to 1: how early timers fire; random by default. */
  readonly earliness?: () => number;
  /** Hears what host.json lets pass. */
  readonly onLog: (entry: WorkerLog) => void;
}

/** A running host. */
export interface FunctionsHost {
  readonly baseUrl: string;
  readonly functions: readonly ServedFunction[];
  readonly hub: TaskHub;
  /** Stops the triggers, waits for what runs, then stops the hub and tells the app. */
  stop(): Promise<void>;
}

/**
 * Starts the host.
 *
 * @throws {UnservedFunctions} with the list of all functions
 * @throws {Error} host.json, a route, a schedule or a setting is wrong, or the app does not load
 */
export async function startFunctionsHost(options: FunctionsHostOptions): Promise<FunctionsHost> {
  const hostJson = readHostJson(options.appDirectory, options.env);
  const passes = logFilter(hostJson.logging.logLevel);
  const onLog = (entry: WorkerLog): void => {
    if (passes(entry)) options.onLog(entry);
  };
  const guard = guardListening();
  try {
    const worker = await loadWorker({ appDirectory: options.appDirectory, onLog }).finally(() => guard.release());
    return await new Host({ ...options, onLog }, hostJson, worker, guard).start();
  } catch (error) {
    await guard.closeServers();
    throw error;
  }
}

class Host {
  readonly #options: FunctionsHostOptions;
  readonly #hostJson: HostJson;
  readonly #worker: Worker;
  readonly #guard: LoopbackGuard;
  readonly #functions: readonly RegisteredFunction[];
  readonly #invoker: Invoker;
  readonly #clock: HubClock;
  readonly #triggers: { stop(): Promise<void> }[] = [];
  #origin = '';
  #stopping: Promise<void> | undefined;

  constructor(options: FunctionsHostOptions, hostJson: HostJson, worker: Worker, guard: LoopbackGuard) {
    this.#options = options;
    this.#hostJson = hostJson;
    this.#worker = worker;
    this.#guard = guard;
    this.#functions = [...worker.functions.values()];
    this.#clock = options.clock ?? systemHubClock();
    this.#invoker = new Invoker(worker, hostJson.functionTimeout, timeSpanMs(hostJson.functionTimeout), (fn, error) =>
      this.#logError(fn, error),
    );
  }

  /** Checks everything before anything is started. */
  async start(): Promise<FunctionsHost> {
    const functions = listFunctions(this.#functions, this.#hostJson.extensions.http.routePrefix, this.#options.env);
    const http = this.#httpTriggers();
    const starts = this.#functions.flatMap((fn) => this.#prepare(fn));
    const server = createServer();
    await listen(server, this.#options.port ?? 0);
    this.#origin = `http://127.0.0.1:${portOf(server)}`;
    // The library rewrites the addresses of the durable client to port 7071 where this is not set.
    process.env['WEBSITE_HOSTNAME'] = new URL(this.#origin).host;
    const hub = new TaskHub({
      worker: this.#worker,
      databaseFile: join(this.#options.stateFolder, 'task-hub.db'),
      config: this.#hostJson.extensions.durableTask,
      clock: this.#clock,
      ...(this.#options.faults === undefined ? {} : { faults: this.#options.faults }),
      ...(this.#options.earliness === undefined ? {} : { random: this.#options.earliness }),
      onWarning: (message) =>
        this.#options.onLog({ level: 'warning', category: 'system', message: `task hub: ${message}` }),
    });
    hub.clientBinding = () => this.#clientBinding();
    server.on('request', (request, response) => void this.#serve(hub, http, request, response));
    try {
      for (const start of starts) this.#triggers.push(start());
    } catch (error) {
      await this.#stop(server, hub);
      throw error;
    }
    return { baseUrl: this.#origin, functions, hub, stop: () => (this.#stopping ??= this.#stop(server, hub)) };
  }

  async #stop(server: Server, hub: TaskHub): Promise<void> {
    await Promise.all(this.#triggers.map((trigger) => trigger.stop()));
    const closed = closeServer(server);
    const left = await this.#invoker.drain();
    if (left > 0)
      this.#options.onLog({
        level: 'warning',
        category: 'system',
        message: `${left} invocations were still running when the host stopped.`,
      });
    server.closeAllConnections();
    await closed;
    await hub.stop();
    await this.#worker.stop();
    await this.#guard.closeServers();
  }

  async #serve(hub: TaskHub, http: HttpTriggers, request: IncomingMessage, response: ServerResponse): Promise<void> {
    try {
      if (await serveManagementApi(hub, { origin: this.#origin, hubName: this.#hubName() }, request, response)) return;
      await http.serve(request, response);
    } catch (error) {
      this.#options.onLog({
        level: 'error',
        category: 'system',
        message: `${request.method} ${request.url} failed: ${textOf(error)}`,
      });
      if (response.headersSent) response.destroy();
      else writeEmpty(response, 500);
    }
  }

  #httpTriggers(): HttpTriggers {
    return new HttpTriggers(
      {
        invoker: this.#invoker,
        routePrefix: this.#hostJson.extensions.http.routePrefix,
        origin: () => this.#origin,
        httpUri: this.#worker.capabilities['HttpUri'],
        extraInputs: (fn) => this.#extraInputs(fn),
        onError: (fn, error) => this.#logError(fn, error),
      },
      this.#functions.filter((fn) => fn.trigger.type === 'httpTrigger'),
    );
  }

  /** Reads what a trigger needs, so that a mistake stops the start. @returns what starts it, if it has to be started */
  #prepare(fn: RegisteredFunction): (() => { stop(): Promise<void> })[] {
    if (fn.trigger.type === 'timerTrigger') return [this.#prepareTimer(fn)];
    if (fn.trigger.type === 'serviceBusTrigger') return [this.#prepareQueue(fn)];
    return [];
  }

  #prepareTimer(fn: RegisteredFunction): () => { stop(): Promise<void> } {
    const schedule = scheduleOf(fn, this.#options.env);
    const statuses = new TimerStatuses(this.#options.stateFolder);
    return () =>
      startTimerTrigger({
        fn,
        schedule,
        statuses,
        clock: this.#clock,
        invoke: (data) =>
          this.#invoker.invoke(fn, { inputData: [{ name: fn.trigger.name, data }, ...this.#extraInputs(fn)] }),
      });
  }

  #prepareQueue(fn: RegisteredFunction): () => { stop(): Promise<void> } {
    const { connection, queueName } = fn.trigger;
    const connectionString = this.#options.env[String(connection)];
    if (connectionString === undefined)
      throw new Error(`Function "${fn.name}": the setting ${String(connection)} is not set.`);
    const { maxConcurrentCalls, maxAutoLockRenewalDuration } = this.#hostJson.extensions.serviceBus;
    const queue = resolveSetting(String(queueName), this.#options.env, `Function "${fn.name}"`);
    return () =>
      startServiceBusQueueTrigger({
        connectionString,
        queueName: queue,
        maxConcurrentCalls,
        maxAutoLockRenewalMs: timeSpanMs(maxAutoLockRenewalDuration),
        invoke: async (data, triggerMetadata) =>
          (
            await this.#invoker.invoke(fn, {
              inputData: [{ name: fn.trigger.name, data }, ...this.#extraInputs(fn)],
              triggerMetadata,
            })
          ).error,
        onError: (error) => this.#logError(fn, error),
      });
  }

  #extraInputs(fn: RegisteredFunction): InvocationRequest['inputData'] {
    return Object.values(fn.bindings)
      .filter(({ type }) => type === 'durableClient' || type === 'orchestrationClient')
      .map(({ name }) => ({ name, data: { string: this.#clientBinding() } }));
  }

  #clientBinding(): string {
    return clientBindingPayload({ origin: this.#origin, hubName: this.#hubName() });
  }

  #hubName(): string {
    return this.#hostJson.extensions.durableTask.hubName;
  }

  #logError(fn: RegisteredFunction, error: Error): void {
    this.#options.onLog({
      level: 'error',
      category: 'system',
      functionName: fn.name,
      message: `Function ${fn.name} failed: ${textOf(error)}`,
    });
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

/** Takes no new requests. @returns when the last connection has ended */
function closeServer(server: Server): Promise<void> {
  return new Promise((resolve) => {
    if (!server.listening) {
      resolve();
      return;
    }
    server.close(() => resolve());
    server.closeIdleConnections();
  });
}

function textOf(error: unknown): string {
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}
