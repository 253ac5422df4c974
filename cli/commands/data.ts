import { Command } from 'commander';

import { dataRoutes } from '#shared/contracts/api/data-routes.ts';
import { pipelineRoutes } from '#shared/contracts/api/pipeline-routes.ts';

import { CliError } from '../cli-error.ts';
import type { ApiClient } from '../client/api-client.ts';
import { print } from '../output/print.ts';
import { tone } from '../output/style.ts';
import { table } from '../output/table.ts';
import { findApi } from '../target.ts';
import { teach, wantsJson } from './command.ts';

/** `whence data …` */
export function dataCommand(): Command {
  return new Command('data')
    .description('see what landed, what became of it, and admit what was rejected')
    .addCommand(windows())
    .addCommand(versions())
    .addCommand(rejected())
    .addCommand(admit());
}

function windows(): Command {
  return forPipeline(
    new Command('windows').description('list data windows, newest first'),
    'whence data windows',
  ).action(async (options: { pipeline?: string }, command: Command) => {
    const { api, pipeline } = await chosen(options.pipeline);
    const page = await api.call(dataRoutes.listWindows, { params: { pipeline } });
    print({
      json: wantsJson(command),
      value: page,
      text: () =>
        table(
          ['WINDOW', 'STATE', 'OUTCOME', 'OPENED (UTC)', 'DATA VERSION'],
          page.items.map((one) => [
            String(one.generation),
            one.state,
            one.outcome ?? '',
            one.openedAt.replace('T', ' ').slice(0, 19),
            one.manifestDigest?.slice(0, 12) ?? '',
          ]),
        ),
    });
  });
}

function versions(): Command {
  return forPipeline(
    new Command('versions')
      .description('list data versions, or show one with all of its files and what was left out')
      .argument('[number]', 'of the version to show'),
    'whence data versions 3',
  ).action(async (number: string | undefined, options: { pipeline?: string }, command: Command) => {
    const { api, pipeline } = await chosen(options.pipeline);
    if (number !== undefined) return showVersion(api, pipeline, number, wantsJson(command));
    const page = await api.call(dataRoutes.listDataVersions, { params: { pipeline } });
    print({
      json: wantsJson(command),
      value: page,
      text: () =>
        table(
          ['NUMBER', 'DIGEST', 'FILES', 'BYTES', 'LEFT OUT', 'SEALED (UTC)'],
          page.items.map((one) => [
            String(one.number),
            one.digest.slice(0, 12),
            String(one.blobs),
            String(one.sizeBytes),
            String(one.leftOut),
            one.sealedAt.replace('T', ' ').slice(0, 19),
          ]),
        ),
    });
  });
}

async function showVersion(api: ApiClient, pipeline: string, number: string, json: boolean): Promise<void> {
  const version = await api.call(dataRoutes.showDataVersion, { params: { pipeline, number } });
  const files = version.contents.map(({ path, sizeBytes, sha256 }) => [path, String(sizeBytes), sha256.slice(0, 12)]);
  print({
    json,
    value: version,
    text: () =>
      [
        `${tone(version.digest, 'strong')} sealed ${version.sealedAt.replace('T', ' ').slice(0, 19)} UTC`,
        table(['FILE', 'BYTES', 'SHA-256'], files),
        ...version.leftOut.map(({ path, reason }) => `${tone('left out', 'bad')} ${path}: ${reason}`),
      ].join('\n'),
  });
}

function rejected(): Command {
  return forPipeline(
    new Command('rejected').description('list blob versions that break the data contract'),
    'whence data rejected',
  ).action(async (options: { pipeline?: string }, command: Command) => {
    const { api, pipeline } = await chosen(options.pipeline);
    const page = await api.call(dataRoutes.listRejected, { params: { pipeline } });
    print({
      json: wantsJson(command),
      value: page,
      text: () =>
        page.items.length === 0
          ? 'Nothing was rejected.'
          : page.items
              .map(
                (one) =>
                  `${tone(one.path, 'strong')} ${one.state === 'rejected' ? tone('rejected', 'bad') : tone('admitted', 'good')} ${one.at.slice(0, 19)}\n  ${one.findings.join('\n  ')}\n  ${tone(`whence data admit ${one.id.slice(0, 12)} --pipeline ${pipeline}`, 'quiet')}`,
              )
              .join('\n'),
    });
  });
}

function admit(): Command {
  return forPipeline(
    new Command('admit')
      .description('use rejected bytes after all')
      .argument('<id>', 'as `whence data rejected` shows it; its beginning is enough'),
    'whence data admit 0123456789ab',
  ).action(async (id: string, options: { pipeline?: string }, command: Command) => {
    const { api, pipeline } = await chosen(options.pipeline);
    const matching: { readonly id: string }[] = [];
    for await (const one of api.list(dataRoutes.listRejected, { params: { pipeline } }))
      if (one.id.startsWith(id)) matching.push(one);
    const [found, second] = matching;
    if (found === undefined || second !== undefined)
      throw new CliError(
        `${found === undefined ? 'No' : 'More than one'} rejected blob has an id that begins with ${id}.`,
        'List them with `whence data rejected`.',
      );
    const admitted = await api.call(dataRoutes.admitRejected, { params: { pipeline, id: found.id } });
    print({
      json: wantsJson(command),
      value: admitted,
      text: () => `${admitted.path} is admitted, and stays so. A run follows.`,
    });
  });
}

function forPipeline(command: Command, example: string): Command {
  return teach(command.option('--pipeline <name>', 'of this pipeline; the only one by default'), [
    example,
    `${example} --pipeline birdstrikes`,
  ]);
}

async function chosen(name: string | undefined): Promise<{ api: ApiClient; pipeline: string }> {
  const api = findApi();
  if (name !== undefined) return { api, pipeline: name };
  const { items } = await api.call(pipelineRoutes.listPipelines, {});
  const [only, second] = items;
  if (only === undefined)
    throw new CliError('There is no pipeline yet.', 'Publish one with `whence pipeline publish`.');
  if (second !== undefined)
    throw new CliError(
      `There are ${items.length} pipelines.`,
      `Name one: --pipeline ${items.map((one) => one.name).join(' | ')}.`,
    );
  return { api, pipeline: only.name };
}
