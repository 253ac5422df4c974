import { Command } from 'commander';

import { platformRoutes, type ModelDetails } from '#shared/contracts/api/platform-routes.ts';

import { CliError } from '../cli-error.ts';
import { factLines } from '../output/facts.ts';
import { print } from '../output/print.ts';
import { tone } from '../output/style.ts';
import { table } from '../output/table.ts';
import { findApi } from '../target.ts';
import { teach, wantsJson } from './command.ts';

/** `whence model …` */
export function modelCommand(): Command {
  return new Command('model')
    .description('see which models there are and what they were made of')
    .addCommand(list())
    .addCommand(show());
}

function show(): Command {
  return teach(
    new Command('show')
      .description('show a model version: its run, data and code, and what an MLflow model says of itself')
      .argument('<model>', 'name:version'),
    ['whence model show birdstrikes:2'],
  ).action(async (model: string, _options: object, command: Command) => {
    const [, name, version] = /^([^:]+):([^:]+)$/.exec(model) ?? [];
    if (name === undefined || version === undefined)
      throw new CliError(`"${model}" names no model version.`, 'Write name:version, as `whence model list` prints it.');
    const found = await findApi().call(platformRoutes.showModel, { params: { name, version } });
    print({ json: wantsJson(command), value: found, text: () => modelPage(found) });
  });
}

function modelPage({ name, version, type, run, mlflow }: ModelDetails): string {
  const facts = factLines([
    ['type', type ?? 'unknown'],
    ...(run === undefined
      ? [['run', 'not made by a run of Whence']]
      : [
          ['run', `${run.runId} (${run.status})`],
          ['pipeline', `${run.pipeline}, version ${run.pipelineVersion.slice(0, 12)}`],
          ['data', run.manifestDigest.slice(0, 12)],
        ]),
    ...(mlflow === undefined ? [] : [['flavours', Object.keys(mlflow.flavors).join(', ')]]),
  ]);
  const page = `${tone(`${name}:${version}`, 'strong')}\n${facts}`;
  const columns = mlflow?.signature?.inputs ?? [];
  if (columns.length === 0) return page;
  const rows = columns.map((column) => [column.name ?? '(unnamed)', column.type]);
  return `${page}\n\n${table(['INPUT', 'TYPE'], rows)}`;
}

function list(): Command {
  return teach(new Command('list').description('list model versions, newest first'), [
    'whence model list --pipeline birdstrikes',
  ])
    .option('--pipeline <name>', 'only models of this pipeline')
    .action(async (options: { pipeline?: string }, command: Command) => {
      const page = await findApi().call(platformRoutes.listModels, {
        query: options.pipeline === undefined ? {} : { pipeline: options.pipeline },
      });
      print({
        json: wantsJson(command),
        value: page,
        text: () =>
          page.items.length === 0
            ? 'No models yet.'
            : table(
                ['MODEL', 'DATA', 'PIPELINE VERSION', 'RUN'],
                page.items.map((one) => [
                  `${one.name}:${one.version}`,
                  one.manifestDigest.slice(0, 12),
                  one.pipelineVersion.slice(0, 12),
                  one.runId,
                ]),
              ),
      });
    });
}
