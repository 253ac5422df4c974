/**
 * The laptop runtime: every stand-in and the function app in one process, with its state in one folder. Azurite is a
 * child process, jobs and scoring servers are too; `stop()` ends them all.
 */
import { rmSync } from 'node:fs';
import { join } from 'node:path';

import { startAzureMl } from '../azure-ml/azure-ml.ts';
import { azuriteConnectionString, startAzurite, type Azurite } from '../azurite/azurite.ts';
import { laptopCertificate, type LaptopCertificate } from '../certificates/certificate.ts';
import { startEventGrid, type EventGrid } from '../event-grid/event-grid.ts';
import { startFunctionsHost, type ServedFunction } from '../functions-host/functions-host.ts';
import { startIdentity, type Identity } from '../identity/identity.ts';
import { startServiceBus } from '../service-bus/service-bus.ts';
import { appSettings } from '../settings/app-settings.ts';
import { laptopEnvironments } from '../settings/environments.ts';
import { laptop, laptopContainers, laptopDatastores, laptopQueues } from '../settings/laptop.ts';
import { readLocalEnvironments, readLocalSettings } from '../settings/local-settings.ts';
import type { WorkerLog } from '../worker/worker.ts';
import { describeRunning } from './already-running.ts';
import { makeContainers } from './containers.ts';
import { ENDPOINTS_FILE, type RuntimeEndpoints } from './endpoints.ts';
import { takeInstanceLock } from './instance-lock.ts';
import { PortBook, type PortName, type Ports } from './ports.ts';
import { setEnvironment, trustCertificate } from './process-wide.ts';
import { QueueSender } from './queue-sender.ts';
import { openRuntimeLog, type RuntimeLog } from './runtime-log.ts';
import { makeStateFolder, writeStateFile } from './state-folder.ts';

/** Name of the state folder unless another one is given. */
export const STATE_FOLDER = '.whence';

/** One line about a component that is up, or about something worth knowing. */
export interface RuntimeProgress {
  readonly component: string;
  readonly text: string;
}

/** How the runtime is started. */
export interface RuntimeOptions {
  /** Folder of the built app: host.json, package.json, dist. */
  readonly appDirectory: string;
  /** Default {@link STATE_FOLDER} in the working folder. */
  readonly stateFolder?: string;
  /** Ports that must be those; the others are chosen by the system, and kept over restarts where that is possible. */
  readonly ports?: Ports;
  /** Event Grid's habit of delivering twice and out of order; on by default, as in Azure. */
  readonly chaos?: boolean;
  readonly onProgress?: (progress: RuntimeProgress) => void;
  /** Warnings and errors as they happen; everything is in `runtime.log` of the state folder. */
  readonly onLog?: (entry: WorkerLog) => void;
}

/** A running runtime. */
export interface Runtime {
  readonly stateFolder: string;
  readonly endpoints: RuntimeEndpoints;
  /** Every function of the app, as it is served. */
  readonly functions: readonly ServedFunction[];
  /** Stops everything; may be called again. */
  stop(): Promise<void>;
}

/**
 * Starts the runtime.
 *
 * @throws {RuntimeAlreadyRunning} another one uses the state folder
 * @throws {Error} a component cannot start; what was started has been stopped again
 */
export async function startRuntime(options: RuntimeOptions): Promise<Runtime> {
  const stateFolder = makeStateFolder(options.stateFolder ?? STATE_FOLDER);
  const lock = takeInstanceLock(stateFolder);
  if (lock === undefined) throw await describeRunning(stateFolder);
  const stack = new AsyncDisposableStack();
  stack.defer(() => lock.release());
  try {
    rmSync(join(stateFolder, ENDPOINTS_FILE), { force: true });
    const log = await openRuntimeLog(stateFolder);
    stack.defer(() => log.close());
    const { endpoints, functions } = await new Starter(options, stateFolder, stack, log).start();
    writeStateFile(stateFolder, ENDPOINTS_FILE, endpoints);
    stack.defer(() => rmSync(join(stateFolder, ENDPOINTS_FILE), { force: true }));
    let stopping: Promise<void> | undefined;
    return { stateFolder, endpoints, functions, stop: () => (stopping ??= stack.disposeAsync()) };
  } catch (error) {
    await stack.disposeAsync();
    throw error;
  }
}

