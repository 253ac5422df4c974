import { existsSync, readFileSync, realpathSync, statSync } from 'node:fs';
import { dirname, join, relative, resolve, sep } from 'node:path';

import { Command } from 'commander';

import { renderFile, type RenderedFile } from '#shared/domain/azure-ml/render/render-file.ts';

import { CliError } from '../cli-error.ts';
import { exitCodes } from '../exit-codes.ts';
import { print, printLine } from '../output/print.ts';
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
    for (const file of files) show(renderOne(file, root, options.location), { json, root, several: files.length > 1 });
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

function realOf(path: string): string {
  return realpathSync.native(path);
}

function show(
  rendered: RenderedFile,
  { json, root, several }: { readonly json: boolean; readonly root: string; readonly several: boolean },
): void {
  const { file, kind, payload, problems, notes } = rendered;
  if (json) printLine(payload ?? { file, problems });
  else if (payload !== undefined) {
    if (several) console.error(tone(`${file}: ${kind}`, 'strong'));
    print({ json: true, value: payload, text: String });
  }
  if (problems.length > 0) process.exitCode = exitCodes.fixable;
  if (json && payload === undefined) return;
  const told = [...problems, ...(json ? [] : notes)];
  for (const problem of told) {
    const path = join(root, problem.file);
    console.error(`${problemText(problem, existsSync(path) ? readFileSync(path) : undefined)}\n`);
  }
}
