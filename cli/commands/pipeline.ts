import { cp, mkdir, readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { basename, join, relative, resolve, sep } from 'node:path';

import { Command } from 'commander';
import type { z } from 'zod';

import { demoBatches } from '#local/demo/batches.ts';
import { pipelineRoutes } from '#shared/contracts/api/pipeline-routes.ts';
import { checkPipelineFolder } from '#shared/contracts/pipeline-definition.ts';
import { pipelineName } from '#shared/contracts/records/pipeline.ts';
import type { Problem } from '#shared/domain/yaml/problem.ts';

import { CliError } from '../cli-error.ts';
import { exitCodes } from '../exit-codes.ts';
import { factLines } from '../output/facts.ts';
import { print, tellText } from '../output/print.ts';
import { problemText } from '../output/problems.ts';
import { tone } from '../output/style.ts';
import { table } from '../output/table.ts';
import { countMistakes, namedPaths, PipelineMistaken, publishFolder } from '../publishing/publish-folder.ts';
import { findApi } from '../target.ts';
import { asPipeline } from './arguments.ts';
import { teach, wantsJson } from './command.ts';

/** Example that `init` copies. */
const EXAMPLE_NAME = 'birdstrikes';
/** Folder of this repository. */
const ROOT = join(import.meta.dirname, '..', '..');
const EXAMPLE = join(ROOT, 'pipelines', EXAMPLE_NAME);
/** Folder of the example's data in a new pipeline. It is data, not code: git does not get it. */
const SAMPLE = 'sample-data';
/** JSON Schema of `pipeline.yaml`. */
const SCHEMA = join(ROOT, 'docs', 'schemas', 'pipeline.schema.json');
/** Shortest name of a new pipeline: its endpoint is called after it. @source Azure ML, online endpoints have 3 to 32 characters */
const LEAST_NAME_CHARS = 3;
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
    .addCommand(show())
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
    await writeSample(target);
    print({
      json: wantsJson(command),
      value: { folder: target, pipeline: name },
      text: () =>
        `Made ${target}: pipeline ${name}, a model of bird strikes that works, with data of four years in ${SAMPLE}/.\nChange pipeline.yaml, the jobs and src/ into your own; \`whence pipeline check ${folder}\` tells every mistake with its line.\nThen commit it and publish: \`whence pipeline publish ${folder}\`.`,
    });
  });
}

/** The pipeline is called after its folder. */
function nameFor(folder: string): string {
  const name = basename(folder)
    .toLowerCase()
    .replaceAll(/[_. ]+/g, '-');
  if (pipelineName.safeParse(name).success && name.length >= LEAST_NAME_CHARS) return name;
  throw new CliError(
    `A pipeline cannot be called ${name}.`,
    'Name the folder with three or more lower-case letters, digits and single hyphens, a letter first.',
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

/** Writes files that the example learns from, and keeps them out of git. */
async function writeSample(target: string): Promise<void> {
  const { first } = await demoBatches(ROOT);
  await mkdir(join(target, SAMPLE));
  for (const { path, text } of first) await writeFile(join(target, SAMPLE, basename(path)), text);
  await writeFile(join(target, '.gitignore'), `/${SAMPLE}/\n`);
}

/** A pipeline as the API shows it. */
type PipelineView = z.output<typeof pipelineRoutes.showPipeline.response>;

/** What `check` answers. */
interface Checked {
  readonly problems: readonly Problem[];
  readonly pipeline?: string;
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
    const value: Checked = { problems, ...(name === undefined ? {} : { pipeline: name }) };
    print({
      json: wantsJson(command),
      value,
      text: (told) =>
        problems.length === 0
          ? `${tone('✔', 'good')} Pipeline ${told.pipeline ?? ''} has no mistakes. Publish it with \`whence pipeline publish ${folder}\`.`
          : `${mistakesText({ problems, files })}\n\n${tone(countMistakes(problems.length), 'bad')}`,
    });
    if (problems.length > 0) process.exitCode = exitCodes.fixable;
  });
}

