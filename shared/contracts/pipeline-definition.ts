/** The shapes of a pipeline: the file that people write, and what it is compiled to. */
import type { z } from 'zod';

import { checkFolder } from '#shared/domain/pipeline/check-folder.ts';
import { pipelineDefinitionSchema } from '#shared/domain/pipeline/definition.ts';
import type { PipelineFiles } from '#shared/domain/pipeline/folder-reader.ts';
import { pipelineYamlSchema } from '#shared/domain/pipeline/pipeline-yaml.ts';
import type { Problem } from '#shared/domain/yaml/problem.ts';

import { gates } from './gates.ts';
import { pipelineName } from './records/pipeline.ts';

const parts = { name: pipelineName, gates } as const;

/** Schema of `pipeline.yaml`; `docs/schemas/pipeline.schema.json` is made from it. */
export const pipelineYaml = pipelineYamlSchema(parts);

/** Schema of a compiled pipeline, stored with its version. Strict and versioned. */
export const pipelineDefinition = pipelineDefinitionSchema(parts);
/** See {@link pipelineDefinition}. */
export type PipelineDefinition = z.output<typeof pipelineDefinition>;

/** A compiled folder, or everything that is wrong with it, in reading order. */
export type CheckedPipelineFolder =
  | {
      readonly definition: PipelineDefinition;
      /** Files of its folders that are not those of the pipeline's folder, by SHA-256. */
      readonly derived: ReadonlyMap<string, Uint8Array>;
      readonly problems?: never;
    }
  | { readonly definition?: never; readonly problems: readonly Problem[] };

/**
 * Checks a pipeline folder and compiles it: pure, the same in the CLI and on the server.
 *
 * @param files - all files of the folder by path, `/` between folders
 * @returns the definition, or every mistake with its place
 */
export function checkPipelineFolder(files: PipelineFiles): CheckedPipelineFolder {
  const checked = checkFolder(files, parts);
  if (checked.problems !== undefined) return { problems: checked.problems };
  return { definition: pipelineDefinition.parse(checked.definition), derived: checked.derived };
}
