import { z } from 'zod';

import { ownEntry } from '#shared/domain/is-record.ts';
import { limits } from '#shared/domain/limits.ts';

import { publicKeys } from './public-keys.ts';
import { trustLevels } from './records/pipeline-version.ts';

/** Name of an online endpoint. @source Azure ML: 3 to 32 letters, digits and hyphens, a letter first */
const endpointName = z
  .string()
  .regex(
    /^[A-Za-z][A-Za-z0-9-]{1,30}[A-Za-z0-9]$/,
    'a name of 3 to 32 letters, digits and hyphens that starts with a letter',
  );

/** Name: 3 to 128 letters, digits, hyphens and underscores. @source Azure naming rules, Microsoft.ManagedIdentity */
const identityId = z
  .string()
  .regex(
    /^\/subscriptions\/[^/\s]+\/resourceGroups\/[^/\s]+\/providers\/Microsoft\.ManagedIdentity\/userAssignedIdentities\/[a-z0-9][\w-]{2,127}$/i,
    'an ARM id, as in /subscriptions/…/resourceGroups/…/providers/Microsoft.ManagedIdentity/userAssignedIdentities/NAME',
  );

/**
 * What the platform team decides for a stage. It lies outside the pipeline version, so the same bytes go from dev to
 * prod; what a pipeline's YAML says about these things is overridden.
 *
 * @source design decision 16
 */
export const stageProfile = z.strictObject({
  /** Logical compute → compute of the workspace. Others keep their name. */
  compute: z.record(z.string(), z.string()).default({}),
  /** Pipeline → endpoint; by default pipeline and stage. */
  endpoints: z.record(z.string(), endpointName).default({}),
  /** Compute of the workspace (or `serverless`) → price of a node for an hour, in a currency of one's own, for the metric of cost. */
  pricePerNodeHour: z.record(z.string(), z.number().nonnegative()).default({}),
  /** How callers of endpoints show who they are: by tokens of Entra. No secret exists anywhere. */
  endpointAuthentication: z
    .literal('AADToken', 'AADToken, because callers of endpoints show tokens of Entra and nothing else')
    .default('AADToken'),
  /** Identity that the containers of endpoints have; without it each endpoint gets one of its own. */
  endpointIdentity: identityId.optional(),
  publicNetworkAccess: z.enum(['Enabled', 'Disabled']).default('Disabled'),
  /** Beginnings of container images that may run, as in `mcr.microsoft.com/`; without it, any. */
  images: z.array(z.string().min(1)).optional(),
  /** Registries of Azure ML whose assets pipelines may use; `azureml` is Microsoft's own. */
  registries: z.array(z.string().min(1)).default(['azureml']),
  /** Datastores from which pipelines may read beside the data that lands. Outputs go where Whence puts them. */
  datastores: z.array(z.string().min(1)).default([]),
  /** Which published versions may run. */
  accepts: z.array(z.enum(trustLevels)).min(1).default(['verified', 'claimed']),
  /** CI systems whose tokens verify a publication. */
  ciIssuers: z
    .array(
      z.strictObject({
        issuer: z.url(),
        audience: z.string().min(1),
        repositories: z.array(z.string().min(1)).min(1),
        /** Refs that may be published from, as `refs/heads/main`; without them any branch and tag, and no pull request. */
        refs: z.array(z.string().min(1)).min(1).optional(),
        /** Its keys, where the network does not reach it; without them they are fetched. */
        keys: publicKeys.optional(),
      }),
    )
    .default([]),
});
/** See {@link stageProfile}. */
export type StageProfile = z.output<typeof stageProfile>;

/**
 * The endpoint of a pipeline on a stage.
 *
 * @param stage - for the default name, which is shortened to what Azure ML takes
 */
export function endpointNameOf(profile: StageProfile, pipeline: string, stage: string): string {
  const named = ownEntry(profile.endpoints, pipeline);
  if (named !== undefined) return named;
  const room = limits.endpointNameChars - stage.length - 1;
  return `${pipeline.slice(0, room).replace(/-+$/, '')}-${stage}`;
}
