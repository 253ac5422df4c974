/**
 * What the app takes from its process: environment variables and trusted certificates. The runtime shares the process
 * with the app, so it sets both before the app is loaded, and puts them back when it stops.
 */
import tls from 'node:tls';

/** Sets environment variables. @returns a function that puts back what was there */
export function setEnvironment(values: Readonly<Record<string, string>>): () => void {
  const before = Object.keys(values).map((name) => [name, process.env[name]] as const);
  Object.assign(process.env, values);
  return () => {
    for (const [name, value] of before) {
      if (value === undefined) delete process.env[name];
      else process.env[name] = value;
    }
  };
}

/**
 * Trusts a certificate in every TLS connection of this process. `NODE_EXTRA_CA_CERTS` is read when a process starts, so
 * it comes too late for this.
 *
 * @param pem - the certificate
 * @returns a function that puts back what was trusted
 */
export function trustCertificate(pem: string): () => void {
  const before = tls.getCACertificates('default');
  tls.setDefaultCACertificates([...before, pem]);
  return () => tls.setDefaultCACertificates(before);
}
