/** From a blob that lands to a run, through the built app and the laptop runtime. */
import { ServiceBusClient } from '@azure/service-bus';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';

import { laptop as names } from '#local/settings/laptop.ts';
import { dataRoutes } from '#shared/contracts/api/data-routes.ts';
import { pipelineRoutes } from '#shared/contracts/api/pipeline-routes.ts';

import { Laptop } from './laptop.ts';
import { rows } from './tiny-pipeline.ts';

let laptop: Laptop;
let bus: ServiceBusClient;

beforeAll(async () => {
  laptop = await Laptop.start();
  bus = new ServiceBusClient(laptop.runtime.endpoints.serviceBus.connectionString);
}, 120_000);

afterAll(async () => {
  await bus.close();
  await laptop[Symbol.asyncDispose]();
});

describe.concurrent('data that lands', { timeout: 300_000 }, () => {
  test('runs once, however often its event comes and although the same bytes are written again', async () => {
    await laptop.publish({ name: 'again' });
    await laptop.drop('again/a.csv', rows(1));
    const { etag = '' } = await laptop.landing.getBlobClient('again/a.csv').getProperties();
    await using sender = disposable(bus.createSender('data-events'));
    for (let delivery = 1; delivery <= 5; delivery += 1)
      await sender.value.sendMessages({
        messageId: `again-${delivery}`,
        contentType: 'application/cloudevents+json; charset=utf-8',
        body: blobCreated('again/a.csv', etag, `again-${delivery}`),
      });
    const [run] = await laptop.endedRuns('again', 1);
    expect(run).toMatchObject({ status: 'succeeded' });

    await laptop.drop('again/a.csv', rows(1));
    const windows = await laptop.doneWindows('again', 2);
    expect(windows.map(({ outcome }) => outcome).filter((outcome) => outcome === 'run')).toHaveLength(1);
    expect(windows.at(-1)).toMatchObject({ outcome: 'no-change' });
    expect(await laptop.runs('again')).toHaveLength(1);
  });

  test('in a burst of three files is one run over three', async () => {
    await laptop.publish({ name: 'burst' });
    await Promise.all([1, 2, 3].map((file) => laptop.drop(`burst/${file}.csv`, rows(10 * file))));
    const [run, ...others] = await laptop.endedRuns('burst', 1);
    expect(others).toEqual([]);
    expect(run).toMatchObject({ status: 'succeeded', pipeline: 'burst' });
    const version = await laptop.api.call(dataRoutes.showDataVersion, {
      params: { pipeline: 'burst', number: run?.manifestNumber ?? 0 },
    });
    expect(version.contents.map(({ path }) => path)).toEqual(['burst/1.csv', 'burst/2.csv', 'burst/3.csv']);
  });

  test('as a hundred files, while the pipeline is paused, is one run over a hundred', async () => {
    await laptop.publish({ name: 'hundred' });
    await laptop.api.call(pipelineRoutes.pausePipeline, { params: { pipeline: 'hundred' } });
    for (let file = 0; file < 100; file += 10)
      await Promise.all(
        Array.from({ length: 10 }, (_, at) => laptop.drop(`hundred/${file + at}.csv`, rows(10 * (file + at)))),
      );
    await laptop.api.call(pipelineRoutes.resumePipeline, { params: { pipeline: 'hundred' } });
    const [run, ...others] = await laptop.endedRuns('hundred', 1);
    expect(others).toEqual([]);
    const { items } = await laptop.api.call(dataRoutes.listDataVersions, { params: { pipeline: 'hundred' } });
    expect(items.map(({ blobs }) => blobs)).toEqual([100]);
    expect(run).toMatchObject({ status: 'succeeded' });
  });

  test('is kept as it was when it is overwritten afterwards', async () => {
    await laptop.publish({ name: 'kept' });
    await laptop.drop('kept/a.csv', rows(1, 3));
    const [first] = await laptop.endedRuns('kept', 1);
    await laptop.drop('kept/a.csv', rows(1, 4));
    const [, second] = await laptop.endedRuns('kept', 2);
    expect([first?.status, second?.status]).toEqual(['succeeded', 'succeeded']);
    const versions = await Promise.all(
      [first, second].map((run) =>
        laptop.api.call(dataRoutes.showDataVersion, {
          params: { pipeline: 'kept', number: run?.manifestNumber ?? 0 },
        }),
      ),
    );
    expect(versions.map(({ contents }) => contents[0]?.sizeBytes)).toEqual([
      Buffer.byteLength(rows(1, 3)),
      Buffer.byteLength(rows(1, 4)),
    ]);
  });

  test.each(['*.csv', '../x.csv', "it's; drop table.csv", 'ünï cödé #1?.csv', 'a\\b%20.csv'])(
    'under the name %j is data like any other, or is left alone',
    async (file) => {
      const name = `name-${Buffer.from(file).toString('hex').slice(0, 12)}`;
      await laptop.publish({ name });
      await laptop.drop(`${name}/good.csv`, rows(1));
      await laptop.drop(`${name}/${file}`, rows(100));
      const [run] = await laptop.endedRuns(name, 1);
      expect(run).toMatchObject({ status: 'succeeded' });
      const version = await laptop.api.call(dataRoutes.showDataVersion, {
        params: { pipeline: name, number: run?.manifestNumber ?? 0 },
      });
      const landed: string[] = [];
      for await (const blob of laptop.landing.listBlobsFlat({ prefix: `${name}/` })) landed.push(blob.name);
      expect(version.contents.map(({ path }) => path)).toEqual(landed.toSorted());
    },
  );
});

test('a message that cannot be read goes to quarantine with its reason and its id', async () => {
  await using sender = disposable(bus.createSender('data-events'));
  await using receiver = disposable(bus.createReceiver('quarantine', { receiveMode: 'receiveAndDelete' }));
  const event = blobCreated('x/a.csv', '0x1', 'stranger');
  await sender.value.sendMessages([
    { messageId: 'not-json', body: Buffer.from('{ "specversion": ') },
    { messageId: 'stranger', body: { ...event, source: '/subscriptions/other/storageAccounts/other' } },
    {
      messageId: 'elsewhere',
      body: { ...event, data: { ...event.data, url: event.data.url.replace('landing', 'private') } },
    },
  ]);
  const quarantined = new Map<string, string>();
  await expect
    .poll(
      async () => {
        for (const { body } of await receiver.value.receiveMessages(10, { maxWaitTimeInMs: 500 }))
          quarantined.set(String(body.originalMessageId), String(body.reason));
        return quarantined.size;
      },
      { timeout: 30_000 },
    )
    .toBe(3);
  expect(Object.fromEntries(quarantined)).toEqual({
    'not-json': expect.stringContaining('not a CloudEvents 1.0 BlobCreated event'),
    stranger: 'the event is from another storage account',
    elsewhere: 'the event is about container private, not landing',
  });
}, 60_000);

function blobCreated(path: string, etag: string, id: string) {
  return {
    specversion: '1.0',
    id,
    type: 'Microsoft.Storage.BlobCreated',
    source: names.storageAccountId,
    subject: `/blobServices/default/containers/landing/blobs/${path}`,
    time: new Date().toISOString(),
    data: {
      api: 'PutBlob',
      eTag: etag,
      contentLength: 1,
      blobType: 'BlockBlob',
      url: `https://devstoreaccount1.blob.core.windows.net/landing/${path}`,
    },
  };
}

function disposable<Thing extends { close(): Promise<void> }>(
  value: Thing,
): AsyncDisposable & { readonly value: Thing } {
  return { value, [Symbol.asyncDispose]: () => value.close() };
}
