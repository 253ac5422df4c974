import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { gunzipSync } from 'node:zlib';

import { z } from 'zod';

/** An item of telemetry as the Azure Monitor exporter sends it. @source ApplicationInsights ingestion API, v2.1/track */
const envelope = z.looseObject({
  name: z.string(),
  time: z.string(),
  tags: z.record(z.string(), z.string()).default({}),
  data: z.object({
    baseType: z.string(),
    baseData: z.looseObject({ properties: z.record(z.string(), z.string()).default({}) }),
  }),
});
/** See {@link envelope}. */
export type Envelope = z.output<typeof envelope>;

/** What takes telemetry in, in the place of Application Insights: it keeps what it gets. */
export class Ingestion implements AsyncDisposable {
  readonly received: Envelope[] = [];
  /** Beginnings of the Authorization headers that were shown. */
  readonly schemes = new Set<string>();
  readonly #server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      this.schemes.add(String(request.headers.authorization).split(' ')[0] ?? '');
      const bytes = Buffer.concat(chunks);
      const text = request.headers['content-encoding'] === 'gzip' ? gunzipSync(bytes) : bytes;
      const items = z.array(envelope).parse(JSON.parse(text.toString('utf8')));
      this.received.push(...items);
      response.setHeader('content-type', 'application/json');
      response.end(JSON.stringify({ itemsReceived: items.length, itemsAccepted: items.length, errors: [] }));
    });
  });

  /** Starts listening; nobody is answered until there is a certificate. */
  static async start(): Promise<Ingestion> {
    const ingestion = new Ingestion();
    await new Promise<void>((resolve) => ingestion.#server.listen(0, '127.0.0.1', resolve));
    return ingestion;
  }

  /** What an app needs to find it. */
  get connectionString(): string {
    const { port } = this.#server.address() as AddressInfo;
    return `InstrumentationKey=00000000-0000-4000-8000-000000000002;IngestionEndpoint=https://127.0.0.1:${port}/`;
  }

  /** Serves with a certificate that the app trusts. */
  serve(certificate: { readonly cert: Buffer; readonly key: Buffer }): void {
    this.#server.setSecureContext(certificate);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }
}
