/** Registers what a sweep or pipeline job brings along, and puts the ids in its place. */
import type { PipelineVersion } from '#shared/contracts/records/pipeline-version.ts';
import type { EnvironmentUse } from '#shared/domain/azure-ml/draft/drafts.ts';
import { digestOf, NAME_DIGITS } from '#shared/domain/digest.ts';
import type { CompositeJob } from '#shared/domain/pipeline/definition.ts';

import type { ActivityDependencies } from '../../durable/register-activity.ts';
import { registerCode, registerEnvironment } from './assets.ts';
import { computeIdOf, staged } from './stage.ts';

/** Name of components that belong to no one's library. @source azure-ai-ml 1.34, `ANONYMOUS_COMPONENT_NAME` */
const ANONYMOUS = 'azureml_anonymous';

type Json = Readonly<Record<string, unknown>>;

/** @returns the properties of the job with ids in place of what was local */
export async function registerComposite(
  deps: ActivityDependencies,
  version: PipelineVersion,
  { kind, properties }: CompositeJob,
): Promise<Json> {
  if (kind === 'sweepJob') {
    const { trial } = properties as { trial: Json };
    return {
      ...properties,
      ...computeOf(deps, properties),
      trial: await program(deps, version, trial, 'codeId', 'environmentId', ''),
    };
  }
  const { settings, jobs } = properties as { settings: Json; jobs: Json };
  const compute = settings['default_compute'];
  return {
    ...properties,
    ...computeOf(deps, properties),
    settings: {
      ...settings,
      ...(typeof compute === 'string' ? { default_compute: computeIdOf(deps, compute) } : {}),
    },
    jobs: await steps(deps, version, jobs),
  };
}

async function steps(deps: ActivityDependencies, version: PipelineVersion, jobs: Json): Promise<Json> {
  const entries: [string, unknown][] = [];
  for (const [name, job] of Object.entries(jobs)) entries.push([name, await step(deps, version, job as Json)]);
  return Object.fromEntries(entries);
}

async function step(deps: ActivityDependencies, version: PipelineVersion, job: Json): Promise<Json> {
  const { componentId, trial } = job;
  const bound = { ...job, ...computeOf(deps, job) };
  if (trial === undefined) return { ...bound, componentId: await component(deps, version, componentId) };
  const used = (trial as Json)['componentId'] ?? trial;
  return { ...bound, trial: { componentId: await component(deps, version, used) } };
}

/** Registers an inline component, named by its contents. @returns its ARM id, or the reference as it is */
async function component(deps: ActivityDependencies, version: PipelineVersion, used: unknown): Promise<unknown> {
  if (typeof used === 'string') {
    const match = /^([\w.-]+):([\w.-]+)$/.exec(used);
    return match === null ? used : deps.ml.assetId('components', match[1] ?? '', match[2] ?? '');
  }
  const { $anonymousComponent: inline } = used as { $anonymousComponent: { properties: Json } };
  const { componentSpec } = inline.properties as { componentSpec: Json };
  const jobs = componentSpec['jobs'];
  const spec =
    jobs === undefined
      ? await program(deps, version, componentSpec, 'code', 'environment', 'azureml:')
      : { ...componentSpec, jobs: await steps(deps, version, jobs as Json) };
  const digest = digestOf(spec);
  const label = digest.slice(0, NAME_DIGITS);
  const body = {
    properties: {
      ...inline.properties,
      componentSpec: { ...spec, version: label },
      tags: { ...(inline.properties['tags'] as Json), 'whence.owner': `component:${digest}` },
    },
  };
  await deps.ml.putAssetVersion('components', ANONYMOUS, label, staged(deps, body));
  return deps.ml.assetId('components', ANONYMOUS, label);
}

/** Code and environment of a command, registered. */
async function program(
  deps: ActivityDependencies,
  version: PipelineVersion,
  command: Json,
  codeKey: 'codeId' | 'code',
  environmentKey: 'environmentId' | 'environment',
  prefix: '' | 'azureml:',
): Promise<Json> {
  const { $environment: use } = command[environmentKey] as { $environment: EnvironmentUse };
  const folder = command[codeKey];
  const environment = await registerEnvironment(deps, version, use);
  return {
    ...command,
    ...(typeof folder === 'string' ? { [codeKey]: `${prefix}${await registerCode(deps, version, folder)}` } : {}),
    [environmentKey]: environment.startsWith('azureml:') ? environment : `${prefix}${environment}`,
  };
}

function computeOf(deps: ActivityDependencies, { computeId: compute }: Json): Json {
  if (typeof compute !== 'string' || compute.startsWith('${{')) return {};
  return { computeId: computeIdOf(deps, compute) };
}
