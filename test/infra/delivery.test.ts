/** The workflows of GitHub and the pipelines of Azure DevOps, parsed and held to rules. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';

const root = join(import.meta.dirname, '../..');
const github = readdirSync(join(root, '.github/workflows')).map((name) => `.github/workflows/${name}`);
const azure = readdirSync(join(root, '.azuredevops')).map((name) => `.azuredevops/${name}`);
const textOf = (file: string): string => readFileSync(join(root, file), 'utf8');

interface Step {
  readonly name?: string;
  readonly uses?: string;
  readonly run?: string;
  readonly shell?: string;
  readonly with?: Readonly<Record<string, unknown>>;
}
interface Job {
  readonly environment?: string;
  readonly permissions?: Readonly<Record<string, string>>;
  readonly concurrency?: unknown;
  readonly uses?: string;
  readonly needs?: unknown;
  readonly with?: Readonly<Record<string, string>>;
  readonly 'timeout-minutes'?: number;
  readonly steps?: readonly Step[];
}
interface Workflow {
  readonly permissions: unknown;
  readonly defaults?: { readonly run?: { readonly shell?: string } };
  readonly concurrency?: unknown;
  readonly jobs: Readonly<Record<string, Job>>;
}
const workflow = (file: string): Workflow => parse(textOf(file)) as Workflow;
const jobs = github.flatMap((file) =>
  Object.entries(workflow(file).jobs).map(([name, job]) => [`${file}: ${name}`, job] as const),
);

describe.each(github)('%s', (file) => {
  const text = textOf(file);

  test('gives no permission that a job does not ask for', () => expect(workflow(file).permissions).toEqual({}));

  test('pins every action to a commit, with the version beside it', () => {
    for (const [, used = ''] of text.matchAll(/uses: (.+)$/gm))
      expect(used).toMatch(/^\.\/|^[\w-]+\/[\w-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+$/);
  });

  test('has no secret, and puts nothing of an event into a command', () => {
    expect(text).not.toMatch(/secrets\.|pull_request_target|creds:|client-secret/);
    const commands = Object.values(workflow(file).jobs).flatMap(({ steps = [] }) => steps.map(({ run = '' }) => run));
    for (const command of commands) expect(command).not.toContain('${{');
  });

  test('leaves no credentials in the work tree', () => {
    const checkouts = Object.values(workflow(file).jobs)
      .flatMap(({ steps = [] }) => steps)
      .filter(({ uses = '' }) => uses.startsWith('actions/checkout@'));
    for (const step of checkouts) expect(step.with?.['persist-credentials']).toBe(false);
  });

  test('runs one at a time, or says of each job that it does', () => {
    const { concurrency, jobs: all } = workflow(file);
    for (const job of Object.values(all)) expect(concurrency ?? job.concurrency).toBeDefined();
  });
});

test.each(jobs.filter(([, { steps }]) => steps?.some(({ uses = '' }) => uses.startsWith('azure/login@'))))(
  '%s logs in by OIDC, in an environment that the identity is bound to',
  (_name, job) => {
    expect(job.environment).toMatch(/^\$\{\{ (inputs|matrix)\.stage \}\}(-infra|-plan)?$/);
    expect(job.permissions?.['id-token']).toBe('write');
  },
);

test.each(jobs.filter(([, { steps }]) => steps !== undefined))('%s ends some time', (_name, job) => {
  expect(job['timeout-minutes']).toBeGreaterThan(0);
});

/** Whether a command before a pipe could fail and nobody would know. `echo` does not fail; `grep` may find nothing. */
function mayHide(command: string): boolean {
  const bare = command.replaceAll(/'[^']*'/g, '').replaceAll(/^\s*(?:echo "[^"]*" \||for \w+ in \$\(.*?\))/gm, '');
  return / \| /.test(bare);
}

