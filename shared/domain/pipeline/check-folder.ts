/** Checks a whole pipeline folder and compiles it. The same code runs in the CLI and on the server. */
import type { z } from 'zod';

import { isRecord } from '../is-record.ts';
import { checkDataContract } from '../data-contract/check-data-contract.ts';
import { checkSchema } from '../yaml/check-schema.ts';
import { inReadingOrder, type PathStep, type Problem, type ProblemText } from '../yaml/problem.ts';
import type { SourceDocument } from '../yaml/source-document.ts';

import { readDeployment, readEndpoint, readStepJob } from './azure-ml-files.ts';
import type { AnyPipelineDefinition, StepDefinition } from './definition.ts';
import { checkDeployment, checkEndpoint } from './deploy-rules.ts';
import { durationMs } from './duration.ts';
import { FolderReader, type PipelineFiles } from './folder-reader.ts';
import { notebookStepYaml, readNotebookStep } from './notebook/notebook-step.ts';
import { checkPlaceholders } from './placeholders.ts';
import { laterPipelineKeys, pipelineYamlSchema, type PipelineYaml } from './pipeline-yaml.ts';
import { checkCompositeStep, checkStep, type JobStepName } from './step-rules.ts';

/** The file that makes a folder a pipeline. */
export const PIPELINE_FILE = 'pipeline.yaml';

/** The compiled folder, or everything that is wrong with it, in reading order. */
export type CheckedFolder =
  | {
      readonly definition: AnyPipelineDefinition;
      /** Files of its folders that are not those of the pipeline's folder, by SHA-256. */
      readonly derived: ReadonlyMap<string, Uint8Array>;
      readonly problems?: never;
    }
  | { readonly definition?: never; readonly problems: readonly Problem[] };

/**
 * @param files - all files of the folder
 * @param parts - schemas that live elsewhere: the pipeline's name and the list of gates
 */
export function checkFolder(
  files: PipelineFiles,
  parts: { readonly name: z.ZodString; readonly gates: z.ZodType },
): CheckedFolder {
  const reader = new FolderReader(files);
  if (!files.has(PIPELINE_FILE)) return { problems: [noPipelineFile] };
  const document = reader.document(PIPELINE_FILE, 'core');
  if (document === undefined) return { problems: reader.problems };
  checkPlaceholders(document, reader);
  const checked = checkSchema<PipelineYaml>(pipelineYamlSchema(parts), document, laterPipelineKeys);
  checked.problems?.forEach((problem) => reader.report(problem));

  const parsed = readParts(document, reader);
  const definition = checked.value === undefined ? undefined : compile(checked.value, document, parsed, reader);
  if (definition === undefined || reader.problems.length > 0)
    return { problems: unique(inReadingOrder(reader.problems)) };
  return { definition, derived: reader.derived };
}

interface FolderParts {
  readonly contract: string | undefined;
  readonly train: StepDefinition | undefined;
  readonly evaluate: StepDefinition | undefined;
  readonly endpoint: AnyPipelineDefinition['deploy']['endpoint'] | undefined;
  readonly deployment: AnyPipelineDefinition['deploy']['deployment'] | undefined;
  readonly smokeTest: string | undefined;
}

/** Reads what pipeline.yaml names, also when other parts of it are wrong, so that all mistakes are told at once. */
function readParts(document: SourceDocument, reader: FolderReader): FolderParts {
  const contract = named(document, ['data', 'contract'], reader);
  if (contract !== undefined) {
    const checked = checkDataContract(contract, reader.read(contract) ?? new Uint8Array());
    checked.problems?.forEach((problem) => reader.report(problem));
  }
  return {
    contract,
    train: readStep('train', document, reader),
    evaluate: readStep('evaluate', document, reader),
    ...readDeploy(document, reader),
    smokeTest: readSmokeTest(document, reader),
  };
}

/** The scoring request must be JSON, or every roll-out would fail with it. */
function readSmokeTest(document: SourceDocument, reader: FolderReader): string | undefined {
  const path = named(document, ['deploy', 'smokeTest'], reader);
  const bytes = path === undefined ? undefined : reader.read(path);
  if (path === undefined || bytes === undefined || isJson(bytes)) return path;
  reader.report(
    document.problem(['deploy', 'smokeTest'], {
      code: 'wrong-value',
      message: `\`${path}\` is not JSON.`,
      expected: 'a file with one JSON value: the body of a scoring request',
      fix: 'Correct the file; `node -e "JSON.parse(require(\'fs\').readFileSync(0))" < FILE` tells where.',
    }),
  );
  return undefined;
}

function isJson(bytes: Uint8Array): boolean {
  try {
    JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
    return true;
  } catch {
    return false;
  }
}

