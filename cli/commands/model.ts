import { Command } from 'commander';

import { platformRoutes, type ModelDetails } from '#shared/contracts/api/platform-routes.ts';

import { CliError } from '../cli-error.ts';
import { factLines } from '../output/facts.ts';
import { print } from '../output/print.ts';
import { tone } from '../output/style.ts';
import { table } from '../output/table.ts';
import { findApi } from '../target.ts';
import { asOptionalPipeline } from './arguments.ts';
import { teach, wantsJson } from './command.ts';

/** A model and its version, as assets of Azure ML are named. */
const MODEL_VERSION = /^([A-Za-z0-9][A-Za-z0-9_.-]{0,254}):([A-Za-z0-9][A-Za-z0-9_.-]{0,254})$/;

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
    const [, name, version] = MODEL_VERSION.exec(model) ?? [];
    if (name === undefined || version === undefined)
      throw new CliError(`"${model}" names no model version.`, 'Write name:version, as `whence model list` prints it.');
    const found = await findApi().call(platformRoutes.showModel, { params: { name, version } });
    print({ json: wantsJson(command), value: found, text: modelPage });
  });
}

function modelPage({ name, version, type, run, code, mlflow }: ModelDetails): string {
  const facts = factLines([
    ['type', type ?? 'unknown'],
    ...(run === undefined
      ? [['run', 'not made by a run of Whence']]
      : [
          ['run', `${run.runId} (${run.status})`],
          ['pipeline', `${run.pipeline}, version ${run.pipelineVersion.slice(0, 12)}`],
          ['data', run.manifestDigest.slice(0, 12)],
        ]),
    ...(code === undefined ? [] : [['code', `commit ${code.commit.slice(0, 8)} (${code.trust})`]]),
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
      const pipeline = asOptionalPipeline(options.pipeline);
      const page = await findApi().call(platformRoutes.listModels, {
        query: pipeline === undefined ? {} : { pipeline },
      });
      print({
        json: wantsJson(command),
        value: page,
        text: ({ items }) =>
          items.length === 0
            ? 'No models yet.'
            : table(
                ['MODEL', 'DATA', 'PIPELINE VERSION', 'RUN'],
                items.map((one) => [
                  `${one.name}:${one.version}`,
                  one.manifestDigest.slice(0, 12),
                  one.pipelineVersion.slice(0, 12),
                  one.runId,
                ]),
              ),
      });
    });
}
