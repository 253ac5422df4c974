import { randomUUID } from 'node:crypto';

import { Command } from 'commander';

import { pipelineRoutes } from '#shared/contracts/api/pipeline-routes.ts';
import { runRoutes, type RunView } from '#shared/contracts/api/run-routes.ts';
import { runStatuses } from '#shared/domain/run/statuses.ts';

import { CliError } from '../cli-error.ts';
import type { ApiClient } from '../client/api-client.ts';
import { exitCodes } from '../exit-codes.ts';
import { print, printLine, tellLine, tellText } from '../output/print.ts';
import { printable } from '../output/printable.ts';
import { eventLine, runList, runPage } from '../output/runs.ts';
import { findApi } from '../target.ts';
import { asLimit, asOptionalPipeline, asPipeline, asRunId, DEFAULT_LIMIT } from './arguments.ts';
import { teach, wantsJson } from './command.ts';
import { findNewestRun, nextRun, noRun, type WaitingWindow } from './next-run.ts';

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
    .action(async (named: string, options: { reason?: string; idempotencyKey?: string }, command: Command) => {
      const pipeline = asPipeline(named);
      const json = wantsJson(command);
      const api = findApi();
      const request = await api.call(runRoutes.startRun, {
        body: { pipeline, ...(options.reason === undefined ? {} : { reason: options.reason }) },
        idempotencyKey: options.idempotencyKey ?? randomUUID(),
      });
      const isPaused = !json && (await api.call(pipelineRoutes.showPipeline, { params: { pipeline } })).paused;
      print({
        json,
        value: request,
        text: ({ requestId }) =>
          isPaused
            ? `Asked for a run of ${pipeline} (request ${requestId}).\nPipeline ${pipeline} is paused: it starts after \`whence pipeline resume ${pipeline}\`.`
            : `Asked for a run of ${pipeline} (request ${requestId}).\nIt starts once the data has been quiet for a moment: \`whence run watch --pipeline ${pipeline}\` follows it.`,
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
    .option('--limit <n>', 'how many', DEFAULT_LIMIT)
    .action(async (options: { pipeline?: string; status?: string; limit: string }, command: Command) => {
      const limit = asLimit(options.limit);
      const pipeline = asOptionalPipeline(options.pipeline);
      const status = runStatuses.find((one) => one === options.status);
      if (options.status !== undefined && status === undefined)
        throw new CliError(`A run is never "${options.status}".`, `Use one of ${runStatuses.join(', ')}.`);
      const page = await findApi().call(runRoutes.listRuns, {
        query: {
          limit,
          ...(pipeline === undefined ? {} : { pipeline }),
          ...(status === undefined ? {} : { status }),
        },
      });
      print({ json: wantsJson(command), value: page, text: ({ items }) => runList(items) });
    });
}

function show(): Command {
  return teach(
    new Command('show')
      .description('show one run: steps, data, model, verdicts')
      .argument('[run]', 'its id; the newest by default'),
    ['whence run show', 'whence run show birdstrikes-r-0123456789abcdef0123'],
  ).action(async (run: string | undefined, _options: object, command: Command) => {
    const named = run === undefined ? undefined : asRunId(run);
    const api = findApi();
    const head = await api.call(runRoutes.showRun, { params: { runId: named ?? (await newestRun(api)) } });
    print({ json: wantsJson(command), value: head, text: runPage });
  });
}

function watch(): Command {
  return teach(
    new Command('watch')
      .description(
        'follow a run until it ends; where data or a request waits for its run, wait too. Exits with 1 where the run was not a success',
      )
      .argument('[run]', 'its id; the newest by default'),
    ['whence run watch', 'whence run watch --pipeline birdstrikes', 'whence run watch --json'],
  )
    .option('--pipeline <name>', 'the newest run of this pipeline')
    .action(async (run: string | undefined, options: { pipeline?: string }, command: Command) => {
      const named = run === undefined ? undefined : asRunId(run);
      const pipeline = asOptionalPipeline(options.pipeline);
      const api = findApi();
      const json = wantsJson(command);
      const runId = named ?? (await nextRun(api, pipeline, (waiting) => tellWaiting(waiting, json)));
      let end = '';
      for await (const event of api.watchRun(runId)) {
        end = event.type;
        if (json) printLine(event);
        else print({ json, value: event, text: eventLine });
      }
      if (end !== 'run.succeeded') process.exitCode = exitCodes.fixable;
      if (json) return;
      const head = await api.call(runRoutes.showRun, { params: { runId } });
      print({ json, value: head, text: (whole) => `\n${runPage(whole)}` });
    });
}

/** Tells what a run is awaited for; for programs beside the events, which are all that stdout holds. */
function tellWaiting(waiting: WaitingWindow, json: boolean): void {
  if (json) tellLine({ waiting });
  else tellText(waitingText(printable(waiting)));
}

function waitingText({ pipeline, window, state, paused, outcome }: WaitingWindow): string {
  const name = `data window ${window} of ${pipeline}`;
  if (outcome !== undefined)
    return `No run came of ${name}: ${outcome === 'no-data' ? 'there was no data' : 'nothing had changed'}.`;
  if (paused)
    return `Waiting: ${name} is ${state}, and the pipeline is paused: \`whence pipeline resume ${pipeline}\`.`;
  return `Waiting: ${name} is ${state}; its run starts once the data has been quiet for a moment.`;
}

function cancel(): Command {
  return teach(new Command('cancel').description('end a run: its job first, then the run').argument('<run>'), [
    'whence run cancel birdstrikes-r-0123456789abcdef0123',
  ]).action(async (run: string, _options: object, command: Command) => {
    const head: RunView = await findApi().call(runRoutes.cancelRun, { params: { runId: asRunId(run) } });
    print({
      json: wantsJson(command),
      value: head,
      text: () => `Asked run ${run} to end. \`whence run watch ${run}\` shows when it has.`,
    });
  });
}

async function newestRun(api: ApiClient): Promise<string> {
  const newest = await findNewestRun(api, undefined);
  if (newest === undefined) throw noRun();
  return newest.runId;
}