/** Starts the components in order; each is stopped by the stack, last first. */
class Starter {
  readonly #options: RuntimeOptions;
  readonly #folder: string;
  readonly #stack: AsyncDisposableStack;
  readonly #log: RuntimeLog;
  readonly #ports: PortBook;

  constructor(options: RuntimeOptions, folder: string, stack: AsyncDisposableStack, log: RuntimeLog) {
    this.#options = options;
    this.#folder = folder;
    this.#stack = stack;
    this.#log = log;
    this.#ports = new PortBook(folder, options.ports ?? {});
  }

  async start(): Promise<{ endpoints: RuntimeEndpoints; functions: readonly ServedFunction[] }> {
    const certificate = await laptopCertificate(this.#folder);
    this.#stack.defer(trustCertificate(certificate.cert));
    const identity = await this.#identity();
    const azurite = await this.#azurite(certificate);
    const bus = await this.#serviceBus();
    const sender = this.#stack.adopt(new QueueSender(bus.connectionString), (one) => one.close());
    const azureMl = await this.#azureMl(certificate, identity, azurite, sender);
    const frontDoor = await this.#frontDoor(certificate, azurite, sender);
    const storageConnectionString = azuriteConnectionString({
      blob: azurite.blobUrl,
      queue: azurite.queueUrl,
      table: azurite.tableUrl,
    });
    const addresses = {
      blobHttpsUrl: azurite.blobUrl,
      storageConnectionString,
      serviceBusConnectionString: bus.connectionString,
      azureMlUrl: azureMl.baseUrl,
      issuer: identity.issuer,
      identityEndpoint: identity.endpoint,
      identityHeader: identity.identityHeader,
      telemetryFile: join(this.#folder, 'telemetry.jsonl'),
    };
    this.#stack.defer(
      setEnvironment(appSettings(addresses, readLocalSettings(this.#options.appDirectory), process.env['NO_PROXY'])),
    );
    const host = await this.#functionsHost();
    return {
      functions: host.functions,
      endpoints: {
        app: { baseUrl: host.baseUrl },
        blob: { url: frontDoor.blobUrl, connectionString: frontDoor.connectionString },
        table: { url: azurite.tableUrl, connectionString: azuriteConnectionString({ table: azurite.tableUrl }) },
        queue: { url: azurite.queueUrl, connectionString: azuriteConnectionString({ queue: azurite.queueUrl }) },
        serviceBus: { connectionString: bus.connectionString },
        azureMl: {
          baseUrl: azureMl.baseUrl,
          subscriptionId: laptop.subscriptionId,
          resourceGroup: laptop.resourceGroup,
          workspaceName: laptop.workspaceName,
          caFile: certificate.caFile,
        },
        identity: {
          endpoint: identity.endpoint,
          tokenUrl: identity.tokenUrl,
          issuer: identity.issuer,
          audience: laptop.audience,
          secretFile: identity.secretFile,
        },
      },
    };
  }

  async #identity(): Promise<Identity> {
    const identity = await this.#start('identity', ['identity'], ({ identity: port }) =>
      startIdentity({ folder: this.#folder, port, tenantId: laptop.tenantId, audience: laptop.audience }),
    );
    this.#ports.remember({ identity: portOf(identity.endpoint) });
    return identity;
  }

  async #azurite(certificate: LaptopCertificate): Promise<Azurite> {
    const azurite = await this.#start('storage (Azurite)', ['blob', 'queue', 'table'], (ports) =>
      startAzurite({ folder: this.#folder, certificate, ports }),
    );
    this.#ports.remember({
      blob: portOf(azurite.blobUrl),
      queue: portOf(azurite.queueUrl),
      table: portOf(azurite.tableUrl),
    });
    return azurite;
  }

  async #serviceBus(): Promise<{ readonly connectionString: string }> {
    const bus = await this.#start('Service Bus', ['serviceBus'], ({ serviceBus: port }) =>
      startServiceBus({ folder: this.#folder, port }),
    );
    this.#ports.remember({ serviceBus: bus.port });
    return bus;
  }

  async #azureMl(
    certificate: LaptopCertificate,
    identity: Identity,
    azurite: Azurite,
    sender: QueueSender,
  ): Promise<{ readonly baseUrl: string }> {
    const { subscriptionId, resourceGroup, workspaceName } = laptop;
    const named = readLocalEnvironments(this.#options.appDirectory);
    const azureMl = await this.#start('Azure ML', ['azureMl'], ({ azureMl: port }) =>
      startAzureMl({
        folder: this.#folder,
        port,
        certificate,
        identity,
        subscriptionId,
        resourceGroup,
        workspaceName,
        blobConnectionString: azuriteConnectionString({ blob: azurite.blobUrl }),
        datastores: laptopDatastores,
        environments: laptopEnvironments(this.#options.appDirectory, named, join(this.#folder, 'azure-ml', 'python')),
        ...(named['python3'] === undefined ? {} : { python: named['python3'] }),
        sendEvent: (event) =>
          sender.send(laptopQueues.mlEvents, {
            event,
            messageId: String(event['id']),
            properties: { 'aeg-event-type': 'Notification' },
          }),
      }),
    );
    this.#ports.remember({ azureMl: portOf(azureMl.baseUrl) });
    return azureMl;
  }

  async #frontDoor(certificate: LaptopCertificate, azurite: Azurite, sender: QueueSender): Promise<EventGrid> {
    const frontDoor = await this.#start('Event Grid', ['frontDoor'], ({ frontDoor: port }) =>
      startEventGrid({
        folder: this.#folder,
        port,
        blobUrl: azurite.blobUrl,
        ca: certificate.cert,
        sourceId: laptop.storageAccountId,
        container: laptopContainers.landing,
        chaos: this.#options.chaos ?? true,
        deliver: (event, messageId, properties) =>
          sender.send(laptopQueues.dataEvents, { event, messageId, properties }),
      }),
    );
    this.#ports.remember({ frontDoor: portOf(frontDoor.blobUrl) });
    await makeContainers(frontDoor.connectionString, Object.values(laptopContainers));
    return frontDoor;
  }

