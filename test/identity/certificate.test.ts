import { X509Certificate } from 'node:crypto';
import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { createServer, request } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { generate } from 'selfsigned';
import { afterEach, beforeEach, expect, it } from 'vitest';

import { laptopCertificate } from '#local/certificates/certificate.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'whence-certificate-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

it('is made once, for loopback names, and its key is readable by its owner only', async () => {
  const first = await laptopCertificate(folder);
  const certificate = new X509Certificate(first.cert);
  expect(certificate.checkIP('127.0.0.1')).toBe('127.0.0.1');
  expect(certificate.checkHost('localhost')).toBe('localhost');
  expect(certificate.checkHost('example.com')).toBeUndefined();
  expect(statSync(first.keyFile).mode & 0o777).toBe(0o600);
  expect(await laptopCertificate(folder)).toEqual(first);
});

it('is believed by who trusts its file, and by nobody else', async () => {
  const { cert, key } = await laptopCertificate(folder);
  const server = createServer({ cert, key }, (_, response) => response.end('hello'));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  const ask = (host: string, ca?: string): Promise<number> =>
    new Promise((resolve, reject) => {
      const outgoing = request({ host, port, agent: false, ...(ca === undefined ? {} : { ca }) }, (incoming) => {
        incoming.resume();
        resolve(incoming.statusCode ?? 0);
      });
      outgoing.on('error', reject);
      outgoing.end();
    });
  expect(await ask('127.0.0.1', cert)).toBe(200);
  expect(await ask('localhost', cert)).toBe(200);
  await expect(ask('127.0.0.1')).rejects.toThrow(/self-signed certificate/);
  await new Promise<void>((resolve) => {
    server.close(() => resolve());
    server.closeAllConnections();
  });
});

it('is made anew when it is about to end', async () => {
  const { certFile, keyFile } = await laptopCertificate(folder);
  const soon = new Date(Date.now() + 3 * 86_400_000);
  const old = await generate([{ name: 'commonName', value: 'old' }], { keySize: 2_048, notAfterDate: soon });
  writeFileSync(certFile, old.cert);
  writeFileSync(keyFile, old.private);
  const { cert } = await laptopCertificate(folder);
  expect(cert).not.toBe(old.cert);
  expect(Date.parse(new X509Certificate(cert).validTo) - Date.now()).toBeGreaterThan(300 * 86_400_000);
});
