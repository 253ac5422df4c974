import { cp, readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { basename, join, relative, resolve, sep } from 'node:path';

import { Command } from 'commander';

import { pipelineRoutes } from '#shared/contracts/api/pipeline-routes.ts';
import { checkPipelineFolder } from '#shared/contracts/pipeline-definition.ts';
import { pipelineName } from '#shared/contracts/records/pipeline.ts';

import { CliError } from '../cli-error.ts';
import { exitCodes } from '../exit-codes.ts';
import { print } from '../output/print.ts';
import { problemText } from '../output/problems.ts';
import { tone } from '../output/style.ts';
import { table } from '../output/table.ts';
import { publishFolder } from '../publishing/publish-folder.ts';
import { findApi } from '../target.ts';
import { teach, wantsJson } from './command.ts';

/** Example that `init` copies. */
const EXAMPLE_NAME = 'birdstrikes';
const EXAMPLE = join(import.meta.dirname, '..', '..', 'pipelines', EXAMPLE_NAME);
/** JSON Schema of `pipeline.yaml`. */
const SCHEMA = join(import.meta.dirname, '..', '..', 'docs', 'schemas', 'pipeline.schema.json');
/** Folders that belong to tools, not to the pipeline. */
const skipped = new Set(['.git', 'node_modules', '__pycache__', '.venv']);

/** `whence pipeline …` */
export function pipelineCommand(): Command {
  return new Command('pipeline')
    .description('make, check and publish pipelines')
    .addCommand(init())
    .addCommand(check())
    .addCommand(publish())
    .addCommand(list())
    .addCommand(pauseOrResume('pause', 'let data collect without running'))
    .addCommand(pauseOrResume('resume', 'let a paused pipeline run again'));
}

function init(): Command {
  return teach(
    new Command('init').description('make a pipeline folder that works, to change into your own').argument('<folder>'),
    ['whence pipeline init my-model', 'cd my-model && git init && git add . && git commit -m "First version"'],
  ).action(async (folder: string, _options: object, command: Command) => {
    const target = resolve(folder);
    if (await exists(target)) throw new CliError(`${target} is there already.`, 'Name a folder that is not.');
    const name = nameFor(target);
    await cp(EXAMPLE, target, { recursive: true });
    await rename(target, name);
    print({
      json: wantsJson(command),
      value: { folder: target, pipeline: name },
      text: () =>
        `Made ${target}: pipeline ${name}, a model of bird strikes that works.\nChange pipeline.yaml, the jobs and src/ into your own; \`whence pipeline check ${folder}\` tells every mistake with its line.\nThen commit it and publish: \`whence pipeline publish ${folder}\`.`,
    });
  });
}

/** The pipeline is called after its folder. */
function nameFor(folder: string): string {
  const name = basename(folder)
    .toLowerCase()
    .replaceAll(/[_. ]+/g, '-');
  if (pipelineName.safeParse(name).success) return name;
  throw new CliError(
    `A pipeline cannot be called ${name}.`,
    'Name the folder with lower-case letters, digits and single hyphens, a letter first.',
  );
}

/** Calls the copied example by its new name, and shows an editor where the schema is. */
async function rename(target: string, name: string): Promise<void> {
  for (const file of ['pipeline.yaml', 'endpoint.yml', 'deployment.yml', 'train.job.yml', 'evaluate.job.yml']) {
    const path = join(target, file);
    const text = (await readFile(path, 'utf8'))
      .replaceAll(EXAMPLE_NAME, name)
      .replace(/(?<=\$schema=)\S+pipeline\.schema\.json/, relative(target, SCHEMA).split(sep).join('/'));
    await writeFile(path, text);
  }
}

function check(): Command {
  return teach(
    new Command('check')
      .description('tell every mistake of a pipeline folder, with its line and how to fix it')
      .argument('[folder]', 'by default this one', '.'),
    ['whence pipeline check my-model', 'whence pipeline check --json | jq .problems'],
  ).action(async (folder: string, _options: object, command: Command) => {
    const files = await readFolder(resolve(folder));
    const checked = checkPipelineFolder(files);
    const problems = checked.problems ?? [];
    const name = checked.definition?.name;
    print({
      json: wantsJson(command),
      value: { problems, ...(name === undefined ? {} : { pipeline: name }) },
      text: () =>
        problems.length === 0
          ? `${tone('✔', 'good')} Pipeline ${name ?? ''} has no mistakes. Publish it with \`whence pipeline publish ${folder}\`.`
          : `${problems.map((problem) => problemText(problem, files.get(problem.file))).join('\n\n')}\n\n${tone(`${problems.length} ${problems.length === 1 ? 'mistake' : 'mistakes'}`, 'bad')}`,
    });
    if (problems.length > 0) process.exitCode = exitCodes.fixable;
  });
}

function publish(): Command {
  return teach(
    new Command('publish')
      .description('make a version of the committed folder and make it active')
      .argument('[folder]', 'by default this one', '.'),
    ['whence pipeline publish my-model'],
  ).action(async (folder: string, _options: object, command: Command) => {
    const published = await publishFolder(findApi(), folder);
    print({
      json: wantsJson(command),
      value: published,
      text: () =>
        `${tone('✔', 'good')} Pipeline ${published.pipeline}: version ${published.version.slice(0, 12)} of commit ${published.commit.slice(0, 8)} (${published.trust}) is active.\nA run follows once data is there: \`whence run watch --pipeline ${published.pipeline}\`.`,
    });
  });
}

function list(): Command {
  return teach(new Command('list').description('list pipelines'), ['whence pipeline list']).action(
    async (_options: object, command: Command) => {
      const page = await findApi().call(pipelineRoutes.listPipelines, {});
      print({
        json: wantsJson(command),
        value: page,
        text: () =>
          page.items.length === 0
            ? 'No pipelines yet. `whence pipeline init my-model` makes one.'
            : table(
                ['PIPELINE', 'VERSION', 'STATE', 'WAITS FOR', 'ENDPOINT'],
                page.items.map((one) => [
                  one.name,
                  one.activeVersion.slice(0, 12),
                  one.paused ? tone('paused', 'warn') : 'active',
                  `${one.trigger.container}/${one.trigger.path}`,
                  one.endpoint,
                ]),
              ),
      });
    },
  );
}

function pauseOrResume(verb: 'pause' | 'resume', about: string): Command {
  return teach(new Command(verb).description(about).argument('<pipeline>'), [
    `whence pipeline ${verb} birdstrikes`,
  ]).action(async (pipeline: string, _options: object, command: Command) => {
    const route = verb === 'pause' ? pipelineRoutes.pausePipeline : pipelineRoutes.resumePipeline;
    const record = await findApi().call(route, { params: { pipeline } });
    print({
      json: wantsJson(command),
      value: record,
      text: () => `Pipeline ${pipeline} is ${record.paused ? 'paused: data is collected, nothing runs' : 'active'}.`,
    });
  });
}

/** All files of a folder by path, `/` between folders. */
async function readFolder(root: string): Promise<ReadonlyMap<string, Uint8Array>> {
  if (!(await exists(root)))
    throw new CliError(
      `There is no folder ${root}.`,
      'Name the folder of a pipeline, or make one with `whence pipeline init`.',
    );
  const files = new Map<string, Uint8Array>();
  for (const entry of await readdir(root, { recursive: true, withFileTypes: true })) {
    const path = relative(root, join(entry.parentPath, entry.name)).split(sep).join('/');
    if (!entry.isFile() || path.split('/').some((part) => skipped.has(part))) continue;
    files.set(path, await readFile(join(root, path)));
  }
  return files;
}

async function exists(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  );
}
