import type { WorkspaceContext } from './context.ts';
import type { JobProperties } from './job-body.ts';

/**
 * Registers the outputs of a completed job that have a name, as data assets or models; one that is registered already is
 * left as it is.
 */
export function registerOutputs({ resources }: WorkspaceContext, job: string, { outputs }: JobProperties): void {
  for (const { assetName, assetVersion, jobOutputType, uri } of Object.values(outputs ?? {})) {
    if (assetName === undefined) continue;
    const isModel = jobOutputType.endsWith('_model');
    const collection = `${isModel ? 'models' : 'data'}/${assetName}/versions`;
    const version = assetVersion ?? String(resources.list(collection).length + 1);
    if (resources.get(`${collection}/${version}`) !== undefined) continue;
    const properties = isModel
      ? { modelType: jobOutputType, modelUri: uri, jobName: job }
      : { dataType: jobOutputType, dataUri: uri };
    resources.put(`${collection}/${version}`, version, { properties }, {});
  }
}
