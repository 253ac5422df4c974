import { existsSync, readFileSync, realpathSync, statSync } from 'node:fs';
import { dirname, join, relative, resolve, sep } from 'node:path';

import { Command } from 'commander';

import { renderFile, type RenderedFile } from '#shared/domain/azure-ml/render/render-file.ts';

import { stageProfile } from '#shared/contracts/stage-profile.ts';
import {
  applyStage,
  type Staged,
  type StageDecision,
  type StageRules,
} from '#shared/domain/stage-profile/stage-rules.ts';

import { CliError } from '../cli-error.ts';
import { exitCodes } from '../exit-codes.ts';
import { print, printLine, tellText } from '../output/print.ts';
import { printable } from '../output/printable.ts';
import { problemText } from '../output/problems.ts';
import { tone } from '../output/style.ts';
import { teach, wantsJson } from './command.ts';

/** `whence azure-ml …` */
export function azureMlCommand(): Command {
  return new Command('azure-ml').description('look at Azure ML YAML as Azure ML will see it').addCommand(render());
}

interface RenderOptions {
  readonly root?: string;
  readonly location: string;
  readonly stage?: string;
  readonly profile?: string;
}

function render(): Command {
  return teach(
    new Command('render')
      .description(
        'print the payload that Azure ML YAML becomes: jobs, components, environments, data, models, endpoints, deployments',
      )
      .argument('<file...>', 'YAML files of Azure ML CLI v2')
      .option('--root <folder>', 'folder that holds everything the files name (default: this folder, if it holds them)')
      .option('--location <region>', 'region of the workspace, in endpoints and deployments', 'westus')
      .option('--stage <name>', 'show what the stage would let through: its profile is stages/<name>.json')
      .option('--profile <file>', 'the profile of the stage, where it is elsewhere')
      .addHelpText(
        'after',
        `
Prints JSON: the payload before anything is uploaded, where code, data and inline components are still local. With
--json it is one object a line and a file; a file with mistakes is { file, problems }. Mistakes go to standard error
with their line, and the exit code is then 1.`,
      ),
    ['whence azure-ml render train.job.yml', 'whence azure-ml render --json jobs/*.yml | jq .properties.jobType'],
  ).action((files: string[], options: RenderOptions, command: Command) => {
    const json = wantsJson(command);
    const root = rootOf(files, options.root);
    const rules = stageOf(options, root);
    for (const file of files) {
      const rendered = renderOne(file, root, options.location);
      const staged =
        rules === undefined || rendered.payload === undefined ? undefined : applyStage(rendered.payload, rules);
      show(rendered, staged, { json, root, several: files.length > 1 });
    }
  });
}

function renderOne(file: string, root: string, location: string): RenderedFile {
  const path = relative(root, realOf(resolve(file)))
    .split(sep)
    .join('/');
  if (path.startsWith('..')) {
    throw new CliError(`${file} lies outside the root ${root}.`, 'Name a folder with --root that holds it.');
  }
  const read = (inside: string): Uint8Array | undefined => {
    const absolute = join(root, inside);
    if (!existsSync(absolute) || !statSync(absolute).isFile()) return undefined;
    return realOf(absolute).startsWith(root + sep) ? readFileSync(absolute) : undefined;
  };
  return renderFile(path, { read, root: root.split(sep).join('/'), location });
}

/** The folder that was named, else this one where it holds all the files, else the file's own. */
function rootOf(files: readonly string[], named: string | undefined): string {
  for (const file of files) {
    if (!existsSync(file) || !statSync(file).isFile()) {
      throw new CliError(`There is no file ${file}.`, 'Name a YAML file of Azure ML.');
    }
  }
  if (named !== undefined) {
    if (!existsSync(named)) throw new CliError(`There is no folder ${named}.`, 'Correct --root.');
    return realOf(resolve(named));
  }
  const here = realOf(process.cwd());
  const holdsAll = files.every((file) => realOf(resolve(file)).startsWith(here + sep));
  return holdsAll || files[0] === undefined ? here : dirname(realOf(resolve(files[0])));
}

/** The rules of the stage that was named; undefined: none was. */
function stageOf({ stage, profile }: RenderOptions, root: string): StageRules | undefined {
  if (stage === undefined && profile === undefined) return undefined;
  const name = join('stages', `${stage ?? ''}.json`);
  const places = profile === undefined ? [resolve(name), join(root, name)] : [resolve(profile)];
  const file = places.find((place) => existsSync(place));
  if (file === undefined || (stage !== undefined && !/^[a-z0-9-]+$/.test(stage)))
    throw new CliError(
      `There is no stage profile at ${places.join(' or ')}.`,
      'Name its file with --profile; docs/stage-profile.md says what is in it.',
    );
  const read = stageProfile.safeParse(parseJson(file));
  if (read.success) return read.data;
  const problems = read.error.issues.map(({ path, message }) => `${path.join('.')}: ${message}`);
  throw new CliError(
    `The stage profile ${file} has mistakes: ${problems.join('; ')}.`,
    'docs/stage-profile.md says what is in it.',
  );
}

function parseJson(file: string): unknown {
  try {
    return JSON.parse(readFileSync(file, 'utf8'));
  } catch (error) {
    throw new CliError(
      `${file} is no JSON: ${error instanceof Error ? error.message : String(error)}.`,
      'Correct the file.',
    );
  }
}

function realOf(path: string): string {
  return realpathSync.native(path);
}

function show(
  rendered: RenderedFile,
  staged: Staged | undefined,
  { json, root, several }: { readonly json: boolean; readonly root: string; readonly several: boolean },
): void {
  const { file, kind, problems, notes } = rendered;
  const payload = staged === undefined ? rendered.payload : staged.payload;
  if (json) printLine(payload ?? { file, problems });
  else if (payload !== undefined) {
    if (several) tellText(tone(printable(`${file}: ${kind}`), 'strong'));
    print({ json: true, value: payload, text: String });
  }
  if (problems.length > 0 || (staged?.refused.length ?? 0) > 0) process.exitCode = exitCodes.fixable;
  for (const decision of staged?.refused ?? []) tellText(`${tone('refused', 'bad')} ${decisionText(file, decision)}`);
  if (!json)
    for (const decision of staged?.overridden ?? [])
      tellText(`${tone('overridden', 'warn')} ${decisionText(file, decision)}`);
  if (json && payload === undefined) return;
  const told = [...problems, ...(json ? [] : notes)];
  for (const problem of told) {
    const path = join(root, problem.file);
    tellText(`${problemText(problem, existsSync(path) ? readFileSync(path) : undefined)}\n`);
  }
}

function decisionText(file: string, decision: StageDecision): string {
  const { rule, path, found, sent, reason } = printable(decision);
  const change =
    sent === undefined ? JSON.stringify(found) : `${JSON.stringify(found) ?? 'nothing'} → ${JSON.stringify(sent)}`;
  return `${printable(file)}: ${tone(path, 'name')} [${rule}] ${change}\n  ${reason}`;
}
