import { notServed } from './arm-error.ts';

/**
 * What PATCH changes of an endpoint or a deployment: everything but what it is.
 *
 * @throws {ArmError} something else is to change
 * @source ARM: PartialMinimalTrackedResource
 */
export function withWords<Body extends object>(body: Body, change: Readonly<Record<string, unknown>>): Body {
  const { tags, identity, sku, ...others } = change;
  if (Object.keys(others).length > 0)
    throw notServed(`PATCH of ${Object.keys(others).join(', ')} (traffic changes by PUT of the whole endpoint)`);
  return {
    ...body,
    ...(tags === undefined ? {} : { tags }),
    ...(identity === undefined ? {} : { identity }),
    ...(sku === undefined ? {} : { sku }),
  };
}
