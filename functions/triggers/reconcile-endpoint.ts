import type { ServingRecord } from '#shared/contracts/records/serving.ts';
import { digestOf } from '#shared/domain/digest.ts';
import { limits } from '#shared/domain/limits.ts';
import { holdsTraffic, withTraffic } from '#shared/domain/run/traffic.ts';

import type { ActivityDependencies } from '../durable/register-activity.ts';
import { readServing, writeServing } from '../run-store/serving-store.ts';

/**
 * Compares an endpoint with what it should serve: repairs its traffic, and deletes retired deployments once no activity
 * that knew them can still run. A roll-out that is under way is left alone.
 *
 * @source design decision 8
 */
export async function reconcileEndpoint(deps: ActivityDependencies, serving: ServingRecord): Promise<void> {
  const nowMs = deps.clock.nowMs();
  if (serving.previous !== undefined && nowMs - Date.parse(serving.updatedAt) < limits.activityRepeatMs) return;
  const endpoint = await deps.ml.endpoint(serving.endpoint);
  if (endpoint?.provisioning !== 'succeeded') return;
  // It was listed a while ago; a roll-out may have come in between.
  const now = (await readServing(deps.records, serving.endpoint)).record;
  if (now === undefined || digestOf(now) !== digestOf(serving)) return;
  if (!holdsTraffic(endpoint.traffic, serving.traffic)) {
    await deps.ml.putEndpoint(serving.endpoint, withTraffic(endpoint.body, serving.traffic));
    deps.telemetry.log('reconciler.repaired', { endpoint: serving.endpoint, what: 'traffic' });
    return;
  }
  const due = serving.retiring.filter(
    (one) =>
      Date.parse(one.notBefore) <= nowMs &&
      (serving.traffic[one.deployment] ?? 0) === 0 &&
      (serving.previous?.traffic[one.deployment] ?? 0) === 0,
  );
  for (const { deployment } of due) await deps.ml.deleteDeployment(serving.endpoint, deployment);
  if (due.length > 0) await forget(deps, serving.endpoint, new Set(due.map((one) => one.deployment)));
}

async function forget(deps: ActivityDependencies, endpoint: string, deleted: ReadonlySet<string>): Promise<void> {
  const read = await readServing(deps.records, endpoint);
  if (read.record === undefined) return;
  // A lost race is no harm: the next round deletes what is gone once more, and tries again to forget it.
  await writeServing(deps.records, read, {
    ...read.record,
    retiring: read.record.retiring.filter((one) => !deleted.has(one.deployment)),
  });
}
