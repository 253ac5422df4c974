import type { Background, OnProblem } from './background.ts';
import type { LaptopEnvironment } from './environment.ts';
import type { Mlflow } from './mlflow/mlflow.ts';
import type { PythonFinder } from './python.ts';
import type { ResourceStore } from './resource-store.ts';
import type { WorkspaceStorage } from './workspace-storage.ts';

/** What every part of the stand-in works with. */
export interface WorkspaceContext {
  /** State folder of the stand-in. */
  readonly folder: string;
  /** ARM id of the workspace. */
  readonly workspaceId: string;
  readonly resources: ResourceStore;
  readonly storage: WorkspaceStorage;
  readonly environments: Readonly<Record<string, LaptopEnvironment>>;
  /** What jobs log to. */
  readonly mlflow: Mlflow;
  readonly python: PythonFinder;
  readonly background: Background;
  readonly onProblem: OnProblem;
  /** Aborted when the stand-in stops. */
  readonly stopping: AbortSignal;
  /** Items of a page of a list. */
  readonly pageSize: number;
  /** Shortest time that a long-running operation takes, milliseconds. */
  readonly operationMs: number;
  /** Verifies a token for an audience. @throws {Error} it is not valid */
  readonly verify: (token: string, audiences: readonly string[]) => Promise<unknown>;
}
