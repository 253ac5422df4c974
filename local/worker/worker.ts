/**
 * The part of the Functions host that runs inside the Node worker: loads the unmodified app, collects what it
 * registers, and invokes it. It supplies `@azure/functions-core`, which the real worker injects too.
 *
 * @source local-runtime.md §1 and §2.1
 */
import { existsSync, globSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';

import type { InvocationContext } from '@azure/functions';

import {
  installCore,
  type CoreHook,
  type CoreSession,
  type InvocationModel,
  type WorkerLog,
} from './functions-core.ts';
import type { Binding, RpcTypedData } from './rpc.ts';

export type { WorkerLog } from './functions-core.ts';

/** A function that the app registered. */
export interface RegisteredFunction {
  readonly name: string;
  readonly bindings: Readonly<Record<string, Binding>>;
  /** The binding whose type ends in `Trigger`. */
  readonly trigger: Binding;
  readonly callback: unknown;
}

/** What one invocation gets. */
export interface InvocationRequest {
  readonly inputData: readonly { readonly name: string; readonly data: RpcTypedData }[];
  readonly triggerMetadata?: Readonly<Record<string, RpcTypedData>>;
  readonly traceContext?: {
    readonly traceParent: string;
    readonly traceState: string;
    readonly attributes: Readonly<Record<string, string>>;
  };
  readonly invocationId?: string;
  /** Called with the invocation's context, before the function runs. */
  readonly onContext?: (context: InvocationContext) => void;
}

/** What one invocation gave. */
export interface InvocationResult {
  readonly context: InvocationContext;
  readonly outputs: Readonly<Record<string, RpcTypedData>>;
  readonly returnValue: RpcTypedData | undefined;
  readonly error: Error | undefined;
}

/** A loaded app. */
export interface Worker {
  /** By lower-cased name: the host compares names without case. */
  readonly functions: ReadonlyMap<string, RegisteredFunction>;
  /** Capabilities that the library reported after start-up; `HttpUri` when HTTP streaming is on. */
  readonly capabilities: Readonly<Record<string, string>>;
  invoke(name: string, request: InvocationRequest): Promise<InvocationResult>;
  /** Runs the app's `appTerminate` hooks. */
  stop(): Promise<void>;
}

/** Where the app is, and who hears its logs. */
export interface WorkerOptions {
  /** Folder with package.json, whose `main` names the entry files. */
  readonly appDirectory: string;
  readonly onLog: (entry: WorkerLog) => void;
}

/**
 * Loads an app from its folder, as the worker does: every file that `main` matches, one after another.
 *
 * @throws {Error} `main` matches nothing, or an entry file throws
 */
export async function loadWorker({ appDirectory, onLog }: WorkerOptions): Promise<Worker> {
  const manifest = join(appDirectory, 'package.json');
  const main: unknown = existsSync(manifest)
    ? (JSON.parse(readFileSync(manifest, 'utf8')) as { main?: unknown }).main
    : undefined;
  const files = typeof main === 'string' ? globSync(main, { cwd: appDirectory }).toSorted() : [];
  if (files.length === 0)
    throw new Error(
      `Found zero files matching the supplied pattern: package.json "main" is ${JSON.stringify(main)} in ${appDirectory}.`,
    );
  return loadModules(
    files.map((file) => resolve(appDirectory, file)),
    { appDirectory, onLog },
  );
}

/**
 * Loads the given files as an app; for tests and for apps without a bundle.
 *
 * @param files - absolute paths
 */
export async function loadModules(files: readonly string[], { appDirectory, onLog }: WorkerOptions): Promise<Worker> {
  const session = installCore(onLog);
  for (const file of files) {
    try {
      // A bundle's chunks import its entry by its plain address; only a second app in one process needs another one.
      await import(session.id === 1 ? pathToFileURL(file).href : `${pathToFileURL(file).href}?app=${session.id}`);
    } catch (error) {
      throw new Error(
        `Worker was unable to load entry point "${file}": ${error instanceof Error ? error.message : String(error)}`,
        { cause: error },
      );
    }
  }
  const appHookData = {};
  for (const hook of session.hooks.appStart)
    await hook({ hookData: {}, appHookData, functionAppDirectory: appDirectory });
  const model = session.model();
  const capabilities = model === undefined ? {} : await model.getCapabilities({});
  session.seal();
  return new LoadedWorker(session, capabilities, appHookData, appDirectory);
}

class LoadedWorker implements Worker {
  readonly functions: ReadonlyMap<string, RegisteredFunction>;
  readonly capabilities: Readonly<Record<string, string>>;
  readonly #session: CoreSession;
  readonly #appHookData: object;
  readonly #appDirectory: string;
  #invocations = 0;

  constructor(
    session: CoreSession,
    capabilities: Readonly<Record<string, string>>,
    appHookData: object,
    appDirectory: string,
  ) {
    this.#session = session;
    this.capabilities = capabilities;
    this.#appHookData = appHookData;
    this.#appDirectory = appDirectory;
    this.functions = new Map(session.functions.map((one) => [one.name.toLowerCase(), toRegistered(one)]));
  }

  async invoke(name: string, request: InvocationRequest): Promise<InvocationResult> {
    const found = this.functions.get(name.toLowerCase());
    const model = this.#session.model();
    if (found === undefined || model === undefined) throw new Error(`The app has no function "${name}".`);
    this.#invocations += 1;
    const invocationId = request.invocationId ?? `${process.pid}-${this.#invocations}`;
    const coreContext = {
      invocationId,
      request: {
        invocationId,
        functionId: found.name,
        inputData: request.inputData,
        triggerMetadata: request.triggerMetadata ?? null,
        traceContext: request.traceContext ?? { traceParent: '', traceState: '', attributes: {} },
        retryContext: null,
      },
      metadata: { name: found.name, bindings: found.bindings },
      state: undefined as string | undefined,
      log: (level: string, category: string, message: string): void =>
        this.#session.log({ level, category, message, functionName: found.name, invocationId }),
    };
    return this.#run(model, coreContext, found, request);
  }

  async stop(): Promise<void> {
    for (const hook of this.#session.hooks.appTerminate)
      await hook({ hookData: {}, appHookData: this.#appHookData, functionAppDirectory: this.#appDirectory });
    this.#session.close();
  }

  async #run(
    model: InvocationModelSource,
    coreContext: { state: string | undefined },
    found: RegisteredFunction,
    request: InvocationRequest,
  ): Promise<InvocationResult> {
    const invocation: InvocationModel = await model.getInvocationModel(coreContext);
    const { context, inputs } = await invocation.getArguments();
    request.onContext?.(context);
    const hookData = {};
    const before = {
      hookData,
      appHookData: this.#appHookData,
      invocationContext: context,
      functionCallback: found.callback,
      inputs,
    };
    coreContext.state = 'preInvocationHooks';
    await runHooks(this.#session.hooks.preInvocation, before);
    const after: { result: unknown; error: unknown } & Record<string, unknown> = {
      hookData,
      appHookData: this.#appHookData,
      invocationContext: context,
      inputs: before.inputs,
      result: null,
      error: null,
    };
    coreContext.state = 'invocation';
    try {
      after.result = await invocation.invokeFunction(context, before.inputs, before.functionCallback);
    } catch (error) {
      after.error = error;
    }
    coreContext.state = 'postInvocationHooks';
    await runHooks(this.#session.hooks.postInvocation, after);
    coreContext.state = undefined;
    if (after.error !== null && after.error !== undefined) {
      const error = after.error instanceof Error ? after.error : new Error(String(after.error));
      return { context, outputs: {}, returnValue: undefined, error };
    }
    try {
      const response = await invocation.getResponse(context, after.result);
      const outputs = Object.fromEntries((response.outputData ?? []).map((one) => [one.name ?? '', one.data ?? {}]));
      return { context, outputs, returnValue: response.returnValue ?? undefined, error: undefined };
    } catch (error) {
      return {
        context,
        outputs: {},
        returnValue: undefined,
        error: error instanceof Error ? error : new Error(String(error)),
      };
    }
  }
}

type InvocationModelSource = NonNullable<ReturnType<CoreSession['model']>>;

async function runHooks(hooks: readonly CoreHook[], context: object): Promise<void> {
  for (const hook of hooks) await hook(context);
}

function toRegistered(one: CoreSession['functions'][number]): RegisteredFunction {
  const trigger = Object.values(one.bindings).find((binding) => /trigger$/i.test(binding.type));
  if (trigger === undefined) throw new Error(`Function "${one.name}" has no trigger.`);
  return { ...one, trigger };
}
