import { z } from 'zod';

/**
 * An object in a stored record. A key that this release does not know is kept as it is, and the types do not know it: a
 * later release may have written it, and an older one runs beside it while instances are replaced, or after a return to
 * it. What people write (pipelines, profiles, requests) stays strict: there, a key that is not understood is refused.
 */
export function storedObject<Shape extends z.core.$ZodLooseShape>(shape: Shape): z.ZodObject<Shape, z.core.$strict> {
  return z.looseObject(shape) as unknown as z.ZodObject<Shape, z.core.$strict>;
}
