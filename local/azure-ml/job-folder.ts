/** The folder that a job runs in: code, inputs, outputs and log. */
import { appendFileSync, existsSync, mkdirSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { basename, join } from 'node:path';

import type { WorkspaceContext } from './context.ts';
import { findCodeUri, findEnvironment, pathOf } from './environment.ts';
import { fillCommand, type JobOutput, type JobProperties } from './job-body.ts';
import { logFile, type JobCommand } from './job-process.ts';

/** Lines of a step's log that its pipeline's log repeats. */
const LAST_LINES = 15;
/** Permissions of inputs: a job may not write them. */
const READ_ONLY = 0o400;
/** What a shell takes as it stands. */
const plainPath = /^[\w@%+=:,./-]+$/;

/** @returns path of a job's folder */
export function jobFolder({ folder }: WorkspaceContext, job: string): string {
  return join(folder, 'jobs', job);
}

/**
 * Folders where a job runs whose files are kept by default.
 *
 * @source Azure ML, "Upload and access outputs of a job": `./outputs` and `./logs`
 */
export const artifactFolders = ['outputs', 'logs'] as const;

/**
 * Makes the folder anew and fills it.
 *
 * @throws {ArmError} an input, the code or the environment is not there
 */
export async function prepareJob(
  context: WorkspaceContext,
  name: string,
  job: JobProperties,
  parent: string | undefined,
): Promise<JobCommand> {
  const { storage, resources, mlflow } = context;
  const folder = jobFolder(context, name);
  rmSync(folder, { recursive: true, force: true });
  for (const part of ['code', 'inputs', 'outputs', 'tmp'])
    mkdirSync(join(folder, part), { recursive: true, mode: 0o700 });
  if (typeof job.codeId === 'string')
    await storage.download(storage.resolve(findCodeUri(resources, job.codeId)), join(folder, 'code'));
  for (const part of artifactFolders) mkdirSync(join(folder, 'code', part), { recursive: true, mode: 0o700 });
  const paths = new Map<string, string>();
  for (const [input, told] of Object.entries(job.inputs ?? {})) {
    if (told.jobInputType === 'literal') {
      paths.set(`inputs.${input}`, told.value);
      continue;
    }
    const kind = told.jobInputType.endsWith('_model') ? 'models' : 'data';
    const target = join(folder, 'inputs', input);
    const { path } = await storage.download(storage.resolve(told.uri, kind), target, READ_ONLY);
    paths.set(`inputs.${input}`, pathInShell(folder, path));
  }
  for (const [output, told] of Object.entries(job.outputs ?? {})) {
    mkdirSync(join(folder, 'outputs', output), { mode: 0o700 });
    paths.set(`outputs.${output}`, pathInShell(folder, join(folder, 'outputs', output, fileOf(output, told))));
  }
  const environment = findEnvironment(context, job.environmentId);
  if (environment.nodeModules !== undefined) symlinkSync(environment.nodeModules, join(folder, 'node_modules'), 'dir');
  return {
    command: fillCommand(job.command, (group, key) => paths.get(`${group}.${key}`)),
    cwd: join(folder, 'code'),
    folder,
    // A clean environment: nothing of the app's own, above all not its identity.
    env: {
      PATH: pathOf(environment),
      HOME: folder,
      TMPDIR: join(folder, 'tmp'),
      LANG: 'C.UTF-8',
      AZUREML_RUN_ID: name,
      AZUREML_EXPERIMENT_NAME: job.experimentName,
      ...mlflow.beginRun({ name, experiment: job.experimentName, parent }),
      ...distributed(job.distribution),
      ...job.environmentVariables,
    },
  };
}

/** The file that a `uri_file` is, below its folder; nothing for folders. */
export function fileOf(output: string, { jobOutputType, uri }: JobOutput): string {
  return jobOutputType === 'uri_file' ? basename(uri === undefined || uri.endsWith('/') ? output : uri) : '';
}

/** Where the only process of a distributed job stands. @source PyTorch `torch.distributed`: environment variables */
function distributed(distribution: JobProperties['distribution']): Readonly<Record<string, string>> {
  if (distribution?.distributionType !== 'PyTorch') return {};
  return {
    RANK: '0',
    LOCAL_RANK: '0',
    NODE_RANK: '0',
    WORLD_SIZE: '1',
    MASTER_ADDR: '127.0.0.1',
    MASTER_PORT: '6105',
  };
}

/** Removes what a job that is done needs no more; its log stays. */
export function tidyJob(context: WorkspaceContext, name: string): void {
  for (const part of ['code', 'inputs', 'outputs', 'tmp', 'node_modules'])
    rmSync(join(jobFolder(context, name), part), { recursive: true, force: true });
}

/** Adds a line of the stand-in's own to a job's log. */
export function appendToLog(context: WorkspaceContext, name: string, line: string): void {
  const folder = jobFolder(context, name);
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  appendFileSync(logFile(folder), `${line}\n`, { mode: 0o600 });
}

/** The last lines of a job's log. */
export function lastLines(context: WorkspaceContext, name: string): readonly string[] {
  const file = logFile(jobFolder(context, name));
  return existsSync(file) ? readFileSync(file, 'utf8').trimEnd().split('\n').slice(-LAST_LINES) : [];
}

/** Absolute, as on Azure, unless a shell would read more than a path in it; then relative to the code. */
function pathInShell(folder: string, path: string): string {
  return plainPath.test(path) ? path : join('..', path.slice(folder.length + 1));
}
