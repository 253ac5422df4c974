/**
 * Bundles the function app into `dist/functions/`: one start chunk, and the SDKs in chunks of their own that are loaded
 * when first used. `@azure/functions-core` is supplied by the host; DuckDB has a native part and stays a package.
 */
import { rename, rm } from 'node:fs/promises';

import { rolldown, type OutputAsset, type OutputChunk, type Plugin } from 'rolldown';

/** What a bundle came to. */
export interface Bundle {
  readonly chunks: number;
  readonly bytes: number;
}

/**
 * Bundles a function app as the deployed one is.
 *
 * @param input - entry file
 * @param folder - becomes `main.js` and its chunks. What was there is replaced at once when all is written, since others
 *   may start from it meanwhile
 * @param plugins - what the bundler does besides
 */
export async function bundleApp(
  input: string,
  folder: string,
  plugins: readonly Plugin[] = [durableParts],
): Promise<Bundle> {
  const made = `${folder}.${process.pid}`;
  const bundle = await rolldown({
    input: { main: input },
    platform: 'node',
    external: ['@azure/functions-core', /^@duckdb\//],
    transform: { target: 'node20' },
    plugins: [...plugins],
  });
  try {
    const { output } = await bundle.write({
      dir: made,
      format: 'esm',
      sourcemap: true,
      chunkFileNames: 'chunks/[name]-[hash].js',
    });
    await rm(folder, { recursive: true, force: true });
    await rename(made, folder);
    return sizeOf(output);
  } finally {
    await bundle.close();
    await rm(made, { recursive: true, force: true });
  }
}

function sizeOf(output: readonly (OutputChunk | OutputAsset)[]): Bundle {
  const chunks = output.filter((chunk) => chunk.type === 'chunk');
  return { chunks: chunks.length, bytes: chunks.reduce((sum, { code }) => sum + code.length, 0) };
}

/** What `durable-functions` asks for → what it gets. A path is resolved from there. */
const DURABLE_PARTS: Readonly<
  Record<
    string,
    { readonly from: string; readonly kind: 'dynamic-import' | 'require-call'; code(path: string): string }
  >
> = {
  // Its client calls only these three methods, and awaits each: so the library can come with the first call.
  axios: {
    from: 'axios',
    kind: 'dynamic-import',
    code: (path) => `const call = (client, method) => async (...args) => (await client())[method](...args);
      export default {
        create(options) {
          let made;
          const client = () => (made ??= import(${path}).then((axios) => axios.default.create(options)));
          return { get: call(client, 'get'), post: call(client, 'post'), delete: call(client, 'delete') };
        },
      };`,
  },
  // One function of its hundred.
  validator: {
    from: 'validator/lib/isURL.js',
    kind: 'require-call',
    code: (path) => `export { default as isURL } from ${path};`,
  },
};

/**
 * Keeps out of the start chunk what `durable-functions` loads but does not need to register: a quarter of the start
 * (docs/benchmarks.md).
 */
const durableParts: Plugin = {
  name: 'durable-parts',
  async resolveId(source, importer) {
    const part = Object.hasOwn(DURABLE_PARTS, source) ? DURABLE_PARTS[source] : undefined;
    if (part === undefined || !/[\\/]durable-functions[\\/]lib[\\/]/.test(importer ?? '')) return null;
    const found = await this.resolve(part.from, importer, { kind: part.kind });
    if (found === null) throw new Error(`durable-functions needs ${part.from}, which is not installed.`);
    return { id: `\0${source}`, meta: { path: found.id } };
  },
  load(id) {
    const part = id.startsWith('\0') ? DURABLE_PARTS[id.slice(1)] : undefined;
    const path: unknown = this.getModuleInfo(id)?.meta?.['path'];
    return part === undefined ? null : part.code(JSON.stringify(path));
  },
};

if (import.meta.main) {
  const out = 'dist/functions';
  const { chunks, bytes } = await bundleApp('functions/main.ts', out);
  console.log(`built ${out}: ${chunks} chunks, ${(bytes / 1e6).toFixed(1)} MB`);
}
