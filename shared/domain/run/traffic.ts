/** Deployment name → percent. */
export type TrafficMap = Readonly<Record<string, number>>;

/** All traffic to one deployment. */
export function allTrafficTo(deployment: string): TrafficMap {
  return { [deployment]: 100 };
}

/**
 * Whether an endpoint holds the wanted map. Deployments at 0 % count as absent.
 *
 * @param actual - what the endpoint says
 * @param wanted - what it should say
 */
export function holdsTraffic(actual: TrafficMap, wanted: TrafficMap): boolean {
  const names = new Set([...Object.keys(actual), ...Object.keys(wanted)]);
  return [...names].every((name) => (actual[name] ?? 0) === (wanted[name] ?? 0));
}

/**
 * The same endpoint body with another traffic map. Traffic changes only by a PUT of the whole endpoint, which must
 * keep what the endpoint has otherwise (azure-facts.md 3.4).
 *
 * @param body - the endpoint as read
 */
export function withTraffic(
  body: Readonly<Record<string, unknown>>,
  traffic: TrafficMap,
): Readonly<Record<string, unknown>> {
  const properties = typeof body['properties'] === 'object' && body['properties'] !== null ? body['properties'] : {};
  return { ...body, properties: { ...properties, traffic: { ...traffic } } };
}