  async #functionsHost(): Promise<{ readonly baseUrl: string; readonly functions: readonly ServedFunction[] }> {
    const host = await this.#start('function app', ['app'], ({ app: port }) =>
      startFunctionsHost({
        appDirectory: this.#options.appDirectory,
        env: process.env,
        stateFolder: this.#folder,
        port,
        onLog: (entry) => this.#hear(entry),
      }),
    );
    this.#ports.remember({ app: portOf(host.baseUrl) });
    return host;
  }

  /** Starts a component on its ports, has it stopped with the rest, and tells of it. */
  async #start<Name extends PortName, T extends { stop(): Promise<void> }>(
    component: string,
    names: readonly Name[],
    start: (ports: Record<Name, number>) => Promise<T>,
  ): Promise<T> {
    const startedMs = performance.now();
    const started = await this.#ports.start(names, start, (error) => {
      const text = `could not use the ports of last time (${error instanceof Error ? error.message : String(error)}); trying others`;
      this.#options.onProgress?.({ component, text });
      this.#hear({ level: 'warning', category: 'system', message: `${component} ${text}` });
    });
    this.#stack.adopt(started, (one) => one.stop());
    this.#options.onProgress?.({ component, text: `up in ${Math.round(performance.now() - startedMs)} ms` });
    return started;
  }

  #hear(entry: WorkerLog): void {
    this.#log.write(entry);
    if (loud.has(entry.level)) this.#options.onLog?.(entry);
  }
}

const loud = new Set(['warning', 'error', 'critical']);

function portOf(url: string): number {
  return Number(new URL(url).port);
}
