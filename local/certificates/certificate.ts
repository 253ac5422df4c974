import { chmodSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { X509Certificate } from 'node:crypto';
import { join } from 'node:path';

import { generate } from 'selfsigned';

/** The laptop's TLS certificate, for loopback addresses only. */
export interface LaptopCertificate {
  readonly cert: string;
  readonly key: string;
  /** What clients trust: the certificate itself. */
  readonly caFile: string;
  readonly certFile: string;
  readonly keyFile: string;
}

/** How long a new certificate is valid. */
const VALID_DAYS = 365;
/** It is made anew when it would end within this time. */
const RENEW_DAYS = 7;
const DAY_MS = 86_400_000;

/**
 * Finds the certificate, or makes one at the first start.
 *
 * @param folder - state folder; the key is readable by its owner only
 */
export async function laptopCertificate(folder: string): Promise<LaptopCertificate> {
  const home = join(folder, 'certificates');
  mkdirSync(home, { recursive: true, mode: 0o700 });
  const certFile = join(home, 'localhost.pem');
  const keyFile = join(home, 'localhost.key');
  if (!isUsable(certFile, keyFile)) {
    const made = await generate([{ name: 'commonName', value: 'whence laptop' }], {
      keySize: 2_048,
      algorithm: 'sha256',
      notAfterDate: new Date(Date.now() + VALID_DAYS * DAY_MS),
      extensions: [
        { name: 'basicConstraints', cA: true, critical: true },
        { name: 'keyUsage', digitalSignature: true, keyEncipherment: true, keyCertSign: true, critical: true },
        { name: 'extKeyUsage', serverAuth: true },
        {
          name: 'subjectAltName',
          altNames: [
            { type: 2, value: 'localhost' },
            { type: 7, ip: '127.0.0.1' },
          ],
        },
      ],
    });
    writeFileSync(keyFile, made.private, { mode: 0o600 });
    chmodSync(keyFile, 0o600);
    writeFileSync(certFile, made.cert, { mode: 0o600 });
  }
  return {
    cert: readFileSync(certFile, 'utf8'),
    key: readFileSync(keyFile, 'utf8'),
    caFile: certFile,
    certFile,
    keyFile,
  };
}

function isUsable(certFile: string, keyFile: string): boolean {
  if (!existsSync(certFile) || !existsSync(keyFile)) return false;
  const { validTo } = new X509Certificate(readFileSync(certFile));
  return Date.parse(validTo) - Date.now() > RENEW_DAYS * DAY_MS;
}
