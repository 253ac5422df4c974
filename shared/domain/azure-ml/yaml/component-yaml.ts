/** Azure ML CLI v2 YAML of components. @source azure-ai-ml 1.34, `_schema/component` */
import { z } from 'zod';

import type { LaterKeys } from '../../yaml/check-schema.ts';

import { distributionYaml, resourcesYaml } from './command-job-yaml.ts';
import { environmentUse } from './environment-yaml.ts';
import { inputModeWords, outputModeWords } from './job-io-yaml.ts';
import { assetTypes, entryName, looseEnum, tags, text, version } from './words.ts';

/** Kinds of data that ports of components have; `path` is the older word for any. */
const portTypes = ['path', ...assetTypes] as const;
/** Kinds of literals that components take. */
const parameterTypes = ['number', 'integer', 'boolean', 'string'] as const;

const number = z.union([z.number(), z.string()], { error: 'a number' });

const parameter = z.strictObject({
  type: looseEnum(parameterTypes),
  description: text.optional(),
  optional: z.boolean().optional(),
  default: z.union([z.string(), z.number(), z.boolean()], { error: 'text, a number, true or false' }).optional(),
  min: number.optional(),
  max: number.optional(),
  enum: z.array(z.union([z.string(), z.number(), z.boolean()])).optional(),
});

const port = z.strictObject({
  type: looseEnum(portTypes),
  description: text.optional(),
  optional: z.boolean().optional(),
  default: text.optional(),
  mode: looseEnum([...inputModeWords, 'link']).optional(),
});

const input = z.union([parameter, port], {
  error: `a map whose \`type\` is one of ${[...parameterTypes, ...portTypes].join(', ')}`,
});
const output = z.strictObject({
  type: looseEnum([...portTypes, ...parameterTypes]),
  description: text.optional(),
  mode: looseEnum([...outputModeWords, 'link']).optional(),
});
/** An input that a component declares. */
export type ComponentInputYaml = z.output<typeof input>;

const shape = {
  $schema: text.optional(),
  version: version.optional(),
  display_name: text.optional(),
  description: text.optional(),
  tags: tags.optional(),
  properties: tags.optional(),
  is_deterministic: z.boolean().optional(),
  inputs: z.record(entryName, input).optional(),
  outputs: z.record(entryName, output).optional(),
};

/** The name of a component that is registered. */
const componentName = text.regex(/^[a-z_][a-z0-9_]*$/, 'lower-case letters, digits and underscores, no digit first');

const commandShape = {
  ...shape,
  type: looseEnum(['command']).optional(),
  command: text.min(1, 'the command that the component runs'),
  code: text.optional(),
  environment: environmentUse,
  resources: resourcesYaml.optional(),
  distribution: distributionYaml.optional(),
};

/** A command component in a file of its own. */
export const commandComponentYaml = z.strictObject({ ...commandShape, name: componentName });
/** A command component where it is used: its name does not count. */
export const usedCommandComponentYaml = z.strictObject({ ...commandShape, name: text.optional() });
/** See {@link usedCommandComponentYaml}. */
export type CommandComponentYaml = z.output<typeof usedCommandComponentYaml>;

const nodes = z.record(
  text.regex(/^[a-z_][a-z0-9_]*$/, 'lower-case letters, digits and underscores, no digit first'),
  z.record(z.string(), z.unknown()),
);

/** Steps by name. They are checked one by one, each by its own kind. */
export const nodesYaml = nodes.refine((value) => Object.keys(value).length > 0, { error: 'at least one step' });

const pipelineShape = { ...shape, type: looseEnum(['pipeline']).optional(), jobs: nodesYaml };

/** A pipeline component in a file of its own. */
export const pipelineComponentYaml = z.strictObject({ ...pipelineShape, name: componentName });
/** A pipeline component where it is used. */
export const usedPipelineComponentYaml = z.strictObject({ ...pipelineShape, name: text.optional() });
/** See {@link usedPipelineComponentYaml}. */
export type PipelineComponentYaml = z.output<typeof usedPipelineComponentYaml>;

/** Keys of Microsoft's schemas that a later release honours. */
export const laterComponentKeys: LaterKeys = {
  additional_includes: 'code from outside of the folder',
  settings: 'settings of a pipeline component',
  'inputs.*.is_control': 'control inputs',
  'outputs.*.is_control': 'control outputs',
  'outputs.*.early_available': 'outputs that are there early',
  'environment.datastore': 'uploads of environments',
};