test.each(github)('%s stops where a command before a pipe fails', (file) => {
  const { defaults, jobs: all } = workflow(file);
  for (const { steps = [] } of Object.values(all))
    for (const { run = '', shell = defaults?.run?.shell } of steps) {
      // Without `shell: bash` GitHub runs `bash -e`, with it `bash -eo pipefail`.
      if (mayHide(run)) expect(shell, run).toBe('bash');
      // What fails within the words of echo is never seen.
      expect(run).not.toMatch(/echo .*\$\(/);
    }
});

test('who may attest runs nothing but steps that are named, and no code of the repository or of a package', () => {
  const may = jobs.filter(([, { permissions }]) => permissions?.['attestations'] === 'write');
  expect(may.map(([name]) => name)).toEqual(['.github/workflows/deliver.yml: attest']);
  for (const [, { steps = [], permissions }] of may) {
    expect(permissions).toEqual({ 'id-token': 'write', attestations: 'write' });
    expect(steps.map(({ uses, name }) => uses?.replace(/@.*/, '') ?? name)).toEqual([
      'actions/download-artifact',
      'The bytes are those that were built, and those that were tested',
      'actions/attest-build-provenance',
    ]);
    for (const { run } of steps)
      for (const line of run?.trim().split('\n') ?? []) expect(line).toMatch(/^(?:test|echo) /);
  }
});

test('tests run without a right, and so does the build, which runs no script of a package', () => {
  const { check, build, attest } = workflow('.github/workflows/deliver.yml').jobs;
  for (const job of [check, build]) expect(job?.permissions).toEqual({ contents: 'read' });
  const commands = (job: Job | undefined): string => (job?.steps ?? []).map(({ run = '' }) => run).join('\n');
  expect(commands(check)).toMatch(/^npm test$/m);
  expect(commands(build)).toMatch(/^npm ci --ignore-scripts\nnpm run package$/m);
  expect(commands(build)).not.toContain('npm test');
  expect(attest?.needs).toEqual(['check', 'build']);
  expect(commands(attest)).toMatch(/^test "\$BUILT" = "\$TESTED"$/m);
});

test('GitHub builds once: deployments get the digest, check it and the attestation, and build nothing', () => {
  const { jobs: all } = workflow('.github/workflows/deliver.yml');
  for (const stage of ['dev', 'test', 'prod'])
    expect(all[stage]?.with).toEqual({ stage, sha256: '${{ needs.attest.outputs.sha256 }}' });
  expect([all['test']?.needs, all['prod']?.needs]).toEqual([
    ['attest', 'dev'],
    ['attest', 'test'],
  ]);
  const deploy = textOf('.github/workflows/deploy.yml');
  expect(deploy).toMatch(/sha256sum --check\n\s+gh attestation verify/);
  expect(deploy).not.toMatch(/npm (run|ci|install)/);
});

test('the identity that plans is never used to deploy, and the one of the app never for infrastructure', () => {
  const deploying = (text: string): boolean => /deployment sub create|config-zip/.test(text);
  for (const file of ['.github/workflows/plan.yml', '.github/workflows/drift.yml', '.azuredevops/drift.yml'])
    expect(deploying(textOf(file))).toBe(false);
  const { infra, app } = workflow('.github/workflows/deploy.yml').jobs;
  expect([infra?.environment, app?.environment]).toEqual(['${{ inputs.stage }}-infra', '${{ inputs.stage }}']);
  expect(JSON.stringify(app)).not.toContain('deployment sub');
});

const inline = (text: string): readonly string[] => text.match(/az deployment sub [^\n]+/g) ?? [];
test.each([...github, ...azure])('%s deploys as what `infra` is, and asks as one who may only read', (file) => {
  const text = textOf(file);
  const creates = inline(text).filter((command) => command.includes('sub create'));
  const asks = inline(text).filter((command) => command.includes('sub what-if'));
  expect(text.includes('WHENCE_DEPLOYED_BY: delivery')).toBe(creates.length > 0);
  for (const command of asks) expect(command).toContain(' --validation-level ProviderNoRbac ');
  expect(asks.length > 0).toBe(/plan|drift/.test(file));
});

describe('Azure DevOps', () => {
  test('has no secret', () => {
    for (const file of azure) expect(textOf(file)).not.toMatch(/password|secret|connectionString|\bkey:/i);
  });

  test('does the same as GitHub: one build, three stages in order, two environments each', () => {
    const deliver = parse(textOf('.azuredevops/deliver.yml')) as {
      stages: { stage?: string; template?: string; parameters?: { stage: string; after: string } }[];
    };
    expect(
      deliver.stages.map(({ stage, parameters }) => stage ?? `${parameters?.after} → ${parameters?.stage}`),
    ).toEqual(['build', 'build → dev', 'dev → test', 'test → prod']);
    const deploy = textOf('.azuredevops/deploy.yml');
    expect(deploy).toContain('sha256sum --check');
    expect([...deploy.matchAll(/environment: (.+)$/gm)].map(([, name]) => name)).toEqual([
      '${{ parameters.stage }}-infra',
      '${{ parameters.stage }}',
    ]);
  });

  test('tests, builds and compares as GitHub does', () => {
    const text = textOf('.azuredevops/deliver.yml');
    const { stages } = parse(text) as {
      stages: { jobs?: { job: string; dependsOn?: string[]; steps: { script?: string }[] }[] }[];
    };
    const built = stages[0]?.jobs ?? [];
    expect(built.map(({ job }) => job)).toEqual(['check', 'build', 'compare']);
    const commands = built.map(({ steps }) => steps.map(({ script = '' }) => script).join('\n'));
    expect(commands[0]).toMatch(/^npm test$/m);
    expect(commands[1]).toMatch(/^npm ci --ignore-scripts$/m);
    expect(commands[1]).not.toContain('npm test');
    expect(built[2]?.dependsOn).toEqual(['check', 'build']);
    expect(commands[2]).toMatch(/^test "\$BUILT" = "\$TESTED"$/m);
  });

  test('stops where a command fails: there, no shell does so by itself', () => {
    for (const file of azure) {
      const text = textOf(file);
      for (const [, first] of text.matchAll(/(?:script|inlineScript): \|\n\s+(.+)$/gm))
        expect(first, file).toBe('set -euo pipefail');
      expect(text).not.toMatch(/echo .*\$\(\w+ .*\)/);
      for (const [, command = ''] of text.matchAll(/(?:script|inlineScript): (?!\|)(.+)$/gm))
        expect(mayHide(command), command).toBe(false);
    }
  });

  test('publishes as GitHub does: the same commands in the same order, in the environment of a stage', () => {
    const commandsOf = (file: string): readonly (string | undefined)[] => [
      ...(textOf(file).match(/npm ci .+$|node whence.+$/gm) ?? []),
    ];
    const text = textOf('.azuredevops/publish-pipeline.yml');
    expect(commandsOf('.azuredevops/publish-pipeline.yml')).toEqual(
      commandsOf('.github/workflows/publish-pipeline.yml'),
    );
    expect(text).toContain('environment: ${{ parameters.stage }}\n');
    expect(text).toContain('timeoutInMinutes: 30');
    // Its tokens name no commit: asking for one would only be refused.
    expect(text).not.toContain('WHENCE_CI_AUDIENCE');
    expect(text).toContain('`claimed`');
  });

  test('puts no parameter into a command', () => {
    for (const file of azure)
      parse(textOf(file), (key, value: unknown) => {
        if (key === 'script' || key === 'inlineScript') expect(value).not.toContain('${{');
        return value;
      });
  });

  test('leaves no credentials in the work tree', () => {
    for (const file of azure)
      for (const [, after = ''] of textOf(file).matchAll(/checkout: (?!none)\w+\n\s+(.+)$/gm))
        expect(after).toBe('persistCredentials: false');
  });
});

test('subjects of the identities name the environments of the workflows', () => {
  for (const stage of ['dev', 'test', 'prod']) {
    const parameters = textOf(`infra/${stage}.bicepparam`);
    for (const environment of [`${stage}-infra`, stage, `${stage}-plan`])
      expect(parameters).toContain(`:environment:${environment}'`);
  }
});
