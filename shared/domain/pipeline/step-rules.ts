/** What the jobs of a pipeline must be, beyond what Azure ML asks: their inputs and outputs are bound by Whence. */
import type { CommandJobDraft, EnvironmentUse, JobInput } from '../azure-ml/draft/drafts.ts';
import type { CompositeJob } from './definition.ts';
import { nearestWord } from '../yaml/nearest-word.ts';
import type { PathStep, ProblemText } from '../yaml/problem.ts';
import type { SourceDocument } from '../yaml/source-document.ts';

import type { FolderReader } from './folder-reader.ts';

/** A step that is a job. */
export type JobStepName = 'train' | 'evaluate';

const modelTypes = ['custom_model', 'mlflow_model', 'triton_model', 'uri_folder'];

/** Inputs and outputs that a run binds, with the types they may have. */
export const stepBindings = {
  train: { inputs: { data: ['uri_folder'] }, outputs: { model: modelTypes } },
  evaluate: {
    inputs: { data: ['uri_folder'], candidate: modelTypes, champion: modelTypes },
    outputs: { metrics: ['uri_folder'] },
  },
} as const satisfies Record<
  JobStepName,
  { inputs: Record<string, readonly string[]>; outputs: Record<string, readonly string[]> }
>;

/** Reports what is wrong with the job of a step. */
export function checkStep(
  step: JobStepName,
  job: CommandJobDraft,
  document: SourceDocument,
  reader: FolderReader,
): void {
  checkBindings(step, job, document, reader);
  checkExpressions(job, document, reader);
  checkPlatformKeys(job, document, reader);
  checkEnvironment(job.environment, document, ['environment'], reader);
}

/** Reports what is wrong with a sweep or pipeline job of a step. */
export function checkCompositeStep(
  step: JobStepName,
  { properties }: CompositeJob,
  document: SourceDocument,
  reader: FolderReader,
): void {
  const job = properties as Pick<CommandJobDraft, 'inputs' | 'outputs' | 'tags'> & {
    readonly jobs?: Readonly<Record<string, { readonly type?: unknown }>>;
  };
  checkBindings(step, job, document, reader);
  checkTags(job.tags, document, reader);
  if (typeof document.value === 'object' && document.value !== null && 'name' in document.value)
    reader.report(document.problem(['name'], ownName, 'key'));
  for (const [name, node] of Object.entries(job.jobs ?? {}))
    if (node.type === 'parallel') reader.report(document.problem(['jobs', name, 'type'], parallelStep));
}

const parallelStep: ProblemText = {
  code: 'comes-later',
  message: 'Parallel steps are out of scope.',
  expected: 'steps of the types command, pipeline and sweep',
  fix: 'Write the step as a command.',
};

function checkBindings(
  step: JobStepName,
  job: Pick<CommandJobDraft, 'inputs' | 'outputs'>,
  document: SourceDocument,
  reader: FolderReader,
): void {
  const bound = stepBindings[step];
  const types = (inputs: Readonly<Record<string, JobInput>>): Record<string, string> =>
    Object.fromEntries(Object.entries(inputs).map(([name, input]) => [name, input.jobInputType]));
  const outputs = Object.fromEntries(Object.entries(job.outputs).map(([name, output]) => [name, output.jobOutputType]));
  requireEntries(step, 'inputs', bound.inputs, types(job.inputs), document, reader);
  requireEntries(step, 'outputs', bound.outputs, outputs, document, reader);

  for (const [name, input] of Object.entries(job.inputs)) {
    if (input.jobInputType === 'literal' || Object.hasOwn(bound.inputs, name) || isFixed(input.uri)) continue;
    const at = ['inputs', name];
    reader.report(document.problem(at, furtherInput(name, Object.keys(bound.inputs)), 'key'));
  }
  for (const [name, output] of Object.entries(job.outputs)) {
    if (output.uri !== undefined) reader.report(document.problem(['outputs', name, 'path'], outputPath(name), 'key'));
    if (output.assetName !== undefined)
      reader.report(document.problem(['outputs', name, 'name'], outputName(name), 'key'));
  }
}

