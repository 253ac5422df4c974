/** Starts the scoring server of a deployment: code, model and environment into its folder, then the process. */
import { mkdirSync, rmSync, symlinkSync } from 'node:fs';
import { dirname, join } from 'node:path';

import type { WorkspaceContext } from './context.ts';
import { admission } from './admission.ts';
import { queueWaitMs, requestTimeoutMs, scoringRoutes, startLimitMs, type DeploymentBody } from './endpoint-body.ts';
import type { RouteTarget } from './endpoint-router.ts';
import { liveness } from './liveness.ts';
import { findCodeUri, findEnvironment, pathOf } from './environment.ts';
import { startScoringProcess, type ScoringProcess } from './scoring-process.ts';

/** A scoring server, and how requests get to it. */
export type DeploymentProcess = ScoringProcess & { readonly target: RouteTarget };

/** Serves scoring scripts of Python. */
const PYTHON_SERVER = join(import.meta.dirname, 'python-server', 'serve.py');
/** Longest start of a deployment. */
const START_LIMIT_MS = 60_000;

/** @returns the folder of a deployment */
export function deploymentFolder({ folder }: WorkspaceContext, endpoint: string, deployment: string): string {
  return join(folder, 'endpoints', endpoint.toLowerCase(), deployment.toLowerCase());
}

/**
 * Starts a deployment and waits until it is ready.
 *
 * @throws {ArmError} something that it names is not there
 * @throws {Error} it ended, or was not ready in time
 */
export async function startDeployment(
  context: WorkspaceContext,
  folder: string,
  body: DeploymentBody,
): Promise<DeploymentProcess> {
  const { storage, resources, stopping } = context;
  const { codeConfiguration, environmentId, model, environmentVariables, requestSettings } = body.properties;
  for (const part of ['app', 'model', 'node_modules']) rmSync(join(folder, part), { recursive: true, force: true });
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const app = join(folder, 'app');
  await storage.download(storage.resolve(findCodeUri(resources, codeConfiguration.codeId)), app);
  const { path } = await storage.download(storage.resolve(model, 'models'), join(folder, 'model'), 0o400);
  const environment = findEnvironment(context, environmentId);
  if (environment.nodeModules !== undefined) symlinkSync(environment.nodeModules, join(folder, 'node_modules'), 'dir');
  const routes = scoringRoutes(environment.inferenceConfig);
  const isFile = path !== join(folder, 'model');
  const server = await startScoringProcess({
    command: commandOf(codeConfiguration.scoringScript),
    cwd: app,
    folder,
    readinessPath: routes.readiness,
    startLimitMs: startLimitMs(body, START_LIMIT_MS),
    signal: stopping,
    env: {
      PATH: pathOf(environment),
      HOME: folder,
      LANG: 'C.UTF-8',
      AML_APP_ROOT: app,
      WHENCE_READINESS_PATH: routes.readiness,
      WHENCE_SCORING_PATH: routes.scoring,
      AZUREML_ENTRY_SCRIPT: codeConfiguration.scoringScript,
      AZUREML_MODEL_DIR: isFile ? dirname(path) : path,
      ...environmentVariables,
    },
  });
  return {
    ...server,
    target: {
      port: server.port,
      scoringPath: routes.scoring,
      requestTimeoutMs: requestTimeoutMs(body),
      ...admission(requestSettings?.maxConcurrentRequestsPerInstance ?? undefined, queueWaitMs(body)),
    },
    ...liveness(body, `http://127.0.0.1:${server.port}${routes.liveness}`, server),
  };
}

/** Serves a script of Python with `init` and `run`; a program for Node serves itself. */
function commandOf(script: string): readonly [string, ...string[]] {
  return script.endsWith('.py') ? ['python', PYTHON_SERVER, script] : ['node', script];
}
