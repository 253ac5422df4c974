/**
 * Entry of every npm script: `npm run demo`, `npm test`, … work from a fresh clone on any Node from 18 on. It installs
 * what is missing, finds (or fetches) the Node 24 that the project pins, and runs the task's steps with it, one after
 * another. Plain JavaScript without dependencies, since it runs before there are any.
 */
import { spawn, spawnSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const modules = join(root, 'node_modules');
const isWindows = process.platform === 'win32';

/** The oldest Node that has all we use: `tls.setDefaultCACertificates` came with it. @source nodejs.org/api/tls.html */
const NEEDED = { major: 24, minor: 5 };
/** A second signal of the same kind is passed on only after this: npm and the terminal may both send the first. */
const SAME_SIGNAL_MS = 2_000;
const NO_SUCH_TASK = 1;
/** What `whence local up` asks for. It runs from the packages that are there, so none are installed under its feet. */
const BUILD_IF_STALE = 'build-if-stale';
const signalNumbers = { SIGHUP: 1, SIGINT: 2, SIGTERM: 15 };

/** A step: what Node is given to run. Looked up when it runs, since packages may not be there before. */
const build = { title: 'build', command: () => ['scripts/build.ts'] };
const gates = [
  { title: 'types', command: () => [bin('typescript', 'tsc'), '-p', '.'] },
  { title: 'lint', command: () => [bin('oxlint', 'oxlint')] },
  { title: 'format', command: () => [bin('oxfmt', 'oxfmt'), '--check', '.'] },
  { title: 'dead code', command: () => [bin('knip', 'knip')] },
  build,
];

/** Task name → what it does with the arguments that follow `--`. @type {Record<string, (args: string[]) => Promise<number>>} */
const tasks = {
  build: () => step(build),
  [BUILD_IF_STALE]: () => buildIfStale(),
  check: async () => ((await runGates()).failed === 0 ? 0 : 1),
  format: (args) =>
    step({ title: 'format', command: () => [bin('oxfmt', 'oxfmt'), ...(args.length === 0 ? ['.'] : args)] }),
  bench: async (args) => (await buildIfStale()) || step({ title: 'bench', command: () => ['bench/run.ts', ...args] }),
  azd: async (args) =>
    (args[0] === 'predeploy' ? await step(build) : 0) || step({ command: () => ['scripts/azd/hook.ts', ...args] }),
  package: async () => (await step(build)) || step({ title: 'package', command: () => ['scripts/package.ts'] }),
  demo: async (args) => (await buildIfStale()) || step({ command: () => ['cli/whence.mjs', 'local', 'demo', ...args] }),
  test,
};

let node = process.execPath;
process.exitCode = await main(process.argv.slice(2));

/** @param {string[]} argv @returns {Promise<number>} exit code */
async function main([name = '', ...args]) {
  const task = Object.hasOwn(tasks, name) ? tasks[name] : undefined;
  if (task === undefined) {
    console.error(`run: there is no task "${name}". Tasks: ${Object.keys(tasks).join(', ')}.`);
    return NO_SUCH_TASK;
  }
  process.chdir(root);
  const installed = name === BUILD_IF_STALE || isInstalled() ? 0 : await install();
  if (installed !== 0) return installed;
  const found = isNewEnough(process.versions.node) ? process.execPath : (findNode() ?? (await fetchNode()));
  if (found === undefined) {
    console.error(
      `run: Node ${NEEDED.major}.${NEEDED.minor} or newer is needed, and the npm package "node" could not be set up. Install Node ${NEEDED.major} from https://nodejs.org and try again.`,
    );
    return 1;
  }
  node = found;
  return task(args);
}

/** Every gate, then the tests. Where a gate fails the tests are not run, and the last line counts the gates. */
async function test(/** @type {string[]} */ args) {
  const { failed, passed } = await runGates();
  if (failed > 0) {
    console.log(`\nThe tests were not run, since a gate before them failed.\n${passed} passed, ${failed} failed`);
    return 1;
  }
  return step({ title: 'tests', command: () => [bin('vitest', 'vitest'), 'run', ...args] });
}

async function runGates() {
  const results = [];
  for (const gate of gates) {
    const startedMs = Date.now();
    const code = await step(gate);
    results.push({ title: gate.title, code, seconds: ((Date.now() - startedMs) / 1_000).toFixed(1) });
    if (code > 128) process.exit(code);
  }
  console.log('\nGates');
  for (const { title, code, seconds } of results)
    console.log(`  ${code === 0 ? 'passed' : 'FAILED'}  ${title} (${seconds} s)`);
  const failed = results.filter(({ code }) => code !== 0).length;
  return { failed, passed: results.length - failed };
}

/** Runs one step with Node 24. A headline is printed where it has a title, on stderr: stdout is the step's. @returns {Promise<number>} exit code */
function step(/** @type {{ title?: string, command: () => string[] }} */ { title, command }, stdio = 'inherit') {
  if (title !== undefined) console.error(`\n── ${title} ${'─'.repeat(Math.max(0, 74 - title.length))}`);
  return run(node, command(), { stdio });
}

/** The bundle is stale if any of its sources is newer. What its build says is not what was asked for, so it goes to stderr. */
function buildIfStale() {
  const bundle = join(root, 'dist', 'functions', 'main.js');
  const sources = ['functions', 'shared', 'scripts/build.ts', 'package-lock.json'];
  const builtMs = existsSync(bundle) ? statSync(bundle).mtimeMs : 0;
  if (!sources.some((source) => newestMs(join(root, source)) > builtMs)) return Promise.resolve(0);
  console.error(builtMs === 0 ? 'The function app is not built yet.' : 'The function app is older than its sources.');
  return step(build, ['inherit', process.stderr, 'inherit']);
}

/** @returns {number} when the newest file at or below a path was changed */
function newestMs(/** @type {string} */ path) {
  const stats = statSync(path);
  if (!stats.isDirectory()) return stats.mtimeMs;
  return readdirSync(path).reduce((newest, name) => Math.max(newest, newestMs(join(path, name))), stats.mtimeMs);
}

/** @returns {string} the script behind a package's command */
function bin(/** @type {string} */ name, /** @type {string} */ command) {
  const { bin: scripts } = readJson(join(modules, name, 'package.json'));
  return join(modules, name, typeof scripts === 'string' ? scripts : scripts[command]);
}

/** Whether node_modules holds what package-lock.json names; what is optional may be missing. */
function isInstalled() {
  const hidden = join(modules, '.package-lock.json');
  if (!existsSync(hidden)) return false;
  const there = readJson(hidden).packages;
  return Object.entries(readJson(join(root, 'package-lock.json')).packages).every(([path, wanted]) => {
    if (path === '' || (there[path] === undefined && (wanted.optional || wanted.devOptional))) return true;
    return there[path]?.version === wanted.version && there[path]?.integrity === wanted.integrity;
  });
}

async function install() {
  console.error('Installing packages (npm ci); the first time this takes a minute or two …');
  const startedMs = Date.now();
  const code = await npm(['ci', '--include=dev', '--no-audit', '--no-fund', '--loglevel=error']);
  if (code === 0) console.error(`Installed in ${Math.round((Date.now() - startedMs) / 1_000)} s.\n`);
  else console.error('run: npm ci failed; see above. It needs the npm registry.');
  return code;
}

/** npm as it was called, or the one in PATH. */
function npm(/** @type {string[]} */ args) {
  const script = process.env.npm_execpath;
  const stdio = ['inherit', process.stderr, 'inherit'];
  if (script !== undefined && /npm-cli\.c?js$/.test(script)) return run(process.execPath, [script, ...args], { stdio });
  return run(isWindows ? 'npm.cmd' : 'npm', args, { shell: isWindows, stdio });
}

/** @returns {string | undefined} the Node that the npm package `node` brought, if it runs */
function findNode() {
  const folder = join(modules, 'node', 'bin');
  return [join(folder, 'node.exe'), join(folder, 'node')].find((path) => {
    if (!existsSync(path)) return false;
    const { status, stdout } = spawnSync(path, ['--version'], { encoding: 'utf8' });
    return status === 0 && isNewEnough(stdout.trim().slice(1));
  });
}

/** Does what the package's install script does, since npm may have refused to run it. */
async function fetchNode() {
  const folder = join(modules, 'node');
  if (!existsSync(join(folder, 'installArchSpecificPackage.js'))) return undefined;
  console.error(`This is Node ${process.versions.node}; fetching the pinned Node ${NEEDED.major} …`);
  await run(process.execPath, ['installArchSpecificPackage.js'], {
    cwd: folder,
    stdio: ['inherit', process.stderr, 'inherit'],
  });
  return findNode();
}

function isNewEnough(/** @type {string} */ version) {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  return major > NEEDED.major || (major === NEEDED.major && minor >= NEEDED.minor);
}

function readJson(/** @type {string} */ path) {
  return JSON.parse(readFileSync(path, 'utf8'));
}

/**
 * Runs a program with our terminal. Signals are passed on, except a Ctrl-C in a terminal, which it gets by itself.
 * @returns {Promise<number>} its exit code; 128 + n where signal n ended it
 */
function run(/** @type {string} */ program, /** @type {string[]} */ args, options = {}) {
  const path = `${dirname(node)}${isWindows ? ';' : ':'}${process.env.PATH ?? ''}`;
  const child = spawn(program, args, { stdio: 'inherit', env: { ...process.env, PATH: path }, ...options });
  const lastMs = {};
  const pass = (/** @type {string} */ signal) => {
    const nowMs = Date.now();
    const isFromTerminal = signal === 'SIGINT' && process.stdin.isTTY;
    if (!isFromTerminal && nowMs - (lastMs[signal] ?? 0) > SAME_SIGNAL_MS) child.kill(signal);
    lastMs[signal] = nowMs;
  };
  for (const signal of Object.keys(signalNumbers)) process.on(signal, pass);
  return new Promise((resolve) => {
    const end = (/** @type {number} */ code) => {
      for (const signal of Object.keys(signalNumbers)) process.off(signal, pass);
      resolve(code);
    };
    child.on('error', (error) => {
      console.error(`run: ${program} could not be started: ${error.message}`);
      end(1);
    });
    child.on('exit', (code, signal) => end(code ?? 128 + (signalNumbers[signal] ?? 9)));
  });
}
