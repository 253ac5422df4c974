import { stat } from 'node:fs/promises';
import { basename, extname } from 'node:path';

import { BlobServiceClient } from '@azure/storage-blob';
import { Command } from 'commander';

import { dataRoutes } from '#shared/contracts/api/data-routes.ts';
import { pipelineRoutes } from '#shared/contracts/api/pipeline-routes.ts';
import { literalPrefix, matchesGlob, parseGlob } from '#shared/domain/data-window/path-glob.ts';

import { CliError } from '../cli-error.ts';
import type { ApiClient } from '../client/api-client.ts';
import { print } from '../output/print.ts';
import { printable } from '../output/printable.ts';
import { tone } from '../output/style.ts';
import { table } from '../output/table.ts';
import { findApi, findLaptopStorage } from '../target.ts';
import { asCount, asOptionalPipeline, asPipeline } from './arguments.ts';
import { teach, wantsJson } from './command.ts';

/** `whence data …` */
export function dataCommand(): Command {
  return new Command('data')
    .description('land data, see what became of it, and admit what was rejected')
    .addCommand(land())
    .addCommand(windows())
    .addCommand(versions())
    .addCommand(rejected())
    .addCommand(admit());
}

/** Content types of files by the end of their name. */
const contentTypes: Readonly<Record<string, string>> = { '.csv': 'text/csv', '.json': 'application/json' };

function land(): Command {
  return teach(
    new Command('land')
      .description('upload files to where a pipeline waits for data (on the laptop)')
      .argument('<pipeline>')
      .argument('<file...>', 'files to upload; each keeps its name'),
    ['whence data land birdstrikes 1994.csv', 'whence data land my-model ../my-model/sample-data/*.csv'],
  ).action(async (name: string, files: readonly string[], _options: object, command: Command) => {
    const { trigger } = await findApi().call(pipelineRoutes.showPipeline, { params: { pipeline: asPipeline(name) } });
    const landing = await placesOf(files, trigger.path);
    const storage = findLaptopStorage();
    if (storage === undefined)
      throw new CliError(
        'The CLI uploads to the laptop runtime only.',
        `Upload to the storage account of the app: \`az storage blob upload --auth-mode login --account-name ACCOUNT --container-name ${trigger.container} --name ${landing[0]?.path ?? ''} --file ${landing[0]?.file ?? ''}\`, or with azcopy.`,
      );
    const container = BlobServiceClient.fromConnectionString(storage).getContainerClient(trigger.container);
    for (const { file, path } of landing)
      await container.getBlockBlobClient(path).uploadFile(file, {
        blobHTTPHeaders: { blobContentType: contentTypes[extname(file).toLowerCase()] ?? 'application/octet-stream' },
      });
    print({
      json: wantsJson(command),
      value: { pipeline: name, container: trigger.container, landed: landing },
      text: ({ pipeline, container: where, landed }) =>
        [
          ...landed.map(({ path, sizeBytes }) => `${tone('✔', 'good')} ${where}/${path} (${sizeBytes} bytes)`),
          `A run follows once the data has been quiet for a moment: \`whence run watch --pipeline ${pipeline}\`.`,
        ].join('\n'),
    });
  });
}

/** A file, and the blob that it becomes. */
interface Landing {
  readonly file: string;
  readonly path: string;
  readonly sizeBytes: number;
}

/**
 * Where files land: under the names in front of the first wildcard of the glob.
 *
 * @throws {CliError} a file is not there, or the pipeline would not take it
 */
