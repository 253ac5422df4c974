/** Components that steps and trials run, as they are stored. */
import { z } from 'zod';

import { invalid, readBody } from '../arm-error.ts';
import type { ResourceStore } from '../resource-store.ts';

const input = z.looseObject({
  type: z.string(),
  optional: z.union([z.boolean(), z.string()]).optional(),
  default: z.union([z.string(), z.number(), z.boolean()]).optional(),
  mode: z.string().optional(),
});

const described = {
  $schema: z.string().optional(),
  _source: z.string().optional(),
  name: z.string().optional(),
  version: z.union([z.string(), z.number()]).optional(),
  display_name: z.string().nullish(),
  description: z.string().nullish(),
  tags: z.record(z.string(), z.unknown()).nullish(),
  properties: z.looseObject({}).nullish(),
  is_deterministic: z.boolean().default(true),
  inputs: z.record(z.string(), input).nullish(),
  outputs: z.record(z.string(), z.looseObject({ type: z.string(), mode: z.string().optional() })).nullish(),
};

const commandSpec = z.strictObject({
  ...described,
  type: z.literal('command'),
  command: z.string().min(1),
  code: z.string().nullish(),
  environment: z.string().min(1),
  resources: z.looseObject({}).nullish(),
  distribution: z.looseObject({}).nullish(),
});

const pipelineSpec = z.strictObject({
  ...described,
  type: z.literal('pipeline'),
  jobs: z.record(z.string(), z.unknown()),
  sourceJobId: z.string().nullish(),
});

const spec = z.discriminatedUnion('type', [commandSpec, pipelineSpec], {
  error: 'the laptop runs components of the types command and pipeline',
});

/** What a component version says. */
export type ComponentSpec = z.output<typeof spec>;
/** A command component. */
export type CommandSpec = z.output<typeof commandSpec>;

/**
 * Checks what a component version says.
 *
 * @param told - `componentSpec`
 * @throws {ArmError} it is none, or of a kind that the laptop does not run
 */
export function readComponentSpec(told: unknown): ComponentSpec {
  return readBody(z.strictObject({ componentSpec: spec }), { componentSpec: told }, 'The component').componentSpec;
}

/** @throws {ArmError} there is no such version */
export function findComponent(resources: ResourceStore, id: string): ComponentSpec {
  const match = /components\/([^/]+)\/versions\/([^/]+)$/.exec(id) ?? /^(?:azureml:)?([^:/]+):([^:/]+)$/.exec(id);
  const stored = resources.get(`components/${match?.[1] ?? ''}/versions/${match?.[2] ?? ''}`);
  const properties = stored?.body['properties'] as { componentSpec?: unknown } | undefined;
  if (properties?.componentSpec === undefined) throw invalid(`There is no component version "${id}".`);
  return readComponentSpec(properties.componentSpec);
}
