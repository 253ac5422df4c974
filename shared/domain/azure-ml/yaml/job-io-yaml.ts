/** Inputs and outputs of jobs in Azure ML CLI v2 YAML. @source azure-ai-ml 1.34, `_schema/job/input_output_entry.py` */
import { z } from 'zod';

import { assetTypes, looseEnum, text, version } from './words.ts';

/** Ways in which a job gets an input, as YAML writes them. */
export const inputModeWords = ['mount', 'ro_mount', 'download', 'direct', 'eval_mount', 'eval_download'] as const;
/** Ways in which an output is stored, as YAML writes them. */
export const outputModeWords = ['mount', 'rw_mount', 'upload', 'direct'] as const;

const assetInputShape = {
  type: looseEnum(assetTypes).optional(),
  mode: looseEnum(inputModeWords).optional(),
  description: text.optional(),
};

/** An input that is data. */
export const assetInput = z.strictObject({ ...assetInputShape, path: text });

/** A literal or data. */
export const jobInputYaml = z.union([z.string(), z.number(), z.boolean(), assetInput], {
  error: 'text, a number, true or false, or a map with `type` and `path`',
});

/** Inputs of a pipeline may leave their data to whoever starts it. */
export const pipelineInputYaml = z.union(
  [z.string(), z.number(), z.boolean(), z.strictObject({ ...assetInputShape, path: text.optional() })],
  { error: 'text, a number, true or false, or a map with `type` and `path`' },
);
/** See {@link pipelineInputYaml}. */
export type PipelineInputYaml = z.output<typeof pipelineInputYaml>;

const outputEntry = z.strictObject({
  type: looseEnum(assetTypes).optional(),
  path: text.optional(),
  mode: looseEnum(outputModeWords).optional(),
  description: text.optional(),
  name: text.optional(),
  version: version.optional(),
});

/** An output; nothing means a folder. With `name` it is registered when the job has ended. */
export const jobOutputYaml = z.union([z.null(), outputEntry], { error: 'a map with `type`, or nothing' });
/** See {@link jobOutputYaml}. */
export type JobOutputYaml = z.output<typeof jobOutputYaml>;

/** Output of a step: as of a job, or bound to an output of the pipeline. */
export const nodeOutputYaml = z.union([z.null(), text, outputEntry], {
  error: '`${{parent.outputs.<name>}}`, a map with `type`, or nothing',
});
/** See {@link nodeOutputYaml}. */
export type NodeOutputYaml = z.output<typeof nodeOutputYaml>;
