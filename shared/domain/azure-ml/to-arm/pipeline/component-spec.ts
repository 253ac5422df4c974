/** Component versions as Azure ML's tools make them. @source azure-ai-ml 1.34, `CommandComponent`, `Component._to_rest_object` */
import { parseYaml } from '../../../yaml/parse-yaml.ts';
import type { PathStep } from '../../../yaml/problem.ts';
import type { SourceDocument } from '../../../yaml/source-document.ts';
import { textOfScalar } from '../../../yaml/text-of-scalar.ts';
import type { DraftContext } from '../../draft/context.ts';
import type { EnvironmentUse } from '../../draft/drafts.ts';
import { environmentUseOf } from '../../draft/environment-draft.ts';
import { present } from '../../draft/present.ts';
import type { CommandJobYaml } from '../../yaml/command-job-yaml.ts';
import type { CommandComponentYaml, ComponentInputYaml, PipelineComponentYaml } from '../../yaml/component-yaml.ts';

/** Where a component comes from. @source azure-ai-ml 1.34, `ComponentSource` */
export type ComponentSource = 'YAML.JOB' | 'YAML.COMPONENT' | 'REMOTE.REGISTRY' | 'REMOTE.WORKSPACE.COMPONENT';

/** Whether a component is registered under its own name or only used. */
export type ComponentUse = 'named' | 'anonymous';

/** A component version: its spec, and what the platform keeps beside it. */
export function componentVersion(
  spec: Readonly<Record<string, unknown>>,
  kept: { readonly description?: string | undefined; readonly tags?: Readonly<Record<string, string>> | undefined },
  use: ComponentUse,
): Record<string, unknown> {
  return {
    properties: {
      componentSpec: use === 'named' ? spec : { ...spec, name: 'azureml_anonymous', version: '1' },
      ...present({ description: kept.description }),
      tags: kept.tags ?? {},
      properties: {},
      isAnonymous: use === 'anonymous',
      isArchived: false,
    },
  };
}

/** What every component says of itself. */
export function describedSpec(
  yaml: CommandComponentYaml | PipelineComponentYaml,
  document: SourceDocument,
  at: readonly PathStep[],
  source: ComponentSource,
): Record<string, unknown> {
  return {
    _source: source,
    type: yaml.type ?? 'command',
    ...present({
      $schema: yaml.$schema,
      name: yaml.name,
      version: yaml.version,
      display_name: yaml.display_name,
      description: yaml.description,
      tags: nonEmpty(yaml.tags),
      properties: nonEmpty(yaml.properties),
      inputs: nonEmpty(inputSpecs(yaml.inputs ?? {}, document, [...at, 'inputs'])),
      outputs: nonEmpty(yaml.outputs),
    }),
    is_deterministic: yaml.is_deterministic ?? true,
  };
}

/** Spec of a command component, or undefined after a reported problem. */
export function commandSpec(
  yaml: CommandComponentYaml,
  document: SourceDocument,
  at: readonly PathStep[],
  source: ComponentSource,
  context: DraftContext,
): Record<string, unknown> | undefined {
  const program = programSpec(yaml, document, at, context);
  return program === undefined ? undefined : { ...describedSpec(yaml, document, at, source), ...program };
}

/** What a command step or component runs. */
export type ProgramYaml = Pick<CommandComponentYaml, 'command' | 'code' | 'environment' | 'distribution'> & {
  readonly resources?: Readonly<Record<string, unknown>> | undefined;
};

/** The part of a spec that says what runs, or undefined after a reported problem. */
export function programSpec(
  yaml: ProgramYaml,
  document: SourceDocument,
  at: readonly PathStep[],
  context: DraftContext,
): Record<string, unknown> | undefined {
  const use = environmentUseOf(yaml.environment, document, [...at, 'environment'], context, 'keepAsset');
  const code = yaml.code === undefined ? undefined : context.keepAsset(yaml.code, document, [...at, 'code']);
  if (use === undefined) return undefined;
  return {
    command: yaml.command,
    ...present({ code, resources: yaml.resources }),
    environment: context.keepEnvironment?.(use) ?? environmentSpec(use),
    ...(yaml.distribution === undefined ? {} : { distribution: distributionSpec(yaml.distribution) }),
  };
}

/** An environment in a spec: references keep their prefix, conda files are objects. */
export function environmentSpec(use: EnvironmentUse): unknown {
  if (use.kind === 'reference') {
    return use.reference.startsWith('azureml://') ? use.reference : `azureml:${use.reference}`;
  }
  const { image, condaFile, build, inferenceConfig: config } = use.environment;
  return {
    name: 'CliV2AnonymousEnvironment',
    ...present({ image }),
    ...(condaFile === undefined ? {} : { conda_file: condaOf(condaFile) }),
    ...(build === undefined
      ? {}
      : { build: { path: build.context, ...present({ dockerfile_path: build.dockerfilePath }) } }),
    ...(config === undefined
      ? {}
      : {
          inference_config: {
            liveness_route: config.livenessRoute,
            readiness_route: config.readinessRoute,
            scoring_route: config.scoringRoute,
          },
        }),
  };
}

function condaOf(text: string): unknown {
  return parseYaml('conda.yml', new TextEncoder().encode(text), 'python').document?.value;
}

/** The distribution in a spec; TensorFlow has no parameter servers unless it says so. */
export function distributionSpec(
  distribution: NonNullable<CommandJobYaml['distribution']>,
): Readonly<Record<string, unknown>> {
  return distribution.type === 'tensorflow' ? { parameter_server_count: 0, ...distribution } : distribution;
}

const distributionTypes = { pytorch: 'PyTorch', mpi: 'Mpi', tensorflow: 'TensorFlow' } as const;

/** The distribution of a step. */
export function nodeDistribution(
  distribution: NonNullable<CommandJobYaml['distribution']>,
): Readonly<Record<string, unknown>> {
  const { type, ...counts } = distributionSpec(distribution) as { readonly type: keyof typeof distributionTypes };
  return { distribution_type: distributionTypes[type], ...counts };
}

function inputSpecs(
  inputs: Readonly<Record<string, ComponentInputYaml>>,
  document: SourceDocument,
  at: readonly PathStep[],
): Record<string, unknown> {
  const textOf = (value: string | number | boolean, path: readonly PathStep[]): string =>
    textOfScalar(value, document.plainText([...at, ...path]));
  return Object.fromEntries(
    Object.entries(inputs).map(([name, input]) => {
      const texts = (['default', 'min', 'max'] as const).flatMap((key) => {
        const value: string | number | boolean | undefined = Reflect.get(input, key);
        return value === undefined ? [] : [[key, textOf(value, [name, key])] as const];
      });
      const choices =
        'enum' in input && input.enum !== undefined
          ? { enum: input.enum.map((value, index) => textOf(value, [name, 'enum', index])) }
          : {};
      return [name, { ...input, ...Object.fromEntries(texts), ...choices }];
    }),
  );
}

/** An object, or undefined if it has no members: specs leave out what is empty. */
export function nonEmpty<T extends object>(value: T | undefined): T | undefined {
  return value === undefined || Object.keys(value).length === 0 ? undefined : value;
}
