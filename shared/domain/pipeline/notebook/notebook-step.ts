/** A step that is a notebook: the job that it becomes, and what may be wrong with it. */
import { z } from 'zod';

import { environmentUseOf } from '../../azure-ml/draft/environment-draft.ts';
import type { CommandJobDraft, EnvironmentUse } from '../../azure-ml/draft/drafts.ts';
import { isoDuration } from '../../azure-ml/draft/iso-duration.ts';
import { stripReference } from '../../azure-ml/draft/references.ts';
import { environmentUse } from '../../azure-ml/yaml/environment-yaml.ts';
import { nearestWord } from '../../yaml/nearest-word.ts';
import type { ProblemText } from '../../yaml/problem.ts';
import type { SourceDocument } from '../../yaml/source-document.ts';
import type { StepDefinition } from '../definition.ts';
import { durationMs, durationText } from '../duration.ts';
import type { FolderReader } from '../folder-reader.ts';
import { checkEnvironment, stepBindings, type JobStepName } from '../step-rules.ts';

import { declaredParameters, languageOf, readNotebook } from './notebook.ts';
import { PARAMETERS_VARIABLE, RUNNER, RUNNER_FILE, runnerPackages } from './runner.ts';

/** Output of a notebook step with the executed copy. */
const EXECUTED = 'notebook';

/** A step of `pipeline.yaml` that is a notebook. */
export const notebookStepYaml = z
  .strictObject({
    notebook: z
      .string()
      .min(1)
      .max(400)
      .refine((path) => path.endsWith('.ipynb'), { error: 'a path that ends in `.ipynb`' })
      .describe('Path of a Jupyter notebook (Python), relative to pipeline.yaml; its folder is the code of the job.'),
    environment: environmentUse.describe(`As in a command job; it needs ${runnerPackages.join(' and ')}.`),
    compute: z
      .string()
      .regex(/^azureml:[\w-]+$/, 'a compute as `azureml:<name>`')
      .describe('As in a command job; none: serverless.')
      .optional(),
    parameters: z
      .record(
        z.string().regex(/^[A-Za-z_]\w{0,99}$/, 'a name of a Python variable'),
        z.union([z.string(), z.number(), z.boolean()]),
      )
      .describe('Values of variables, set after the cell that is tagged `parameters`.')
      .optional(),
    timeout: durationText.describe('Longest time that it may take.').optional(),
  })
  .describe('A Jupyter notebook, run as a job; an executed copy is kept as its output `notebook`.');
/** See {@link notebookStepYaml}. */
type NotebookStepYaml = z.output<typeof notebookStepYaml>;

/**
 * @param yaml - the step as it stands in `pipeline.yaml`
 * @returns its job, or undefined after reported problems
 */
export function readNotebookStep(
  step: JobStepName,
  yaml: NotebookStepYaml,
  document: SourceDocument,
  reader: FolderReader,
): StepDefinition | undefined {
  const file = reader.file(yaml.notebook, document, [step, 'notebook']);
  const environment = environmentUseOf(yaml.environment, document, [step, 'environment'], reader);
  if (file === undefined || environment === undefined) return undefined;
  checkEnvironment(environment, document, [step, 'environment'], reader);
  checkPackages(environment, step, document, reader);
  checkNotebook(file, step, yaml, document, reader);

  const folder = yaml.notebook.includes('/') ? yaml.notebook.replace(/[^/]*$/, '') : '.';
  const code = reader.keepFolder(folder, document, [step, 'notebook']);
  if (!reader.addToFolder(code, RUNNER_FILE, new TextEncoder().encode(RUNNER)))
    reader.report(document.problem([step, 'notebook'], runnerIsTaken));
  return { file, job: jobOf(step, yaml, environment, code) };
}