async function placesOf(files: readonly string[], glob: string): Promise<readonly Landing[]> {
  const parsed = parseGlob(glob);
  const prefix = literalPrefix(glob);
  const landing: Landing[] = [];
  for (const file of files) {
    const stats = await stat(file).catch(() => undefined);
    if (stats === undefined || !stats.isFile())
      throw new CliError(`${file} is ${stats === undefined ? 'not there' : 'no file'}.`, 'Name files to upload.');
    const path = prefix === '' || prefix.endsWith('/') ? `${prefix}${basename(file)}` : prefix;
    if (!('glob' in parsed) || !matchesGlob(parsed.glob, path))
      throw new CliError(
        `${file} would land as ${path}, and the pipeline takes ${glob} only.`,
        'Give the file a name that matches, or correct `trigger.data.path` in pipeline.yaml and publish again.',
      );
    const same = landing.find((one) => one.path === path);
    if (same !== undefined)
      throw new CliError(`${same.file} and ${file} would both land as ${path}.`, 'Give each a name of its own.');
    landing.push({ file, path, sizeBytes: stats.size });
  }
  return landing;
}

function windows(): Command {
  return forPipeline(
    new Command('windows')
      .description('list data windows, newest first')
      .argument('[pipeline]', 'the same as --pipeline'),
    'whence data windows',
  ).action(async (named: string | undefined, options: { pipeline?: string }, command: Command) => {
    const { api, pipeline } = await chosen(named ?? options.pipeline);
    const page = await api.call(dataRoutes.listWindows, { params: { pipeline } });
    print({
      json: wantsJson(command),
      value: page,
      text: ({ items }) =>
        table(
          ['WINDOW', 'STATE', 'OUTCOME', 'OPENED (UTC)', 'DATA VERSION'],
          items.map((one) => [
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
    const wanted = number === undefined ? undefined : asCount(number, 'number of a data version');
    const { api, pipeline } = await chosen(options.pipeline);
    if (wanted !== undefined) return showVersion(api, pipeline, wanted, wantsJson(command));
    const page = await api.call(dataRoutes.listDataVersions, { params: { pipeline } });
    print({
      json: wantsJson(command),
      value: page,
      text: ({ items }) =>
        table(
          ['NUMBER', 'DIGEST', 'FILES', 'BYTES', 'LEFT OUT', 'SEALED (UTC)'],
          items.map((one) => [
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

async function showVersion(api: ApiClient, pipeline: string, number: number, json: boolean): Promise<void> {
  const version = await api.call(dataRoutes.showDataVersion, { params: { pipeline, number } });
  print({
    json,
    value: version,
    text: ({ digest, sealedAt, contents, leftOut }) =>
      [
        `${tone(digest, 'strong')} sealed ${sealedAt.replace('T', ' ').slice(0, 19)} UTC`,
        table(
          ['FILE', 'BYTES', 'SHA-256'],
          contents.map(({ path, sizeBytes, sha256 }) => [path, String(sizeBytes), sha256.slice(0, 12)]),
        ),
        ...leftOut.map(({ path, reason }) => `${tone('left out', 'bad')} ${path}: ${reason}`),
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
      text: ({ items }) =>
        items.length === 0
          ? 'Nothing was rejected.'
          : items
              .map(
                (one) =>
                  `${tone(one.path, 'strong')} ${one.state === 'rejected' ? tone('rejected', 'bad') : tone('admitted', 'good')} ${one.at.slice(0, 19)}\n  ${one.findings.join('\n  ')}\n  ${tone(`whence data admit ${one.id.slice(0, 12)} --pipeline ${printable(pipeline)}`, 'quiet')}`,
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
    if (!/^[0-9a-f]{1,64}$/.test(id))
      throw new CliError(`"${id}" is no id of a rejected blob.`, 'List them with `whence data rejected`.');
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
      text: ({ path }) => `${path} is admitted, and stays so. A run follows.`,
    });
  });
}

function forPipeline(command: Command, example: string): Command {
  return teach(command.option('--pipeline <name>', 'of this pipeline; the only one by default'), [
    example,
    `${example} --pipeline birdstrikes`,
  ]);
}

async function chosen(named: string | undefined): Promise<{ api: ApiClient; pipeline: string }> {
  const name = asOptionalPipeline(named);
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
