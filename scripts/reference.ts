/**
 * Writes the reference that is made from the code: the OpenAPI document, the schema of `pipeline.yaml`, the settings and
 * their sample, the error codes, what telemetry says. `node scripts/reference.ts` writes the files; a test compares them.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { z } from 'zod';

import type { Command } from 'commander';

import { createProgram } from '#cli/program.ts';
import { openApiDocument } from '#functions/api/openapi.ts';
import { routeContracts } from '#functions/api/routes.ts';
import { hostSettings, settings, type Setting } from '#shared/config/settings.ts';
import { pipelineYaml } from '#shared/contracts/pipeline-definition.ts';
import { laterPipelineKeys } from '#shared/domain/pipeline/pipeline-yaml.ts';
import { errorCatalogue } from '#shared/errors/catalogue.ts';
import { logEvents } from '#shared/telemetry/log-events.ts';
import { metrics } from '#shared/telemetry/metrics.ts';

const root = join(import.meta.dirname, '..');

/** @returns the generated files: text by path from the root of the repository */
export function reference(): Readonly<Record<string, string>> {
  return {
    'docs/openapi.json': json(openApiDocument(routeContracts)),
    'docs/schemas/pipeline.schema.json': json({
      ...z.toJSONSchema(pipelineYaml, { io: 'input', unrepresentable: 'any' }),
      title: 'Whence pipeline.yaml',
    }),
    'docs/configuration.md': configuration(settings),
    'docs/errors.md': errors(),
    'docs/cli.md': commandLine(),
    'docs/pipeline-keys.md': pipelineKeys(),
    'docs/telemetry.md': telemetry(),
    'local.settings.sample.json': json({ IsEncrypted: false, Values: sample(settings) }),
  };
}

function json(value: unknown): string {
  return `${JSON.stringify(value, undefined, 2)}\n`;
}

function sample(all: Record<string, Setting>): Record<string, string> {
  const values = Object.entries(all).flatMap(([name, { sample: value }]) =>
    value === undefined ? [] : [[name, value] as const],
  );
  return { FUNCTIONS_WORKER_RUNTIME: 'node', ...Object.fromEntries(values) };
}

function configuration(all: Record<string, Setting>): string {
  const rows = Object.entries(all).map(([name, { about, schema, localOnly }]) => {
    const fallback = schema.safeParse(undefined);
    const without = !fallback.success
      ? 'required'
      : fallback.data === undefined
        ? 'optional'
        : `\`${String(fallback.data)}\``;
    return `| \`${name}\` | ${about}${localOnly === true ? ' Only for a laptop: refused on Azure.' : ''} | ${without} |`;
  });
  return [
    '# Configuration',
    '',
    'Made by `node scripts/reference.ts` from `shared/config/settings.ts`; do not edit.',
    '',
    'All settings are app settings (environment variables). They are checked together when the app starts; one error',
    'names every setting that is wrong. On a laptop `whence local up` writes them all.',
    '',
    '| Setting | What it is | Without it |',
    '| --- | --- | --- |',
    ...rows,
    '',
    '## Of the Functions host, on Azure only',
    '',
    '`infra/main.bicep` sets them.',
    '',
    '| Setting | What it is |',
    '| --- | --- |',
    ...Object.entries(hostSettings).map(([name, about]) => `| \`${name}\` | ${about} |`),
    '',
  ].join('\n');
}

interface JsonSchema {
  readonly description?: string;
  readonly default?: unknown;
  readonly properties?: Readonly<Record<string, JsonSchema>>;
  readonly required?: readonly string[];
}

/** Every key of `pipeline.yaml`, and the ones that come later. */
function pipelineKeys(): string {
  const rows: string[] = [];
  const add = (schema: JsonSchema, path: string): void => {
    for (const [key, member] of Object.entries(schema.properties ?? {})) {
      const inside = path === '' ? key : `${path}.${key}`;
      const without =
        schema.required?.includes(key) === true
          ? 'required'
          : member.default === undefined
            ? 'optional'
            : `\`${String(member.default)}\``;
      rows.push(`| \`${inside}\` | ${member.description ?? ''} | ${without} |`);
      add(member, inside);
    }
  };
  add(z.toJSONSchema(pipelineYaml, { io: 'input', unrepresentable: 'any' }) as JsonSchema, '');
  return [
    '# Keys of `pipeline.yaml`',
    '',
    'Made by `node scripts/reference.ts` from the schema; do not edit. What they mean together: [pipeline.md](pipeline.md).',
    '',
    '| Key | What it is | Without it |',
    '| --- | --- | --- |',
    ...rows,
    '',
    '## Refused by name, until a release honours them',
    '',
    'Nothing that somebody wrote is ignored: a pipeline with `approval` must not be rolled out without one.',
    '',
    '| Key | What would come with it |',
    '| --- | --- |',
    ...Object.entries(laterPipelineKeys).map(([key, what]) => `| \`${key}\` | ${what} |`),
    '',
  ].join('\n');
}

