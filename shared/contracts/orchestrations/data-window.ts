import { z } from 'zod';

import { windowReference } from '../activities/data-window/window-activities.ts';
import { orchestrationContract } from '../orchestration-contract.ts';

/** One generation of collecting. Instance id: `<pipeline>-<generation>`. */
export const dataWindowOrchestration = orchestrationContract(
  'dataWindow',
  windowReference,
  z.strictObject({ outcome: z.literal('done') }),
);
