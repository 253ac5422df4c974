/** The Bicep compiler: where it is, and what it makes of `infra/`. */
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join, resolve } from 'node:path';

const root = resolve(import.meta.dirname, '../..');
/** Folder of the templates. */
export const infraFolder = join(root, 'infra');
/** Parameter files: the stages, the profile to try it out, and all options at once, as an owner and as delivery deploys them. */
export const parameterFiles = ['dev', 'test', 'prod', 'minimal', 'options', 'delivered'] as const;
/** The compiled template. */
export const compiledFile = join(infraFolder, 'main.json');

/** What a snapshot is predicted for; any would do. */
const TARGET = [
  '--subscription-id',
  '00000000-0000-0000-0000-000000000001',
  '--tenant-id',
  '00000000-0000-0000-0000-000000000002',
  '--location',
  'westeurope',
  '--deployment-name',
  'whence',
];

/**
 * What the parameter files read of the environment, for snapshots: made up, and the same on every machine.
 *
 * @param stage - name of a parameter file
 */
export function exampleVariables(stage: string): Readonly<Record<string, string>> {
  const environment = `repo:example/whence:environment:${stage}`;
  return {
    WHENCE_API_CLIENT_ID: '00000000-0000-0000-0000-000000000000',
    WHENCE_CLI_CLIENT_ID: '00000000-0000-0000-0000-000000000000',
    WHENCE_CALLERS_GROUP: '00000000-0000-0000-0000-000000000000',
    WHENCE_INFRA_SUBJECT: `${environment}-infra`,
    WHENCE_APP_SUBJECT: environment,
    WHENCE_PLAN_SUBJECT: `${environment}-plan`,
  };
}

/** What a run of the compiler came to. */
export interface BicepResult {
  readonly status: number | null;
  readonly stdout: string;
  /** Errors, warnings and findings of the linter. */
  readonly stderr: string;
}

/** @returns path of a compiler: that of `infra/tools`, one on PATH, or that of `az` or `azd`; undefined: there is none */
export function findBicep(): string | undefined {
  const packaged = join(root, '.tools/nuget/azure.bicep.commandline.linux-x64/0.49.2/tools/bicep');
  const others = ['.azure/bin/bicep', '.azd/bin/bicep'].map((path) => join(homedir(), path));
  const there = [packaged, ...others].find((path) => existsSync(path));
  if (there !== undefined) return there;
  return spawnSync('bicep', ['--version']).status === 0 ? 'bicep' : undefined;
}

/** @returns a compiled template on `stdout`, ours unless another file is named */
export function compile(bicep: string, file = join(infraFolder, 'main.bicep')): BicepResult {
  return run(bicep, ['build', file, '--no-restore', '--stdout']);
}

/** Compares a snapshot with what the sources predict, or writes it. */
export function snapshot(bicep: string, stage: string, mode: 'validate' | 'overwrite'): BicepResult {
  return run(
    bicep,
    ['snapshot', join(infraFolder, `${stage}.bicepparam`), '--mode', mode, ...TARGET],
    exampleVariables(stage),
  );
}

/** @returns parameters with all options, as the identity `infra` deploys them: the same but for who deploys */
export function deliveredParameters(): string {
  return readFileSync(join(infraFolder, 'options.bicepparam'), 'utf8')
    .replace(
      /^\/\/ .*$/m,
      '// Made of `options.bicepparam` by `node scripts/infra/bicep.ts`: the same, as the identity `infra` deploys it.',
    )
    .replace("deployedBy = 'owner'", "deployedBy = 'delivery'");
}

function run(bicep: string, args: readonly string[], variables: Readonly<Record<string, string>> = {}): BicepResult {
  // An azd environment of whoever runs this is not what the stages are.
  const own = Object.entries(process.env).filter(([name]) => !/^(?:AZURE|WHENCE)_/.test(name));
  const { status, stdout, stderr } = spawnSync(bicep, args, {
    encoding: 'utf8',
    maxBuffer: 50_000_000,
    env: { ...Object.fromEntries(own), ...variables, DOTNET_SYSTEM_GLOBALIZATION_INVARIANT: '1' },
  });
  return { status, stdout, stderr };
}

if (import.meta.main) {
  const bicep = findBicep();
  if (bicep === undefined) {
    console.error(
      'There is no Bicep compiler. `dotnet restore infra/tools/bicep.csproj --packages .tools/nuget` brings one; `az bicep install` too.',
    );
    process.exitCode = 1;
  } else {
    const { status, stdout, stderr } = compile(bicep);
    process.stderr.write(stderr);
    if (status === 0) writeFileSync(compiledFile, stdout);
    writeFileSync(join(infraFolder, 'delivered.bicepparam'), deliveredParameters());
    for (const stage of parameterFiles) process.stderr.write(snapshot(bicep, stage, 'overwrite').stderr);
    process.exitCode = status === 0 ? 0 : 1;
    console.log(
      `Wrote ${compiledFile} (${readFileSync(compiledFile).length} bytes) and ${parameterFiles.length} snapshots.`,
    );
  }
}
