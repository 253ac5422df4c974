/**
 * Bundles the function app into `dist/functions/`: one start chunk, and the SDKs in chunks of their own that are loaded
 * when first used. `@azure/functions-core` is supplied by the host; DuckDB has a native part and stays a package.
 */
import { rm } from 'node:fs/promises';

import { rolldown } from 'rolldown';

const out = 'dist/functions';

await rm(out, { recursive: true, force: true });
const bundle = await rolldown({
  input: { main: 'functions/main.ts' },
  platform: 'node',
  external: ['@azure/functions-core', /^@duckdb\//],
  transform: { target: 'node20' },
});
const { output } = await bundle.write({
  dir: out,
  format: 'esm',
  sourcemap: true,
  chunkFileNames: 'chunks/[name]-[hash].js',
});
const bytes = output.reduce((sum, chunk) => sum + ('code' in chunk ? chunk.code.length : 0), 0);
console.log(
  `built ${out}: ${output.filter((chunk) => chunk.type === 'chunk').length} chunks, ${(bytes / 1e6).toFixed(1)} MB`,
);
