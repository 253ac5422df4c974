import { z } from 'zod';

import { limits } from '#shared/domain/limits.ts';

/** Query of every list: how many, and the token of the page before. */
export const pagingQuery = {
  limit: z.coerce
    .number()
    .int()
    .min(1)
    .max(limits.apiPageRows)
    .default(50)
    .meta({ description: `Rows a page, at most ${limits.apiPageRows}.` }),
  after: z.string().max(2_000).optional().meta({ description: '`next` of the page before.' }),
};

/**
 * A page of a list. `next` is there while more may follow.
 *
 * @param item - schema of a row
 */
export function pageOf<Item extends z.ZodType>(
  item: Item,
): z.ZodObject<{ items: z.ZodArray<Item>; next: z.ZodOptional<z.ZodString> }> {
  return z.strictObject({ items: z.array(item), next: z.string().optional() });
}
