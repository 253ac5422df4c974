#!/usr/bin/env node
// Entry of the `whence` command. Runs cli/main.ts with Node 24.5 or newer, which strips its types and can trust a
// certificate of its own.
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const main = join(root, 'cli', 'main.ts');

const [major, minor] = process.versions.node.split('.').map(Number);
if (major > 24 || (major === 24 && minor >= 5)) {
  await import(main);
} else {
  const node = [
    join(root, 'node_modules', 'node', 'bin', 'node'),
    join(root, 'node_modules', 'node', 'bin', 'node.exe'),
  ].find(existsSync);
  if (node === undefined) {
    console.error('whence: Node 24 is needed, and node_modules/node is not there. Run `npm ci` in the Whence folder.');
    process.exit(1);
  }
  const child = spawn(node, [main, ...process.argv.slice(2)], { stdio: 'inherit' });
  for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => child.kill(signal));
  child.on('exit', (code, signal) => process.exit(signal === null ? (code ?? 2) : 130));
}
