import { Command } from 'commander';

import { platformRoutes } from '#shared/contracts/api/platform-routes.ts';

import { print } from '../output/print.ts';
import { table } from '../output/table.ts';
import { findApi } from '../target.ts';
import { teach, wantsJson } from './command.ts';

/** `whence model …` */
export function modelCommand(): Command {
  return new Command('model').description('see which models there are and what they were made of').addCommand(list());
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
