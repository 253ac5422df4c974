import { readFile } from 'node:fs/promises';

import { z } from 'zod';

/** Where to ask, and the file with the secret of this machine. */
export interface DevelopmentIssuer {
  readonly tokenUrl: string;
  readonly secretFile: string;
  /** Name of the person. */
  readonly name?: string;
  readonly roles?: readonly ('reader' | 'operator' | 'publisher')[];
}

const answer = z.looseObject({ access_token: z.string() });

/**
 * @returns an access token of the development issuer
 * @throws {Error} nothing answers there, it says no, or it sends us elsewhere: the secret is for this address only
 */
export async function getDevelopmentToken({ tokenUrl, secretFile, name, roles }: DevelopmentIssuer): Promise<string> {
  const secret = (await readFile(secretFile, 'utf8')).trim();
  const response = await fetch(tokenUrl, {
    method: 'POST',
    redirect: 'error',
    headers: { authorization: `Bearer ${secret}`, 'content-type': 'application/json' },
    body: JSON.stringify({ ...(name === undefined ? {} : { name }), ...(roles === undefined ? {} : { roles }) }),
  }).catch((cause: unknown) => {
    const told = cause instanceof Error && cause.cause instanceof Error ? cause.cause.message : String(cause);
    throw new Error(`${new URL(tokenUrl).origin} cannot be asked: ${told}.`, { cause });
  });
  if (!response.ok) throw new Error(`The development issuer answered ${response.status}.`);
  return answer.parse(await response.json()).access_token;
}
