/** The app looks at everything that it stands on, with its own identity and from its own network. */
import type { CheckStatus, Diagnosis } from '#shared/contracts/api/diagnosis.ts';

import { azureMlChecks } from './azure-ml-checks.ts';
import { answer, type Check, type DiagnosisDependencies } from './check.ts';
import { networkChecks } from './network-checks.ts';
import { queueChecks } from './queue-checks.ts';
import { storageChecks } from './storage-checks.ts';

/** Asks everything at once. */
export async function diagnose(deps: DiagnosisDependencies): Promise<Diagnosis> {
  const checks = await Promise.all(
    [
      identityCheck(deps),
      ...networkChecks(deps),
      ...storageChecks(deps),
      ...queueChecks(deps),
      orchestrationCheck(deps),
      ...azureMlChecks(deps),
    ].map(answer),
  );
  const worst = (['failed', 'warning'] as const satisfies readonly CheckStatus[]).find((status) =>
    checks.some((one) => one.status === status),
  );
  return { stage: deps.config.WHENCE_STAGE, status: worst ?? 'ok', checks };
}

function identityCheck({ whoAmI, config }: DiagnosisDependencies): Check {
  return {
    area: 'identity',
    check: 'gets tokens as itself',
    fix: 'Attach the user-assigned identity whose client id is in WHENCE_IDENTITY_CLIENT_ID to the function app.',
    ask: async () => {
      const { objectId, clientId } = await whoAmI();
      const wanted = config.WHENCE_IDENTITY_CLIENT_ID;
      if (wanted !== undefined && clientId !== wanted) throw new Error(`It is ${clientId}, not ${wanted}.`);
      return `object id ${objectId}: roles are given to this`;
    },
  };
}

function orchestrationCheck({ client }: DiagnosisDependencies): Check {
  return {
    area: 'orchestration',
    check: 'asks the task hub',
    fix: "Give the app's identity the role Durable Task Data Contributor on the task hub, or with durableBackend azureStorage those on the host account.",
    ask: async () => {
      await client.status('doctor');
      return 'answers';
    },
  };
}