/** The help of every command, as the program shows it. */
function commandLine(): string {
  const pages: string[] = [];
  const add = (command: Command, path: string): void => {
    let help = '';
    command.configureOutput({ writeOut: (text) => void (help += text), getOutHelpWidth: () => 100 }).outputHelp();
    pages.push(`## ${path}`, '', '```text', help.trimEnd(), '```', '');
    for (const child of command.commands) add(child, `${path} ${child.name()}`);
  };
  add(createProgram(), 'whence');
  return [
    '# The command line',
    '',
    'Made by `node scripts/reference.ts` from the program; do not edit.',
    '',
    'With `--json` a command prints one JSON document on standard output (`run watch` and `local demo` one a line) and',
    'nothing else; errors go to standard error, as JSON too.',
    '',
    ...pages,
  ].join('\n');
}

function errors(): string {
  const rows = Object.entries(errorCatalogue).map(
    ([code, { status, retry, summary, remedy }]) =>
      `| \`${code}\` | ${status} | ${retry} | ${cell(summary)} | ${cell(remedy)} |`,
  );
  return [
    '# Error codes',
    '',
    'Made by `node scripts/reference.ts` from `shared/errors/codes/`; do not edit.',
    '',
    'Codes are API: they do not change their meaning. `transient` errors are tried again; `terminal` ones need somebody.',
    '',
    '| Code | HTTP | Retry | What went wrong | What to do |',
    '| --- | --- | --- | --- | --- |',
    ...rows,
    '',
  ].join('\n');
}

/** Everything that the app says of itself, and what asks for it. */
function telemetry(): string {
  const folder = join(root, 'infra', 'modules', 'observability');
  const firstLines = (kind: string): string[] =>
    readdirSync(join(folder, kind))
      .toSorted()
      .map((file) => {
        const [line = ''] = readFileSync(join(folder, kind, file), 'utf8').split('\n');
        return `| [\`${file}\`](../infra/modules/observability/${kind}/${file}) | ${line.replace('// ', '')} |`;
      });
  return [
    '# Telemetry',
    '',
    'Made by `node scripts/reference.ts` from `shared/telemetry/` and the queries in `infra/`; do not edit.',
    '',
    'A run is one trace, from the first event about its data to traffic: an operation in Application Insights, with a',
    'dependency for each step attempt and activity. Its id follows from pipeline and generation, and is in the first event of',
    'the run. On a laptop everything is in `.whence/telemetry.jsonl`. A test runs pipelines, takes what Microsoft’s exporter',
    'sends, and holds every query below to it.',
    '',
    '## Metrics',
    '',
    'Rows of `AppMetrics`. What is measured at the end of a run is measured at least once.',
    '',
    '| Metric | Unit | What it is | By |',
    '| --- | --- | --- | --- |',
    ...Object.entries(metrics).map(
      ([name, { unit, about, by }]) => `| \`${name}\` | ${unit} | ${about} | ${by.join(', ')} |`,
    ),
    '',
    '## Log lines',
    '',
    'Rows of `AppTraces`, with ids and facts in `Properties`.',
    '',
    '| Event | Id | Severity | Message |',
    '| --- | --- | --- | --- |',
    ...Object.entries(logEvents).map(
      ([name, { id, severity, message }]) => `| \`${name}\` | ${id} | ${severity} | ${message} |`,
    ),
    '',
    '## Questions of the workbook',
    '',
    '| Query | Question |',
    '| --- | --- |',
    ...firstLines('questions'),
    '',
    '## Queries of alerts',
    '',
    'Each alert names its page in [runbooks](runbooks/failures.md).',
    '',
    '| Query | What it finds |',
    '| --- | --- |',
    ...firstLines('queries'),
    '',
  ].join('\n');
}

function cell(text: string): string {
  return text.replaceAll('|', String.raw`\|`);
}

if (import.meta.main) for (const [path, text] of Object.entries(reference())) await writeFile(join(root, path), text);
