/**
 * Azurite from npm, as it is, in a process of its own: when the runtime is killed, Azurite goes on and loses nothing of
 * what it keeps in memory. Started by `azurite.ts` with its settings as JSON in argv[2]; tells its addresses on stdout.
 *
 * @source azure-facts.md §7: programmatic start, `skipApiVersionCheck`, OAuth "basic" needs HTTPS
 */
import { createRequire } from 'node:module';
import { join } from 'node:path';

const require = createRequire(import.meta.url);
const load = (path) => require(`azurite/dist/src/${path}`).default;
const { folder, certFile, keyFile, ports } = JSON.parse(process.argv[2] ?? '{}');
const at = (name) => join(folder, name);
const persistence = (name) => [{ locationId: 'Default', locationPath: at(name), maxConcurrency: 10 }];
const host = '127.0.0.1';

const BlobConfiguration = load('blob/BlobConfiguration');
const BlobServer = load('blob/BlobServer');
const QueueConfiguration = load('queue/QueueConfiguration');
const QueueServer = load('queue/QueueServer');
const TableConfiguration = load('table/TableConfiguration');
const TableServer = load('table/TableServer');

const blob = new BlobServer(
  new BlobConfiguration(
    host,
    ports.blob,
    undefined,
    at('blob.json'),
    at('blob-extents.json'),
    persistence('blobs'),
    false,
    undefined,
    false,
    undefined,
    false,
    true,
    certFile,
    keyFile,
    '',
    'basic',
    false,
    false,
  ),
);
const queue = new QueueServer(
  new QueueConfiguration(
    host,
    ports.queue,
    undefined,
    at('queue.json'),
    at('queue-extents.json'),
    persistence('queues'),
    false,
    undefined,
    false,
    undefined,
    false,
    true,
    '',
    '',
    '',
    undefined,
    false,
    false,
  ),
);
const table = new TableServer(
  new TableConfiguration(
    host,
    ports.table,
    undefined,
    at('table.json'),
    false,
    false,
    undefined,
    undefined,
    false,
    true,
    '',
    '',
    '',
    undefined,
    false,
    false,
  ),
);
const servers = [blob, queue, table];

for (const server of servers) await server.start();
const [blobUrl, queueUrl, tableUrl] = servers.map((server) => server.getHttpServerAddress());
process.stdout.write(`${JSON.stringify({ pid: process.pid, blobUrl, queueUrl, tableUrl })}\n`);

let stopping = false;
const stop = async () => {
  if (stopping) return;
  stopping = true;
  for (const server of servers) await server.close();
  process.exit(0);
};
for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP']) process.on(signal, stop);
process.on('message', (message) => message === 'stop' && stop());