function requireEntries(
  step: JobStepName,
  kind: 'inputs' | 'outputs',
  required: Readonly<Record<string, readonly string[]>>,
  present: Readonly<Record<string, string>>,
  document: SourceDocument,
  reader: FolderReader,
): void {
  for (const [name, allowed] of Object.entries(required)) {
    const type = present[name];
    if (type === undefined) {
      const at = document.value !== null && Object.keys(present).length > 0 ? [kind] : [];
      reader.report(document.problem(at, missingEntry(step, kind, name, allowed), 'key'));
    } else if (!allowed.includes(type)) {
      reader.report(document.problem([kind, name], wrongType(step, name, type, allowed)));
    }
  }
}

/** `${{inputs.x}}` and `${{outputs.x}}` of the command must name entries that are there. */
function checkExpressions(job: CommandJobDraft, document: SourceDocument, reader: FolderReader): void {
  const names = {
    inputs: Object.keys(job.inputs),
    outputs: Object.keys(job.outputs),
  };
  for (const [whole, expression = ''] of job.command.matchAll(/\$\{\{([^}]*)\}\}/g)) {
    const [kind = '', name = '', ...rest] = expression.trim().split('.');
    const known = kind === 'inputs' || kind === 'outputs' ? names[kind] : undefined;
    if (known !== undefined && rest.length === 0 && known.includes(name)) continue;
    reader.report(document.problem(['command'], unknownBinding(whole, kind, name, known)));
  }
  if (/\$\[\[/.test(job.command)) reader.report(document.problem(['command'], optionalInputs));
}

function checkPlatformKeys(job: CommandJobDraft, document: SourceDocument, reader: FolderReader): void {
  if (Object.keys(job.services).length > 0) reader.report(document.problem(['services'], interactive, 'key'));
  const value = document.value;
  if (typeof value === 'object' && value !== null && 'name' in value) {
    reader.report(document.problem(['name'], ownName, 'key'));
  }
  checkTags(job.tags, document, reader);
}

/** Tags that begin with `whence.` say who made what: nobody else may set them. */
export function checkTags(
  tags: Readonly<Record<string, string>>,
  document: SourceDocument,
  reader: FolderReader,
): void {
  for (const tag of Object.keys(tags).filter((name) => name.startsWith('whence.'))) {
    reader.report(document.problem(['tags', tag], ownTag(tag), 'key'));
  }
}

/** An environment must be the same in every run: registered ones name a version, images a tag or a digest. */
export function checkEnvironment(
  use: EnvironmentUse,
  document: SourceDocument,
  at: readonly PathStep[],
  reader: FolderReader,
): void {
  if (use.kind === 'reference') {
    const fixed = /^[^:@]+:[^:@]+$/.test(use.reference) || /\/versions\/[^/]+$/.test(use.reference);
    if (!fixed) reader.report(document.problem(at, notReproducible(use.reference, 'azureml:<name>:<version>')));
    return;
  }
  const { image } = use.environment;
  if (image === undefined || image.includes('@sha256:')) return;
  const tag = /:([^/:]+)$/.exec(image)?.[1];
  if (tag !== undefined && tag !== 'latest') return;
  const place = typeof document.value === 'object' ? document.plainText([...at, 'image']) : undefined;
  reader.report(
    document.problem(
      place === undefined ? at : [...at, 'image'],
      notReproducible(image, `${image.split(':')[0]}:<tag>`),
    ),
  );
}

function missingEntry(step: string, kind: string, name: string, allowed: readonly string[]): ProblemText {
  const one = kind.slice(0, -1);
  return {
    code: 'missing-key',
    message: `The ${step} job has no ${one} \`${name}\`, which Whence binds.`,
    expected: `${kind}: { ${name}: { type: ${allowed[0]} } }`,
    fix: `Add the ${one} \`${name}\` and use it in the command as \${{${kind}.${name}}}.`,
  };
}

function wrongType(step: string, name: string, type: string, allowed: readonly string[]): ProblemText {
  return {
    code: 'wrong-type',
    message: `\`${name}\` of the ${step} job is ${type === 'literal' ? 'a literal' : `of type ${type}`}.`,
    expected: allowed.length === 1 ? `type ${allowed[0]}` : `one of the types ${allowed.join(', ')}`,
    fix: `Write \`${name}: { type: ${allowed[0]}, path: … }\`; the path is for your own use and is replaced in a run.`,
  };
}

/** A version of an asset, or a path of a datastore; whether it may be read is the stage's to say. */
function isFixed(uri: string | undefined): boolean {
  return uri !== undefined && /^([\w.-]+:[\w.-]+$|azureml:\/\/)/.test(uri);
}

function furtherInput(name: string, bound: readonly string[]): ProblemText {
  return {
    code: 'contradiction',
    message: `The input \`${name}\` is neither data that lands nor a version of an asset, so a run could not be repeated.`,
    expected: `${bound.join(', ')}, literals, \`azureml:<name>:<version>\`, or a path of a datastore that the stage lists`,
    fix: 'Let it land, or register it as a data asset and name its version.',
  };
}

function outputPath(name: string): ProblemText {
  return {
    code: 'contradiction',
    message: `The output \`${name}\` says where it goes, but Whence chooses that.`,
    expected: 'an output without `path`',
    fix: 'Remove `path`.',
  };
}

function outputName(name: string): ProblemText {
  return {
    code: 'contradiction',
    message: `The output \`${name}\` says what it is registered as, but Whence registers the model once it has passed the gates.`,
    expected: 'an output without `name`',
    fix: 'Remove `name`; `register.model` in pipeline.yaml names the model.',
  };
}

function unknownBinding(whole: string, kind: string, name: string, known: readonly string[] | undefined): ProblemText {
  const nearest = known === undefined ? undefined : nearestWord(name, known);
  return {
    code: 'unknown-binding',
    message: `\`${whole}\` in the command names nothing that the job has.`,
    expected:
      known === undefined
        ? '`${{inputs.<name>}}` or `${{outputs.<name>}}`'
        : `one of the job’s ${kind}: ${known.length === 0 ? 'there are none' : known.join(', ')}`,
    fix: nearest === undefined ? 'Correct the name, or add the entry.' : `Write \`\${{${kind}.${nearest}}}\`.`,
  };
}

function notReproducible(found: string, expected: string): ProblemText {
  return {
    code: 'not-reproducible',
    message: `\`${found}\` can mean something else tomorrow.`,
    expected: `a fixed version, as in \`${expected}\``,
    fix: 'Name the version that the pipeline was made with.',
  };
}

function ownTag(tag: string): ProblemText {
  return {
    code: 'contradiction',
    message: `The tag \`${tag}\` is set by Whence.`,
    expected: 'tags that do not begin with `whence.`',
    fix: 'Rename it.',
  };
}

const ownName: ProblemText = {
  code: 'contradiction',
  message: 'The job has a `name`, but every run names its jobs itself.',
  expected: 'a job without `name`; `display_name` and `experiment_name` are kept',
  fix: 'Remove `name`.',
};

const interactive: ProblemText = {
  code: 'comes-later',
  message: '`services` (interactive services) are not honoured in a pipeline, so they are refused rather than ignored.',
  expected: 'a job without `services`',
  fix: 'Remove `services`.',
};

const optionalInputs: ProblemText = {
  code: 'comes-later',
  message: '`$[[…]]` (optional inputs) is not honoured by this release.',
  expected: '`${{inputs.<name>}}`',
  fix: 'Use the input without `$[[ ]]`.',
};
