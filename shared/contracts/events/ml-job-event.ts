import { z } from 'zod';

/**
 * An Azure ML job event as Event Grid delivers it: CloudEvents 1.0. Only what names the job is read; what became of it
 * is read from Azure ML.
 *
 * @source azure-facts.md 4.1: RunCompleted, and RunStatusChanged for failed jobs only
 */
export const mlJobEvent = z.looseObject({
  specversion: z.literal('1.0'),
  id: z.string().min(1),
  source: z.string().min(1),
  type: z.enum([
    'Microsoft.MachineLearningServices.RunCompleted',
    'Microsoft.MachineLearningServices.RunStatusChanged',
  ]),
  data: z.looseObject({ runId: z.string().min(1).max(255), runStatus: z.string().optional() }),
});
