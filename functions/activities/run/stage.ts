/** The stage profile's rules on everything that a run sends to Azure ML. */
import { ownEntry } from '#shared/domain/is-record.ts';
import { applyStage, type StageRules } from '#shared/domain/stage-profile/stage-rules.ts';
import { WhenceError } from '#shared/errors/whence-error.ts';
import type { ArmBody } from '#shared/ports/ml-platform.ts';

import type { ActivityDependencies } from '../../durable/register-activity.ts';

type Stage = Pick<ActivityDependencies, 'profile' | 'config'>;

/**
 * A payload as the stage lets it be sent.
 *
 * @throws {WhenceError} `run.stage-refused`: every rule that refused, with its reason
 */
export function staged(stage: Stage, wanted: ArmBody): ArmBody {
  const { payload, refused } = applyStage(wanted, rulesOf(stage));
  if (refused.length === 0) return payload;
  const told = refused.map(
    ({ rule, path, found, reason }) => `${path} (${JSON.stringify(found)}): ${reason} [${rule}]`,
  );
  throw new WhenceError('run.stage-refused', told.join(' '), { details: { refused } });
}

/**
 * The compute that the stage has for the name that a pipeline uses.
 *
 * @returns its ARM id
 */
export function computeIdOf({ profile, ml }: Pick<ActivityDependencies, 'profile' | 'ml'>, name: string): string {
  return ml.computeId(ownEntry(profile.compute, name) ?? name);
}

/** The datastore that Whence itself writes to is always listed. */
function rulesOf({ profile, config }: Stage): StageRules {
  return {
    ...profile,
    datastores: [...profile.datastores, config.WHENCE_ML_DATASTORE],
    workspaceId: config.WHENCE_AZURE_ML_WORKSPACE_ID,
  };
}
