#!/usr/bin/env node
// Entry of the `whence` command. Runs cli/main.ts with Node 24.5 or newer, which strips its types and can trust a
// certificate of its own.
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const main = join(root, 'cli', 'main.ts');
/** A second signal of the same kind is passed on only after this, as in scripts/run.mjs: a group gets it at once. */
const SAME_SIGNAL_MS = 2_000;
const signalNumbers = { SIGHUP: 1, SIGINT: 2, SIGTERM: 15 };

const [major, minor] = process.versions.node.split('.').map(Number);
if (major > 24 || (major === 24 && minor >= 5)) await runHere();
else runWith(findNode());

async function runHere() {
  try {
    await import(pathToFileURL(main).href);
  } catch (error) {
    if (error?.code !== 'ERR_MODULE_NOT_FOUND' || !/Cannot find package/.test(error.message)) throw error;
    sayWhatIsMissing('Its packages are not installed');
  }
}

function findNode() {
  const folder = join(root, 'node_modules', 'node', 'bin');
  return [join(folder, 'node'), join(folder, 'node.exe')].find(existsSync);
}

function runWith(node) {
  if (node === undefined) return sayWhatIsMissing('It needs Node 24, and node_modules/node is not there');
  const child = spawn(node, [main, ...process.argv.slice(2)], { stdio: 'inherit' });
  const lastMs = {};
  for (const signal of Object.keys(signalNumbers))
    process.on(signal, () => {
      const nowMs = Date.now();
      const isFromTerminal = signal === 'SIGINT' && process.stdin.isTTY;
      if (!isFromTerminal && nowMs - (lastMs[signal] ?? 0) > SAME_SIGNAL_MS) child.kill(signal);
      lastMs[signal] = nowMs;
    });
  child.on('exit', (code, signal) => process.exit(code ?? 128 + (signalNumbers[signal] ?? 9)));
}

function sayWhatIsMissing(what) {
  const message = `${what}.`;
  const fix = `Run \`npm run build\` in ${root}: it installs what is missing, and builds the app.`;
  const json = { error: { code: 'cli.not-installed', message, fix, exitCode: 1 } };
  console.error(process.argv.includes('--json') ? JSON.stringify(json) : `whence: ${message}\n        ${fix}`);
  process.exitCode = 1;
}
