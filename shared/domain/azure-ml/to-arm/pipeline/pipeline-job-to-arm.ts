import { checkSchema } from '../../../yaml/check-schema.ts';
import type { SourceDocument } from '../../../yaml/source-document.ts';
import { draftInputs, draftOutputs } from '../../draft/command-job-draft.ts';
import type { DraftContext } from '../../draft/context.ts';
import { present } from '../../draft/present.ts';
import { stripReference } from '../../draft/references.ts';
import { laterComponentKeys, usedPipelineComponentYaml } from '../../yaml/component-yaml.ts';
import type { PipelineJobYaml } from '../../yaml/pipeline-job-yaml.ts';

import { checkNodeInputs } from './check-graph.ts';
import { literalType } from './node-io.ts';
import { componentNodes, nodesToArm } from './nodes.ts';
import type { Port } from './scope.ts';
import { componentFile } from './used-component.ts';

/**
 * Payload of a pipeline job, as Azure ML's tools make it before anything is uploaded: components are inside it. What is
 * wrong is reported.
 *
 * @source azure-ai-ml 1.34, `PipelineJob._to_rest_object`
 */
export function pipelineJobToArm(
  yaml: PipelineJobYaml,
  document: SourceDocument,
  context: DraftContext,
): Record<string, unknown> {
  const { settings } = yaml;
  const inputs = Object.entries(draftInputs(yaml.inputs, document)).filter(
    ([, input]) => input.jobInputType !== 'literal' || input.value !== '',
  );
  return {
    properties: {
      jobType: 'Pipeline',
      ...present({
        displayName: yaml.display_name,
        experimentName: yaml.experiment_name,
        description: yaml.description,
      }),
      ...(yaml.compute === undefined ? {} : { computeId: stripReference(yaml.compute) }),
      tags: yaml.tags ?? {},
      properties: yaml.properties ?? {},
      inputs: Object.fromEntries(inputs),
      outputs: draftOutputs(yaml.outputs),
      settings: {
        _source: yaml.component === undefined ? 'YAML.JOB' : 'YAML.COMPONENT',
        ...(settings?.default_compute === undefined
          ? {}
          : { default_compute: stripReference(settings.default_compute) }),
        ...(settings?.default_datastore === undefined
          ? {}
          : { default_datastore: stripReference(settings.default_datastore) }),
        ...present({
          continue_on_step_failure: settings?.continue_on_step_failure,
          force_rerun: settings?.force_rerun,
        }),
      },
      ...steps(yaml, document, context),
      isArchived: false,
    },
  };
}

function steps(yaml: PipelineJobYaml, document: SourceDocument, context: DraftContext): Record<string, unknown> {
  if (yaml.jobs !== undefined) {
    return {
      jobs: nodesToArm(yaml.jobs, {
        document,
        at: ['jobs'],
        inputs: inputPorts(yaml, document),
        outputs: outputPorts(yaml),
        context,
        open: [document.file],
      }),
    };
  }
  const { component = '' } = yaml;
  if (component.startsWith('azureml:')) return { componentId: stripReference(component), jobs: {} };
  const file = componentFile(component, document, ['component'], context);
  if (file === undefined) return {};
  const checked = checkSchema(usedPipelineComponentYaml, file, laterComponentKeys);
  checked.problems?.forEach((problem) => context.report(problem));
  if (checked.value === undefined) return {};
  checkNodeInputs(yaml.inputs ?? {}, checked.value.inputs ?? {}, document, [], context);
  return { jobs: componentNodes(checked.value, file, [], context, [document.file]) };
}

function inputPorts(yaml: PipelineJobYaml, document: SourceDocument): ReadonlyMap<string, Port> {
  const entries = Object.entries(yaml.inputs ?? {}).map(([name, input]): [string, Port] => {
    if (typeof input !== 'object') return [name, { type: literalType(input, document.plainText(['inputs', name])) }];
    return [name, { type: input.type ?? 'uri_folder', ...present({ mode: input.mode }) }];
  });
  return new Map(entries);
}

function outputPorts(yaml: PipelineJobYaml): ReadonlyMap<string, Port> {
  const entries = Object.entries(yaml.outputs ?? {}).map(([name, output]): [string, Port] => [
    name,
    { type: output?.type ?? 'uri_folder', ...present({ mode: output?.mode }) },
  ]);
  return new Map(entries);
}
