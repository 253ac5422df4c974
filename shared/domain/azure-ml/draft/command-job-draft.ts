import type { SourceDocument } from '../../yaml/source-document.ts';
import { textOfScalar } from '../../yaml/text-of-scalar.ts';
import type { CommandJobYaml } from '../yaml/command-job-yaml.ts';
import type { JobOutputYaml, PipelineInputYaml } from '../yaml/job-io-yaml.ts';

import type { DraftContext } from './context.ts';
import type { CommandJobDraft, JobInput, JobOutput } from './drafts.ts';
import { environmentUseOf } from './environment-draft.ts';
import { isoDuration } from './iso-duration.ts';
import { inputModeNames, outputModeNames } from './modes.ts';
import { stripReference } from './references.ts';
import { present } from './present.ts';

const serviceTypes = { vs_code: 'VSCode', jupyter_lab: 'JupyterLab', tensor_board: 'TensorBoard', ssh: 'SSH' } as const;

/**
 * @param yaml - a checked command job
 * @param document - the document it comes from
 * @returns the draft, or undefined after a reported problem
 * @source azure-ai-ml 1.34, `CommandJob._to_rest_object`, `to_rest_dataset_literal_inputs`, `to_rest_data_outputs`
 */
export function draftCommandJob(
  yaml: CommandJobYaml,
  document: SourceDocument,
  context: DraftContext,
): CommandJobDraft | undefined {
  const environment = environmentUseOf(yaml.environment, document, ['environment'], context);
  const code = yaml.code === undefined ? undefined : context.keepFolder(yaml.code, document, ['code']);
  if (environment === undefined) return undefined;
  const { resources, limits } = yaml;
  return {
    command: yaml.command,
    ...present({ displayName: yaml.display_name, experimentName: yaml.experiment_name, description: yaml.description }),
    tags: yaml.tags ?? {},
    properties: yaml.properties ?? {},
    ...present({ code }),
    environment,
    ...(yaml.compute === undefined ? {} : { compute: stripReference(yaml.compute) }),
    inputs: draftInputs(yaml.inputs, document),
    outputs: draftOutputs(yaml.outputs),
    environmentVariables: yaml.environment_variables ?? {},
    ...(resources === undefined ? {} : { resources: draftResources(resources) }),
    ...(yaml.distribution === undefined ? {} : { distribution: draftDistribution(yaml.distribution) }),
    ...(limits?.timeout === undefined ? {} : { timeout: isoDuration(limits.timeout * 1000) }),
    services: mapEntries(yaml.services, draftService),
  };
}

/** Inputs of a job at its top level. Those without a path are for whoever starts it. */
export function draftInputs(
  inputs: Readonly<Record<string, PipelineInputYaml>> | undefined,
  document: SourceDocument,
): Record<string, JobInput> {
  return mapEntries(inputs, (input, name) => draftInput(input, document.plainText(['inputs', name])));
}

/** Outputs of a job at its top level. */
export function draftOutputs(outputs: Readonly<Record<string, JobOutputYaml>> | undefined): Record<string, JobOutput> {
  return mapEntries(outputs, draftOutput);
}

function mapEntries<From, To>(
  record: Readonly<Record<string, From>> | undefined,
  convert: (value: From, name: string) => To,
): Record<string, To> {
  return Object.fromEntries(Object.entries(record ?? {}).map(([name, value]) => [name, convert(value, name)]));
}

function draftInput(input: PipelineInputYaml, source: string | undefined): JobInput {
  if (typeof input !== 'object') return { jobInputType: 'literal', value: textOfScalar(input, source) };
  return {
    jobInputType: input.type ?? 'uri_folder',
    ...(input.path === undefined ? {} : { uri: stripReference(input.path) }),
    ...(input.mode === undefined ? {} : { mode: inputModeNames[input.mode] }),
    ...present({ description: input.description }),
  };
}

function draftOutput(output: JobOutputYaml): JobOutput {
  return {
    jobOutputType: output?.type ?? 'uri_folder',
    ...(output?.path === undefined ? {} : { uri: stripReference(output.path) }),
    ...(output?.mode === undefined ? {} : { mode: outputModeNames[output.mode] }),
    ...present({ description: output?.description, assetName: output?.name, assetVersion: output?.version }),
  };
}

/** What a job runs on, as in the payload. */
export function draftResources(resources: NonNullable<CommandJobYaml['resources']>): CommandJobDraft['resources'] {
  return {
    ...present({
      instanceCount: resources.instance_count,
      instanceType: resources.instance_type,
      shmSize: resources.shm_size,
      dockerArgs: resources.docker_args,
    }),
  };
}

/** How its processes find each other, as in the payload. */
export function draftDistribution(
  distribution: NonNullable<CommandJobYaml['distribution']>,
): CommandJobDraft['distribution'] {
  if (distribution.type === 'tensorflow') {
    return {
      distributionType: 'TensorFlow',
      ...present({ workerCount: distribution.worker_count }),
      parameterServerCount: distribution.parameter_server_count ?? 0,
    };
  }
  return {
    distributionType: distribution.type === 'pytorch' ? 'PyTorch' : 'Mpi',
    ...present({ processCountPerInstance: distribution.process_count_per_instance }),
  };
}

function draftService(service: NonNullable<CommandJobYaml['services']>[string]): CommandJobDraft['services'][string] {
  const properties = {
    ...present({ logDir: service.log_dir, sshPublicKeys: service.ssh_public_keys }),
  };
  return {
    jobServiceType: serviceTypes[service.type],
    ...present({ port: service.port }),
    ...(service.nodes === 'all' ? { nodes: { nodesValueType: 'All' as const } } : {}),
    ...(Object.keys(properties).length === 0 ? {} : { properties }),
  };
}