function mistakesText({ problems, files }: Pick<PipelineMistaken, 'problems' | 'files'>): string {
  return problems.map((problem) => problemText(problem, files.get(problem.file))).join('\n\n');
}

/** Files that make a version unverified, on a line of their own. */
function uncommittedText(paths: readonly string[] | undefined): string {
  if (paths === undefined || paths.length === 0) return '';
  return `\n${tone('Not committed:', 'warn')} ${namedPaths(paths)}. Models of such a version never serve.`;
}

function publish(): Command {
  return teach(
    new Command('publish')
      .description('make a version of the committed folder and make it active')
      .argument('[folder]', 'by default this one', '.'),
    ['whence pipeline publish my-model'],
  ).action(async (folder: string, _options: object, command: Command) => {
    const json = wantsJson(command);
    const published = await publishFolder(findApi(), folder).catch((error: unknown) => {
      if (error instanceof PipelineMistaken && !json) tellText(`${mistakesText(error)}\n`);
      throw error;
    });
    print({
      json,
      value: published,
      text: ({ pipeline, version, commit, trust, uncommitted }) =>
        `${tone('✔', 'good')} Pipeline ${pipeline}: version ${version.slice(0, 12)} of commit ${commit.slice(0, 8)} (${trust}) is active.${uncommittedText(uncommitted)}\nA run follows once data is there: \`whence run watch --pipeline ${pipeline}\`.`,
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
        text: ({ items }) =>
          items.length === 0
            ? 'No pipelines yet. `whence pipeline init my-model` makes one.'
            : table(
                ['PIPELINE', 'VERSION', 'STATE', 'WAITS FOR', 'ENDPOINT'],
                items.map((one) => [
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

function show(): Command {
  return teach(
    new Command('show')
      .description('show a pipeline: what it waits for, where it serves, and its versions with their commits')
      .argument('<pipeline>'),
    ['whence pipeline show birdstrikes'],
  ).action(async (pipeline: string, _options: object, command: Command) => {
    const found = await findApi().call(pipelineRoutes.showPipeline, { params: { pipeline: asPipeline(pipeline) } });
    print({ json: wantsJson(command), value: found, text: pipelinePage });
  });
}

function pipelinePage({ name, paused, activeVersion, trigger, endpoint, versions }: PipelineView): string {
  const facts = factLines([
    ['state', paused ? tone('paused: data is collected, nothing runs', 'warn') : 'active'],
    ['version', activeVersion.slice(0, 12)],
    ['waits for', `${trigger.container}/${trigger.path}`],
    ['serves at', endpoint],
  ]);
  const rows = versions.map((one) => [
    one.version === activeVersion ? tone('▸', 'name') : '',
    one.version.slice(0, 12),
    one.commit.slice(0, 8),
    one.trust === 'unverified' ? tone(one.trust, 'warn') : one.trust,
    one.publishedAt.replace('T', ' ').slice(0, 19),
    one.publishedBy,
  ]);
  return `${tone(name, 'strong')}\n${facts}\n\n${table(['', 'VERSION', 'COMMIT', 'TRUST', 'PUBLISHED (UTC)', 'BY'], rows)}`;
}

function pauseOrResume(verb: 'pause' | 'resume', about: string): Command {
  return teach(new Command(verb).description(about).argument('<pipeline>'), [
    `whence pipeline ${verb} birdstrikes`,
  ]).action(async (pipeline: string, _options: object, command: Command) => {
    const route = verb === 'pause' ? pipelineRoutes.pausePipeline : pipelineRoutes.resumePipeline;
    const record = await findApi().call(route, { params: { pipeline: asPipeline(pipeline) } });
    print({
      json: wantsJson(command),
      value: record,
      text: ({ paused }) => `Pipeline ${pipeline} is ${paused ? 'paused: data is collected, nothing runs' : 'active'}.`,
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
