import { z } from 'zod';

/** What a check is about. */
export const checkAreas = ['identity', 'network', 'storage', 'queues', 'orchestration', 'azure-ml', 'quota'] as const;
/** One of {@link checkAreas}. */
export type CheckArea = (typeof checkAreas)[number];

/** `warning`: it works, and somebody should look. */
export const checkStatuses = ['ok', 'warning', 'failed'] as const;
/** One of {@link checkStatuses}. */
export type CheckStatus = (typeof checkStatuses)[number];

/** What one check found. */
export const checkResult = z.strictObject({
  area: z.enum(checkAreas),
  /** What was asked: `reads the container landing`. */
  check: z.string(),
  status: z.enum(checkStatuses),
  /** What was found, for people. */
  found: z.string(),
  /** What to do, where it is not ok. */
  fix: z.string().optional(),
});
/** See {@link checkResult}. */
export type CheckResult = z.output<typeof checkResult>;

/** What the app found when it looked at everything that it stands on. */
export const diagnosis = z.strictObject({
  stage: z.string(),
  status: z.enum(checkStatuses),
  checks: z.array(checkResult),
});
/** See {@link diagnosis}. */
export type Diagnosis = z.output<typeof diagnosis>;
