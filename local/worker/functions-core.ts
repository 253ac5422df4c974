/**
 * `@azure/functions-core`: the module that the worker supplies to `@azure/functions`. It must be in place before
 * anything imports that library, or registration is skipped with only a warning.
 *
 * @source local-runtime.md §1.1 and §1.2
 */
import { registerHooks } from 'node:module';

import type { InvocationContext } from '@azure/functions';

import type { Binding, RpcTypedData } from './rpc.ts';

/** One line that the app or its library logged. */
export interface WorkerLog {
  /** trace, debug, information, warning, error or critical. */
  readonly level: string;
  /** user, system or customMetric. */
  readonly category: string;
  readonly message: string;
  readonly functionName?: string;
  readonly invocationId?: string;
}

/** A hook of the app. */
export type CoreHook = (context: object) => unknown;

/** How the library turns an invocation into a call. */
export interface InvocationModel {
  getArguments(): Promise<{ context: InvocationContext; inputs: unknown[] }>;
  invokeFunction(context: InvocationContext, inputs: unknown[], callback: unknown): Promise<unknown>;
  getResponse(
    context: InvocationContext,
    result: unknown,
  ): Promise<{ outputData?: { name?: string; data?: RpcTypedData }[]; returnValue?: RpcTypedData | null }>;
}

/** The library's programming model. */
interface ProgrammingModel {
  readonly name: string;
  readonly version: string;
  getInvocationModel(coreContext: object): InvocationModel | Promise<InvocationModel>;
  getCapabilities(capabilities: Record<string, string>): Record<string, string> | Promise<Record<string, string>>;
}

const hookNames = ['appStart', 'appTerminate', 'preInvocation', 'postInvocation', 'log'] as const;
type HookName = (typeof hookNames)[number];

interface CoreFunction {
  readonly name: string;
  readonly bindings: Readonly<Record<string, Binding>>;
  readonly callback: unknown;
}

/** What one app registered. */
export interface CoreSession {
  readonly id: number;
  readonly functions: readonly CoreFunction[];
  readonly hooks: Readonly<Record<HookName, readonly CoreHook[]>>;
  model(): ProgrammingModel | undefined;
  log(entry: WorkerLog): void;
  /** From here on, registering is an error. */
  seal(): void;
  close(): void;
}

class Session implements CoreSession {
  readonly id: number;
  readonly functions: CoreFunction[] = [];
  readonly hooks: Record<HookName, CoreHook[]> = {
    appStart: [],
    appTerminate: [],
    preInvocation: [],
    postInvocation: [],
    log: [],
  };
  readonly #onLog: (entry: WorkerLog) => void;
  #sealed = false;

  constructor(id: number, onLog: (entry: WorkerLog) => void) {
    this.id = id;
    this.#onLog = onLog;
  }

  model(): ProgrammingModel | undefined {
    return programmingModel;
  }

  log(entry: WorkerLog): void {
    this.#onLog(entry);
  }

  register(
    metadata: { name: string; functionId?: string; bindings: Readonly<Record<string, Binding>> },
    callback: unknown,
  ): void {
    if (this.#sealed) throw new Error('A function can only be registered during app startup.');
    if (this.functions.some((one) => one.name.toLowerCase() === metadata.name.toLowerCase()))
      throw new Error(`A function with id "${metadata.name}" has already been registered.`);
    this.functions.push({ name: metadata.name, bindings: metadata.bindings, callback });
  }

  seal(): void {
    this.#sealed = true;
  }

  close(): void {
    if (current === this) current = undefined;
  }
}

let current: Session | undefined;
let sessions = 0;
let programmingModel: ProgrammingModel | undefined;
let installed = false;

/**
 * Puts the core module in place and opens a session for one app. One app at a time: what is registered goes to the
 * newest session.
 */
export function installCore(onLog: (entry: WorkerLog) => void): CoreSession {
  if (!installed) {
    const key = Symbol.for('whence.functions-core');
    (globalThis as Record<symbol, unknown>)[key] = core;
    registerHooks({
      resolve: (specifier, context, next) =>
        specifier === '@azure/functions-core'
          ? { url: 'functions-core:core', format: 'commonjs', shortCircuit: true }
          : next(specifier, context),
      load: (url, context, next) =>
        url === 'functions-core:core'
          ? {
              format: 'commonjs',
              shortCircuit: true,
              source: "module.exports = globalThis[Symbol.for('whence.functions-core')]",
            }
          : next(url, context),
    });
    installed = true;
  }
  sessions += 1;
  current = new Session(sessions, onLog);
  return current;
}

function requireSession(): Session {
  if (current === undefined) throw new Error('No app is being loaded.');
  return current;
}

/** The module itself: forwards to the current session. */
const core = {
  version: '3.9.1',
  hostVersion: '4.1037.0',
  setProgrammingModel(model: ProgrammingModel): void {
    programmingModel = model;
  },
  getProgrammingModel: (): ProgrammingModel | undefined => programmingModel,
  registerFunction(
    metadata: { name: string; bindings: Readonly<Record<string, Binding>> },
    callback: unknown,
  ): { dispose(): void } {
    requireSession().register(metadata, callback);
    return { dispose: () => undefined };
  },
  registerHook(name: string, hook: CoreHook): { dispose(): void } {
    const known = hookNames.find((one) => one === name);
    if (known === undefined)
      throw Object.assign(new RangeError(`Unrecognized hook "${name}"`), { isAzureFunctionsSystemError: true });
    const hooks = requireSession().hooks[known];
    hooks.push(hook);
    return { dispose: () => void hooks.splice(hooks.indexOf(hook), 1) };
  },
  log(level: string, category: string, message: string): void {
    current?.log({ level, category, message });
  },
  Disposable: class {
    readonly #dispose: () => void;
    constructor(dispose: () => void) {
      this.#dispose = dispose;
    }
    dispose(): void {
      this.#dispose();
    }
  },
};