function jobOf(
  step: JobStepName,
  { notebook, compute, parameters, timeout }: NotebookStepYaml,
  environment: EnvironmentUse,
  code: string,
): CommandJobDraft {
  const { inputs, outputs } = stepBindings[step];
  const bound = [
    ...Object.keys(inputs).map((name) => `${name}=\${{inputs.${name}}}`),
    ...Object.keys(outputs).map((name) => `${name}=\${{outputs.${name}}}`),
  ];
  const name = notebook.replace(/^.*\//, '');
  return {
    command: ['python', RUNNER_FILE, `'${name}'`, `\${{outputs.${EXECUTED}}}`, ...bound].join(' '),
    tags: {},
    properties: {},
    code,
    environment,
    ...(compute === undefined ? {} : { compute: stripReference(compute) }),
    inputs: Object.fromEntries(Object.keys(inputs).map((one) => [one, { jobInputType: 'uri_folder' as const }])),
    outputs: Object.fromEntries(
      [...Object.keys(outputs), EXECUTED].map((one) => [one, { jobOutputType: 'uri_folder' as const }]),
    ),
    environmentVariables: { [PARAMETERS_VARIABLE]: JSON.stringify(parameters ?? {}) },
    ...(timeout === undefined ? {} : { timeout: isoDuration(durationMs(timeout)) }),
    services: {},
  };
}

function checkNotebook(
  file: string,
  step: JobStepName,
  { parameters = {} }: NotebookStepYaml,
  document: SourceDocument,
  reader: FolderReader,
): void {
  const notebook = readNotebook(reader.read(file) ?? new Uint8Array());
  const language = notebook === undefined ? undefined : languageOf(notebook);
  if (notebook === undefined || (language !== undefined && language !== 'python')) {
    reader.report(document.problem([step, 'notebook'], noNotebook(file, language)));
    return;
  }
  if (!/^[\w .()-]+$/.test(file.replace(/^.*\//, '')))
    reader.report(document.problem([step, 'notebook'], oddName(file)));
  const { inputs, outputs } = stepBindings[step];
  const bound = [...Object.keys(inputs), ...Object.keys(outputs)];
  const declared = declaredParameters(notebook);
  for (const name of Object.keys(parameters)) {
    const at = [step, 'parameters', name];
    if (bound.includes(name)) reader.report(document.problem(at, boundName(name), 'key'));
    else if (declared !== undefined && !declared.includes(name))
      reader.report(document.problem(at, unknownParameter(name, declared), 'key'));
  }
}

function checkPackages(use: EnvironmentUse, step: JobStepName, document: SourceDocument, reader: FolderReader): void {
  const conda = use.kind === 'inline' ? use.environment.condaFile : undefined;
  if (conda === undefined) return;
  const missing = runnerPackages.filter((name) => !new RegExp(`^[\\s'"-]*(?:[\\w-]+::)?${name}\\b`, 'm').test(conda));
  if (missing.length > 0) reader.report(document.problem([step, 'environment'], lacksPackages(missing)));
}

function noNotebook(file: string, language: string | undefined): ProblemText {
  return {
    code: 'wrong-value',
    message:
      language === undefined ? `\`${file}\` is no notebook of format 4.` : `\`${file}\` is written in ${language}.`,
    expected: 'a Jupyter notebook in Python',
    fix: 'Save it with a current Jupyter, or write the step as a command job.',
  };
}

function oddName(file: string): ProblemText {
  return {
    code: 'wrong-value',
    message: `The name of \`${file}\` stands in a command line.`,
    expected: 'letters, digits, spaces, `_`, `-`, `.` and brackets',
    fix: 'Rename the notebook.',
  };
}

function boundName(name: string): ProblemText {
  return {
    code: 'contradiction',
    message: `The parameter \`${name}\` is a path that Whence binds.`,
    expected: 'other names',
    fix: 'Remove it; the notebook finds the path in the variable of this name.',
  };
}

function unknownParameter(name: string, declared: readonly string[]): ProblemText {
  const nearest = nearestWord(name, declared);
  return {
    code: 'unknown-key',
    message: `The notebook’s \`parameters\` cell assigns no \`${name}\`.`,
    expected: declared.length === 0 ? 'no parameters' : `one of ${declared.join(', ')}`,
    fix: nearest === undefined ? 'Assign it there, with a default.' : `Write \`${nearest}\`.`,
  };
}

function lacksPackages(missing: readonly string[]): ProblemText {
  return {
    code: 'missing-key',
    message: `The environment of the notebook lacks ${missing.join(' and ')}.`,
    expected: `a conda file with ${runnerPackages.join(' and ')}`,
    fix: 'Add it to the conda file’s dependencies.',
  };
}

const runnerIsTaken: ProblemText = {
  code: 'contradiction',
  message: `The notebook’s folder has a file \`${RUNNER_FILE}\`, which is what runs notebooks.`,
  expected: 'a folder without it',
  fix: 'Remove or rename it.',
};
