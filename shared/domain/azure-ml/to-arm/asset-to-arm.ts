import type { SourceDocument } from '../../yaml/source-document.ts';
import type { DraftContext } from '../draft/context.ts';
import { present } from '../draft/present.ts';
import type { DataYaml, ModelYaml } from '../yaml/asset-yaml.ts';

/**
 * Payload of a data version, as Azure ML's tools make it before anything is uploaded.
 * @source azure-ai-ml 1.34, `Data._to_rest_object`
 */
export function dataToArm(yaml: DataYaml, document: SourceDocument, context: DraftContext): Record<string, unknown> {
  return {
    properties: {
      dataType: yaml.type ?? 'uri_folder',
      dataUri: context.keepAsset(yaml.path, document, ['path']),
      ...common(yaml),
    },
  };
}

/**
 * Payload of a model version, as Azure ML's tools make it before anything is uploaded.
 * @source azure-ai-ml 1.34, `Model._to_rest_object`
 */
export function modelToArm(yaml: ModelYaml, document: SourceDocument, context: DraftContext): Record<string, unknown> {
  const flavors = Object.entries(yaml.flavors ?? {}).map(([name, data]) => [name, { data }] as const);
  return {
    properties: {
      modelType: yaml.type ?? 'custom_model',
      ...(yaml.path === undefined ? {} : { modelUri: context.keepAsset(yaml.path, document, ['path']) }),
      ...(flavors.length === 0 ? {} : { flavors: Object.fromEntries(flavors) }),
      ...common(yaml),
    },
  };
}

function common(yaml: DataYaml | ModelYaml): Record<string, unknown> {
  return {
    ...present({ description: yaml.description }),
    tags: yaml.tags ?? {},
    properties: yaml.properties ?? {},
    isAnonymous: false,
    isArchived: false,
  };
}
