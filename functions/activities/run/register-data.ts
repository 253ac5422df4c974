import type { DoneOrEnded, OwnedRun } from '#shared/contracts/activities/run/run-activities.ts';
import { dataAssetName, dataVersion } from '#shared/domain/run/names.ts';

import type { ActivityDependencies } from '../../durable/register-activity.ts';
import { readManifest } from '../data-window/read-manifest.ts';
import { inStep } from './step.ts';

/** Registers the data version of the manifest as a data asset version; the same bytes are the same version. */
export function registerDataActivity(deps: ActivityDependencies, owned: OwnedRun): Promise<DoneOrEnded> {
  const { run } = owned;
  const name = dataAssetName(run.pipeline);
  const version = dataVersion(run.manifestDigest);
  return inStep(deps, owned, 'data', 'Registering the data version.', async () => {
    const manifest = await readManifest(deps, run.pipeline, run.manifestNumber);
    const sizeBytes = manifest.contents.reduce((sum, blob) => sum + blob.sizeBytes, 0);
    await deps.ml.putAssetVersion('data', name, version, {
      properties: {
        dataType: 'uri_folder',
        dataUri: `azureml://datastores/${deps.config.WHENCE_DATA_DATASTORE}/paths/${run.manifestDigest}/`,
        description: `Data of pipeline ${run.pipeline}, manifest ${run.manifestDigest}.`,
        tags: {
          'whence.owner': `manifest:${run.manifestDigest}`,
          'whence.pipeline': run.pipeline,
          'whence.manifest': run.manifestDigest,
        },
      },
    });
    const blobs = manifest.contents.length;
    return {
      summary: `Data version ${version}: ${blobs} ${blobs === 1 ? 'file' : 'files'}, ${sizeBytes} bytes.`,
      data: { name, version, blobs, sizeBytes, manifestDigest: run.manifestDigest },
      change: (head) => ({ ...head, data: { name, version, blobs, sizeBytes } }),
    };
  });
}
