import { randomUUID } from 'node:crypto';

import { Command } from 'commander';

import { runRoutes, type RunView } from '#shared/contracts/api/run-routes.ts';
import { runStatuses } from '#shared/domain/run/statuses.ts';

import { CliError } from '../cli-error.ts';
import type { ApiClient } from '../client/api-client.ts';
import { print, printLine } from '../output/print.ts';
import { eventLine, runList, runPage } from '../output/runs.ts';
import { findApi } from '../target.ts';
import { teach, wantsJson } from './command.ts';

/** `whence run …` */
export function runCommand(): Command {
  return new Command('run')
    .description('start, watch and cancel runs')
    .addCommand(start())
    .addCommand(list())
    .addCommand(show())
    .addCommand(watch())
    .addCommand(cancel());
}

function start(): Command {
  return teach(
    new Command('start')
      .description('ask for a run of a pipeline over the data that is there now')
      .argument('<pipeline>'),
    ['whence run start birdstrikes', 'whence run start birdstrikes --reason "new labels"'],
  )
    .option('--reason <text>', 'why, for whoever reads the run later')
    .option('--idempotency-key <key>', 'the same key asks only once; a fresh one by default')
    .action(async (pipeline: string, options: { reason?: string; idempotencyKey?: string }, command: Command) => {
      const request = await findApi().call(runRoutes.startRun, {
        body: { pipeline, ...(options.reason === undefined ? {} : { reason: options.reason }) },
        idempotencyKey: options.idempotencyKey ?? randomUUID(),
      });
      print({
        json: wantsJson(command),
        value: request,
        text: () =>
          `Asked for a run of ${pipeline} (request ${request.requestId}).\nIt starts once the data has been quiet for a moment: \`whence run watch --pipeline ${pipeline}\` follows it.`,
      });
    });
}

function list(): Command {
  return teach(new Command('list').description('list runs, newest first'), [
    'whence run list',
    'whence run list --pipeline birdstrikes --status failed',
  ])
    .option('--pipeline <name>', 'only runs of this pipeline')
    .option('--status <status>', `only runs that are ${runStatuses.join(', ')}`)
    .option('--limit <n>', 'how many', '20')
    .action(async (options: { pipeline?: string; status?: string; limit: string }, command: Command) => {
      const status = runStatuses.find((one) => one === options.status);
      if (options.status !== undefined && status === undefined)
        throw new CliError(`A run is never "${options.status}".`, `Use one of ${runStatuses.join(', ')}.`);
      const page = await findApi().call(runRoutes.listRuns, {
        query: {
          limit: Number(options.limit),
          ...(options.pipeline === undefined ? {} : { pipeline: options.pipeline }),
          ...(status === undefined ? {} : { status }),
        },
      });
      print({ json: wantsJson(command), value: page, text: () => runList(page.items) });
    });
}

function show(): Command {
  return teach(
    new Command('show')
      .description('show one run: steps, data, model, verdicts')
      .argument('[run]', 'its id; the newest by default'),
    ['whence run show', 'whence run show birdstrikes-r-0123456789abcdef0123'],
  ).action(async (run: string | undefined, _options: object, command: Command) => {
    const api = findApi();
    const head = await api.call(runRoutes.showRun, { params: { runId: run ?? (await newestRun(api)) } });
    print({ json: wantsJson(command), value: head, text: runPage });
  });
}

function watch(): Command {
  return teach(
    new Command('watch').description('follow a run until it ends').argument('[run]', 'its id; the newest by default'),
    ['whence run watch', 'whence run watch --pipeline birdstrikes', 'whence run watch --json'],
  )
    .option('--pipeline <name>', 'the newest run of this pipeline')
    .action(async (run: string | undefined, options: { pipeline?: string }, command: Command) => {
      const api = findApi();
      const json = wantsJson(command);
      const runId = run ?? (await newestRun(api, options.pipeline));
      for await (const event of api.watchRun(runId)) {
        if (json) printLine(event);
        else process.stdout.write(`${eventLine(event)}\n`);
      }
      if (!json) process.stdout.write(`\n${runPage(await api.call(runRoutes.showRun, { params: { runId } }))}\n`);
    });
}

function cancel(): Command {
  return teach(new Command('cancel').description('end a run: its job first, then the run').argument('<run>'), [
    'whence run cancel birdstrikes-r-0123456789abcdef0123',
  ]).action(async (run: string, _options: object, command: Command) => {
    const head: RunView = await findApi().call(runRoutes.cancelRun, { params: { runId: run } });
    print({
      json: wantsJson(command),
      value: head,
      text: () => `Asked run ${run} to end. \`whence run watch ${run}\` shows when it has.`,
    });
  });
}

async function newestRun(api: ApiClient, pipeline?: string): Promise<string> {
  const page = await api.call(runRoutes.listRuns, {
    query: { limit: 1, ...(pipeline === undefined ? {} : { pipeline }) },
  });
  const newest = page.items[0];
  if (newest === undefined)
    throw new CliError(
      'There is no run yet.',
      'Upload data that a pipeline waits for, or ask for a run with `whence run start <pipeline>`.',
    );
  return newest.runId;
}
