import type { CheckArea, CheckResult } from '#shared/contracts/api/diagnosis.ts';
import { isWhenceError } from '#shared/errors/whence-error.ts';

import type { ApiDependencies } from '../api/route-handler.ts';

/** What checks ask: the app's own connections, so that what they find is what runs will find. */
export type DiagnosisDependencies = ApiDependencies;

/** One question. Its answer is what was found; what it throws is a failure. */
export interface Check {
  readonly area: CheckArea;
  /** What is asked, as a sentence without subject: `reads the container landing`. */
  readonly check: string;
  /** What to do if it fails. */
  readonly fix: string;
  readonly ask: () => Promise<string | Concern>;
}

/** It works, and somebody should look. */
export interface Concern {
  readonly warning: string;
}

/**
 * Longest time for one check. Retries of the SDKs are shorter; a firewall that drops packets is not.
 * @source the API must answer within 230 seconds (azure-facts.md 1), and all checks run at once
 */
const PATIENCE_MS = 45_000;

/** Asks one question, and never throws. */
export async function answer({ area, check, fix, ask }: Check): Promise<CheckResult> {
  try {
    const found = await inTime(ask());
    if (typeof found === 'string') return { area, check, status: 'ok', found };
    return { area, check, status: 'warning', found: found.warning, fix };
  } catch (error) {
    return { area, check, status: 'failed', found: reasonOf(error), fix };
  }
}

async function inTime<T>(asking: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => reject(new Error(`no answer in ${PATIENCE_MS / 1_000} s`)), PATIENCE_MS);
  });
  return Promise.race([asking, late]).finally(() => clearTimeout(timer));
}

/** What went wrong, with what the SDK said below it: there it is told whether a role or the network is missing. */
function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const below = error.cause instanceof Error ? ` (${error.cause.message.split('\n')[0] ?? ''})` : '';
  const code = isWhenceError(error) ? `[${error.code}] ` : '';
  return `${code}${error.message}${below}`.slice(0, 500);
}