function readStep(step: JobStepName, document: SourceDocument, reader: FolderReader): StepDefinition | undefined {
  const written = isRecord(document.value) ? document.value[step] : undefined;
  if (isRecord(written)) {
    const notebook = notebookStepYaml.safeParse(written);
    return notebook.success ? readNotebookStep(step, notebook.data, document, reader) : undefined;
  }
  const file = named(document, [step], reader);
  if (file?.endsWith('.ipynb') === true) {
    reader.report(document.problem([step], bareNotebook(file)));
    return undefined;
  }
  const read = file === undefined ? undefined : readStepJob(file, reader);
  if (read === undefined) return undefined;
  if ('job' in read.step) checkStep(step, read.step.job, read.document, reader);
  else checkCompositeStep(step, read.step.composite, read.document, reader);
  return read.step;
}

function readDeploy(document: SourceDocument, reader: FolderReader): Pick<FolderParts, 'endpoint' | 'deployment'> {
  const endpointFile = named(document, ['deploy', 'endpoint'], reader);
  const endpoint = endpointFile === undefined ? undefined : readEndpoint(endpointFile, reader);
  if (endpoint !== undefined) checkEndpoint(endpoint.draft, endpoint.document, reader);

  const deploymentFile = named(document, ['deploy', 'deployment'], reader);
  const deployment = deploymentFile === undefined ? undefined : readDeployment(deploymentFile, reader);
  if (deployment !== undefined) {
    const model = textAt(document.value, ['register', 'model']);
    checkDeployment(deployment.draft, { endpoint: endpoint?.draft, model }, deployment.document, reader);
  }
  return {
    endpoint:
      endpointFile === undefined || endpoint === undefined
        ? undefined
        : { file: endpointFile, endpoint: endpoint.draft },
    deployment:
      deploymentFile === undefined || deployment === undefined
        ? undefined
        : { file: deploymentFile, deployment: deployment.draft },
  };
}

function compile(
  yaml: PipelineYaml,
  document: SourceDocument,
  parts: FolderParts,
  reader: FolderReader,
): AnyPipelineDefinition | undefined {
  const trigger = compileTrigger(yaml.trigger.data, document, reader);
  const { contract, train, evaluate, endpoint, deployment, smokeTest } = parts;
  if (contract === undefined || train === undefined || evaluate === undefined) return undefined;
  if (endpoint === undefined || deployment === undefined || smokeTest === undefined) return undefined;
  const folders = Object.fromEntries([...reader.folders].toSorted(([a], [b]) => (a < b ? -1 : 1)));
  return {
    schemaVersion: 1,
    name: yaml.name,
    trigger,
    data: { contract },
    train,
    evaluate,
    gates: yaml.gates,
    register: yaml.register,
    deploy: { endpoint, deployment, smokeTest },
    concurrency: { whenBusy: 'queue' },
    folders,
  };
}

function compileTrigger(
  data: PipelineYaml['trigger']['data'],
  document: SourceDocument,
  reader: FolderReader,
): AnyPipelineDefinition['trigger'] {
  const settleMs = durationMs(data.settle);
  const maxWaitMs = durationMs(data.maxWait);
  if (maxWaitMs < settleMs || maxWaitMs === 0) {
    reader.report(
      document.problem(['trigger', 'data', 'maxWait'], {
        code: 'contradiction',
        message: `\`maxWait\` (${data.maxWait}) is shorter than \`settle\` (${data.settle}), or nothing.`,
        expected: 'a duration at least as long as `settle`',
        fix: 'Make `maxWait` longer or `settle` shorter.',
      }),
    );
  }
  return { container: data.container, path: data.path, select: data.select, settleMs, maxWaitMs };
}

/** @returns the file that pipeline.yaml names at a path, if it does and the file is there */
function named(document: SourceDocument, at: readonly PathStep[], reader: FolderReader): string | undefined {
  const written = textAt(document.value, at);
  return written === undefined || written === '' ? undefined : reader.file(written, document, at);
}

function textAt(value: unknown, path: readonly PathStep[]): string | undefined {
  let current = value;
  for (const step of path) {
    if (typeof current !== 'object' || current === null || !Object.hasOwn(current, step)) return undefined;
    current = Reflect.get(current, step);
  }
  return typeof current === 'string' ? current : undefined;
}

/** A file that is read twice tells its mistakes twice; a reader wants them once. */
function unique(problems: readonly Problem[]): readonly Problem[] {
  const seen = new Set<string>();
  return problems.filter((problem) => {
    const key = JSON.stringify(problem);
    return !seen.has(key) && seen.add(key);
  });
}

function bareNotebook(file: string): ProblemText {
  return {
    code: 'wrong-type',
    message: `\`${file}\` is a notebook, which needs an environment to run in.`,
    expected: `{ notebook: ./${file}, environment: file:./environment.yml }`,
    fix: 'Write the step so; `compute`, `parameters` and `timeout` may stand beside it.',
  };
}

const noPipelineFile: Problem = {
  code: 'missing-file',
  file: PIPELINE_FILE,
  path: '',
  line: 1,
  column: 1,
  message: `The folder has no \`${PIPELINE_FILE}\`.`,
  expected: `a file \`${PIPELINE_FILE}\` at the top of the folder`,
  fix: 'Name the folder of a pipeline, or make one with `whence pipeline init`.',
};
