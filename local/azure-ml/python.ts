/** The Python of this machine: found on PATH or named in the settings, never guessed, and asked for what it has. */
import { spawnSync } from 'node:child_process';
import { chmodSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { parse } from 'yaml';
import { z } from 'zod';

import { sha256 } from '#shared/domain/digest.ts';

import { invalid } from './arm-error.ts';
import type { LaptopEnvironment } from './environment.ts';

/** Longest answer of a Python that is asked for its packages. */
const ASK_MS = 20_000;

/** Prints what a Python is and the versions of its packages. */
const ASK = `import sys, json, importlib.metadata as m
print(json.dumps({"version": "%d.%d.%d" % sys.version_info[:3], "executable": sys.executable, "packages": {(d.metadata["Name"] or "").lower().replace("_", "-"): d.version for d in m.distributions()}}))`;

const answer = z.object({
  version: z.string(),
  executable: z.string(),
  packages: z.record(z.string(), z.string()),
});
type Python = z.output<typeof answer>;

const conda = z.looseObject({
  dependencies: z.array(z.union([z.string(), z.looseObject({ pip: z.array(z.string()).nullish() })])).nullish(),
});

/** A package that an environment asks for; `exact` only where it names one version. */
interface Requirement {
  readonly name: string;
  readonly exact?: string;
}

/** Packages of conda that are no packages of Python, and those whose work is done here by the stand-in itself. */
const notAsked = new Set([
  'pip',
  'setuptools',
  'wheel',
  // Teaches mlflow the addresses of the workspace's tracking server; ours has a plain one.
  'azureml-mlflow',
  // Serves score.py; `python-server/serve.py` does.
  'azureml-inference-server-http',
  'azureml-defaults',
]);

/** Makes environments of the machine's Python. */
export class PythonFinder {
  readonly #folder: string;
  readonly #interpreter: string;
  #python: Python | undefined;

  /**
   * @param folder - for the commands `python` and `python3`
   * @param interpreter - a path, or a name on PATH
   */
  constructor(folder: string, interpreter = 'python3') {
    this.#folder = folder;
    this.#interpreter = interpreter;
  }

  /**
   * @param condaFile - text of the environment's conda file; undefined: it asks for nothing
   * @throws {ArmError} there is no Python, or it lacks what the environment asks for: all of it is named
   */
  environment(condaFile: string | undefined): LaptopEnvironment {
    const python = this.#ask();
    const missing = condaFile === undefined ? [] : lacking(requirements(condaFile), python);
    if (missing.length > 0) {
      throw invalid(
        `The Python of this machine (${python.executable}, ${python.version}) lacks ${missing.join(', ')}. Install it there, or name another interpreter for the environment under "Environments" in local.settings.json.`,
      );
    }
    return { pathEntries: [commandsFor(this.#folder, python.executable)], python: python.executable };
  }

  #ask(): Python {
    if (this.#python !== undefined) return this.#python;
    const { status, stdout, stderr, error } = spawnSync(this.#interpreter, ['-c', ASK], {
      encoding: 'utf8',
      timeout: ASK_MS,
    });
    if (status !== 0) {
      throw invalid(
        `There is no Python to run this with: ${this.#interpreter} ${error === undefined ? stderr.trim() : 'is not on PATH'}. Install Python 3, or name an interpreter for the environment under "Environments" in local.settings.json.`,
      );
    }
    this.#python = answer.parse(JSON.parse(stdout));
    return this.#python;
  }
}

/** @returns a folder in which `python` and `python3` are an interpreter, as in Azure ML's images */
export function commandsFor(folder: string, interpreter: string): string {
  const bin = join(folder, sha256(interpreter).slice(0, 12));
  mkdirSync(bin, { recursive: true, mode: 0o700 });
  for (const name of ['python', 'python3']) {
    // A script and no link: an interpreter finds its packages beside the path it was started by.
    writeFileSync(join(bin, name), `#!/bin/sh\nexec '${interpreter.replaceAll("'", String.raw`'\''`)}' "$@"\n`);
    chmodSync(join(bin, name), 0o700);
  }
  return bin;
}

/** What a conda file asks for. @throws {ArmError} it is none */
export function requirements(condaFile: string): readonly Requirement[] {
  const read = conda.safeParse(parse(condaFile));
  if (!read.success) throw invalid('The conda file of the environment is no conda file.');
  const listed = (read.data.dependencies ?? []).flatMap((one) => (typeof one === 'string' ? [one] : (one.pip ?? [])));
  return listed.flatMap((text) => {
    const [, name = '', exact] =
      /^(?:[\w.-]+::)?([A-Za-z0-9][\w.-]*)(?:\[[^\]]*\])?\s*(?:={1,2}\s*([\w.+!-]+?)(?:=[\w.]+)?$)?/.exec(
        text.trim(),
      ) ?? [];
    const plain = name.toLowerCase().replaceAll('_', '-');
    if (plain === '' || notAsked.has(plain)) return [];
    return [{ name: plain, ...(exact === undefined ? {} : { exact }) }];
  });
}

/** Asked for what is not there, in words. */
function lacking(asked: readonly Requirement[], { version, packages }: Python): readonly string[] {
  return asked.flatMap(({ name, exact }) => {
    const found = name === 'python' ? version : packages[name];
    if (found === undefined) return [exact === undefined ? name : `${name} ${exact}`];
    // A version that is a beginning, as in python=3.11, is kept by every one that begins so.
    const isKept = exact === undefined || found === exact || found.startsWith(`${exact}.`);
    return isKept ? [] : [`${name} ${exact} (it has ${found})`];
  });
}
