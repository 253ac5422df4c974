import { spawn } from 'node:child_process';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

import { z } from 'zod';

import { endOrphan, endProcess, pidFileOf } from './orphan.ts';

/** Account and key that Azurite has built in; public knowledge, not a secret. @source Azurite README */
export const AZURITE_ACCOUNT = 'devstoreaccount1';
const AZURITE_KEY = 'Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw==';

/** How it is started. Ports of 0 are chosen by the system. */
export interface AzuriteOptions {
  readonly folder: string;
  readonly certificate: { readonly certFile: string; readonly keyFile: string };
  readonly ports?: { readonly blob?: number; readonly queue?: number; readonly table?: number };
}

/** A running Azurite. */
export interface Azurite {
  /** Blob endpoint over HTTPS, for the app's identity. */
  readonly blobUrl: string;
  readonly queueUrl: string;
  readonly tableUrl: string;
  stop(): Promise<void>;
}

const told = z.object({ pid: z.number(), blobUrl: z.string(), queueUrl: z.string(), tableUrl: z.string() });
/** Longest start. */
const START_MS = 30_000;

/** @returns a connection string for the endpoints given */
export function azuriteConnectionString(endpoints: {
  readonly blob?: string;
  readonly queue?: string;
  readonly table?: string;
}): string {
  const parts = [
    ...(endpoints.blob === undefined ? [] : [`BlobEndpoint=${endpoints.blob}`]),
    ...(endpoints.queue === undefined ? [] : [`QueueEndpoint=${endpoints.queue}`]),
    ...(endpoints.table === undefined ? [] : [`TableEndpoint=${endpoints.table}`]),
  ];
  const protocol = (endpoints.blob ?? endpoints.table ?? endpoints.queue ?? 'http').split(':')[0];
  return `DefaultEndpointsProtocol=${protocol};AccountName=${AZURITE_ACCOUNT};AccountKey=${AZURITE_KEY};${parts.join(';')};`;
}

/** Starts Azurite as a child process; one that a crashed runtime left behind is ended first. */
export async function startAzurite({ folder, certificate, ports = {} }: AzuriteOptions): Promise<Azurite> {
  const home = join(folder, 'azurite');
  mkdirSync(home, { recursive: true, mode: 0o700 });
  const pidFile = pidFileOf(folder);
  await endOrphan(folder);
  const settings = {
    folder: home,
    certFile: certificate.certFile,
    keyFile: certificate.keyFile,
    ports: { blob: ports.blob ?? 0, queue: ports.queue ?? 0, table: ports.table ?? 0 },
  };
  const child = spawn(process.execPath, [join(import.meta.dirname, 'azurite-process.mjs'), JSON.stringify(settings)], {
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: true,
  });
  const errors: string[] = [];
  child.stderr.on('data', (chunk: Buffer) => errors.push(chunk.toString()));
  const lines = createInterface({ input: child.stdout });
  const ready = await new Promise<z.output<typeof told>>((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error('Azurite did not start in time.')), START_MS);
    child.once('exit', (code) => reject(new Error(`Azurite ended with code ${code}: ${errors.join('')}`)));
    lines.on('line', (line) => {
      if (!line.startsWith('{')) return;
      clearTimeout(timer);
      resolve(told.parse(JSON.parse(line)));
    });
  });
  child.removeAllListeners('exit');
  child.unref();
  writeFileSync(pidFile, String(ready.pid));
  const account = (url: string): string => `${url}/${AZURITE_ACCOUNT}`;
  return {
    blobUrl: account(ready.blobUrl),
    queueUrl: account(ready.queueUrl),
    tableUrl: account(ready.tableUrl),
    async stop() {
      await endProcess(ready.pid);
      rmSync(pidFile, { force: true });
    },
  };
}
