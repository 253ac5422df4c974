/**
 * `pipeline.yaml`, the one file of a pipeline folder whose format is ours. What a later release honours is refused by
 * name (design decision 18): someone who writes `approval:` must not get a deployment without one.
 */
import { z } from 'zod';

import { parseGlob } from '../data-window/path-glob.ts';
import { comesLater, type LaterKeys } from '../yaml/check-schema.ts';

import { notebookStepYaml } from './notebook/notebook-step.ts';
import { durationText } from './duration.ts';

const filePath = (what: string) =>
  z.string().min(1).max(400).describe(`Path of ${what}, relative to pipeline.yaml, inside the folder.`);

const dataTrigger = z
  .strictObject({
    container: z
      .string()
      .regex(
        /^[a-z0-9](?:-?[a-z0-9]){2,62}$/,
        'a container name: 3 to 63 lower-case letters, digits and single hyphens',
      )
      .describe('Blob container in which data lands.'),
    path: z
      .string()
      .min(1)
      .max(400)
      .superRefine((glob, context) => {
        const parsed = parseGlob(glob);
        if ('problem' in parsed)
          context.addIssue(`a glob of paths inside the container, such as \`sales/**/*.csv\`: ${parsed.problem}`);
      })
      .describe('Glob over the paths of the blobs that are this pipeline’s data.'),
    select: z.literal('all').default('all').describe('Which of the matching blobs a data version holds: all of them.'),
    settle: durationText.default('30s').describe('Quiet time after the last arrival before data is taken.'),
    maxWait: durationText.default('15m').describe('Longest wait for quiet after the first arrival.'),
  })
  .describe('New data starts the pipeline.');

const deploy = z
  .strictObject({
    endpoint: filePath('an Azure ML managed online endpoint'),
    deployment: filePath('an Azure ML managed online deployment'),
    smokeTest: filePath('a JSON file with a scoring request that a new deployment must answer before it gets traffic'),
    strategy: z
      .strictObject({
        canary: z
          .array(z.int())
          .refine((steps) => steps.length === 1 && steps[0] === 100, { error: '`[100]`', params: comesLater })
          .meta({
            description: 'Percentages of traffic, step by step. This release goes to 100 at once.',
            const: [100],
          })
          .optional(),
      })
      .describe('How traffic moves to the new deployment.')
      .optional(),
  })
  .describe('Where the model is served.');

const concurrency = z
  .strictObject({
    whenBusy: z
      .string()
      .refine((value) => value === 'queue', { error: '`queue`', params: comesLater })
      .meta({ description: 'What new data does while a run is going on: it waits.', const: 'queue' })
      .default('queue'),
  })
  .describe('What happens when several runs could go on.');

/**
 * The schema of `pipeline.yaml`.
 *
 * @param parts - schemas that live elsewhere: the pipeline's name and the list of gates
 */
export function pipelineYamlSchema<Gates extends z.ZodType>(parts: {
  readonly name: z.ZodString;
  readonly gates: Gates;
}) {
  return z.strictObject({
    $schema: z.string().describe('JSON Schema of this file, for editors.').optional(),
    name: parts.name.describe('Name of the pipeline; it joins names of jobs, assets and endpoints.'),
    trigger: z.strictObject({ data: dataTrigger }).describe('What starts the pipeline.'),
    data: z
      .strictObject({ contract: filePath('the data contract (Open Data Contract Standard)') })
      .describe('What the data must be.'),
    train: z.union([filePath('an Azure ML job that reads `data` and writes `model`'), notebookStepYaml]),
    evaluate: z.union([
      filePath('an Azure ML job that reads `data`, `candidate` and `champion` and writes `metrics`'),
      notebookStepYaml,
    ]),
    gates: parts.gates,
    register: z
      .strictObject({
        model: z
          .string()
          .regex(/^[a-zA-Z0-9][\w.-]{0,254}$/, 'a model name: letters, digits, `_`, `.` and `-`, at most 255')
          .describe('Name under which models are registered.'),
        derivedInputs: z
          .array(z.string().min(1))
          .describe('Columns that an MLflow model takes and the data does not have: the pipeline makes them of others.')
          .optional(),
      })
      .describe('Where the model goes after the gates.'),
    deploy,
    concurrency: concurrency.optional(),
  });
}

/** A checked `pipeline.yaml`, whatever its gates look like. */
export type PipelineYaml = z.output<ReturnType<typeof pipelineYamlSchema<z.ZodType>>>;

/** Keys of `pipeline.yaml` that a later release honours. */
export const laterPipelineKeys: LaterKeys = {
  approval: 'approvals by people',
  'trigger.schedule': 'schedules',
  'trigger.drift': 'drift monitors',
  'deploy.strategy.mirror': 'mirrored traffic',
  'deploy.strategy.bake': 'bake times between canary steps',
  'deploy.strategy.rollbackOn': 'rolling back on metrics',
  'deploy.approval': 'approvals by people',
  'register.stage': 'stages of models',
  'data.drift': 'drift monitors',
};
