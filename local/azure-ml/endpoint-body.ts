/** Bodies of online endpoints and deployments: what the laptop honours of them, and what it refuses by name. */
import { z } from 'zod';

import { sha256 } from '#shared/domain/digest.ts';

import { invalid, notServed, readBody } from './arm-error.ts';
import { durationMs } from './duration.ts';

/** @source azure-facts.md 3.4: 3 to 32 characters, a letter first, letters, digits and hyphens */
const nameRule = /^[A-Za-z][A-Za-z0-9-]{1,30}[A-Za-z0-9]$/;
/** How callers of an endpoint show who they are. @source azure-facts.md 3.3 */
export const authModes = ['AADToken', 'AMLToken', 'Key'] as const;
/** Request time limit where a deployment says nothing. @source Azure ML, managed online deployments */
const REQUEST_TIMEOUT_MS = 5_000;
/** @source azure-facts.md 3.4: at most 180 s */
const LONGEST_REQUEST_MS = 180_000;

/** ARM id of a user-assigned identity. */
const identityId =
  /^\/subscriptions\/[^/]+\/resourceGroups\/[^/]+\/providers\/Microsoft\.ManagedIdentity\/userAssignedIdentities\/[^/]+$/i;
/** Tenant of the identities that endpoints have on a laptop. */
const TENANT = '00000000-0000-4000-8000-000000000001';

const texts = z.record(z.string(), z.string());
const traffic = z.record(z.string(), z.int().min(0).max(100));
const route = z.strictObject({ path: z.string().startsWith('/'), port: z.int().optional() });
/** Where and by whom a resource is held means nothing on a laptop. */
const tracked = {
  location: z.string().optional(),
  kind: z.string().nullish(),
  identity: z.looseObject({}).nullish(),
  tags: texts.nullish(),
};

/** What a client sends back of what the service wrote is passed over. @source ARM, ManagedServiceIdentity */
const identity = z
  .strictObject({
    type: z.enum([
      'None',
      'SystemAssigned',
      'UserAssigned',
      'SystemAssigned,UserAssigned',
      'SystemAssigned, UserAssigned',
    ]),
    principalId: z.string().nullish(),
    tenantId: z.string().nullish(),
    userAssignedIdentities: z
      .record(
        z.string().regex(identityId, 'not the ARM id of a user-assigned identity'),
        z.strictObject({ principalId: z.string().nullish(), clientId: z.string().nullish() }),
      )
      .nullish(),
  })
  .nullish();

const endpoint = z.strictObject({
  ...tracked,
  identity,
  sku: z.looseObject({}).nullish(),
  properties: z.strictObject({
    authMode: z.enum(authModes),
    description: z.string().nullish(),
    properties: texts.nullish(),
    publicNetworkAccess: z.enum(['Enabled', 'Disabled']).optional(),
    compute: z.string().nullish(),
    traffic: traffic.nullish(),
    mirrorTraffic: traffic.nullish(),
  }),
});

const probe = z
  .strictObject({
    initialDelay: z.string().nullish(),
    period: z.string().nullish(),
    timeout: z.string().nullish(),
    failureThreshold: z.int().positive().nullish(),
    successThreshold: z.int().positive().nullish(),
  })
  .nullish();
const deployment = z.strictObject({
  ...tracked,
  sku: z
    .strictObject({
      name: z.string(),
      capacity: z.int().positive().default(1),
      tier: z.string().nullish(),
      size: z.string().nullish(),
      family: z.string().nullish(),
    })
    .nullish(),
  properties: z.strictObject({
    endpointComputeType: z.literal('Managed', 'the laptop has managed deployments only').default('Managed'),
    description: z.string().nullish(),
    properties: texts.nullish(),
    model: z.string().min(1),
    codeConfiguration: z.strictObject({ codeId: z.string().min(1), scoringScript: z.string().min(1) }),
    environmentId: z.string().min(1),
    environmentVariables: texts.nullish(),
    instanceType: z.string().nullish(),
    // One process serves; how Azure would scale and log several instances means nothing here.
    livenessProbe: probe,
    readinessProbe: probe,
    scaleSettings: z
      .looseObject({ scaleType: z.literal('Default', 'the laptop has the scale type Default only') })
      .nullish(),
    appInsightsEnabled: z.boolean().nullish(),
    egressPublicNetworkAccess: z.enum(['Enabled', 'Disabled']).nullish(),
    requestSettings: z
      .strictObject({
        requestTimeout: z.string().nullish(),
        maxConcurrentRequestsPerInstance: z.int().positive().nullish(),
        maxQueueWait: z.string().nullish(),
      })
      .nullish(),
  }),
});

/** An endpoint's body. */
export type EndpointBody = z.output<typeof endpoint>;
/** A deployment's body. */
export type DeploymentBody = z.output<typeof deployment>;

/**
 * Reads the body of a PUT of an endpoint.
 *
 * @throws {ArmError} Azure ML would refuse it, or the laptop does not serve it
 */
export function readEndpoint(name: string, told: unknown): EndpointBody {
  checkName('endpoint', name);
  const body = readBody(endpoint, withoutReadOnly(told), `Endpoint ${name}`);
  const { mirrorTraffic, traffic: live } = body.properties;
  checkMirror(mirrorTraffic ?? {}, live ?? {});
  const sum = Object.values(live ?? {}).reduce((total, percent) => total + percent, 0);
  if (sum !== 0 && sum !== 100) throw invalid(`Traffic values need to sum to 100; these sum to ${sum}.`);
  return body.identity === undefined ? body : { ...body, identity: knownIdentity(name, body.identity) };
}

/** The identity with what the service knows of it: ids that stay the same from one request to the next. */
function knownIdentity(name: string, told: EndpointBody['identity']): EndpointBody['identity'] {
  if (told === undefined || told === null) return told;
  const { type } = told;
  const own = Object.keys(told.userAssignedIdentities ?? {});
  if (type.includes('UserAssigned') !== own.length > 0)
    throw invalid(
      own.length > 0
        ? `An identity of type ${type} has no user-assigned identity.`
        : `An identity of type ${type} names no user-assigned identity.`,
    );
  return {
    type,
    ...(type.includes('SystemAssigned')
      ? { principalId: uuidOf(`principal of endpoint ${name}`), tenantId: TENANT }
      : {}),
    ...(own.length === 0
      ? {}
      : {
          userAssignedIdentities: Object.fromEntries(
            own.map((id) => [id, { principalId: uuidOf(`principal ${id}`), clientId: uuidOf(`client ${id}`) }]),
          ),
        }),
  };
}

function uuidOf(text: string): string {
  const hex = sha256(text.toLowerCase());
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20, 32)].join('-');
}

/**
 * Reads the body of a PUT of a deployment.
 *
 * @throws {ArmError} Azure ML would refuse it, or the laptop does not serve it
 */
export function readDeployment(name: string, told: unknown): DeploymentBody {
  checkName('deployment', name);
  const body = readBody(deployment, withoutReadOnly(told), `Deployment ${name}`);
  const { scoringScript } = body.properties.codeConfiguration;
  if (!/^[\w./-]+\.(mjs|js|py)$/.test(scoringScript) || scoringScript.split('/').includes('..'))
    throw notServed(
      `The scoring script ${scoringScript} (the laptop runs .py with init and run, and programs for Node, .mjs and .js)`,
    );
  requestTimeoutMs(body);
  return body;
}

/** @returns the time limit of a request to a deployment */
export function requestTimeoutMs({ properties }: DeploymentBody): number {
  const told = properties.requestSettings?.requestTimeout;
  return typeof told === 'string' ? Math.min(durationMs(told), LONGEST_REQUEST_MS) : REQUEST_TIMEOUT_MS;
}

/** @source Azure ML, "Safe rollout for online endpoints": one deployment mirrors, at most 50 %, and has no live traffic */
function checkMirror(mirror: Readonly<Record<string, number>>, live: Readonly<Record<string, number>>): void {
  const mirroring = Object.entries(mirror).filter(([, percent]) => percent > 0);
  if (mirroring.length > 1) throw invalid('Only one deployment can mirror traffic.');
  for (const [deployment, percent] of mirroring) {
    if (percent > 50) throw invalid(`At most 50 % of the traffic can be mirrored, not ${percent} %.`);
    if ((live[deployment] ?? 0) > 0) throw invalid(`Deployment ${deployment} cannot mirror traffic and have its own.`);
  }
}

/** @returns how long a request waits for room at a deployment; undefined: the default */
export function queueWaitMs({ properties }: DeploymentBody): number | undefined {
  const told = properties.requestSettings?.maxQueueWait;
  return typeof told === 'string' ? durationMs(told) : undefined;
}

/** @returns how long a deployment may take to be ready, by its readiness probe or by default */
export function startLimitMs({ properties }: DeploymentBody, byDefaultMs: number): number {
  const { initialDelay, period, failureThreshold } = properties.readinessProbe ?? {};
  if (typeof period !== 'string' || typeof failureThreshold !== 'number') return byDefaultMs;
  return (typeof initialDelay === 'string' ? durationMs(initialDelay) : 0) + durationMs(period) * failureThreshold;
}

const inferenceConfig = z.looseObject({
  livenessRoute: route.nullish(),
  readinessRoute: route.nullish(),
  scoringRoute: route.nullish(),
});

/** @returns where a scoring server answers, as its environment says */
export function scoringRoutes(told: unknown): {
  readonly liveness: string;
  readonly readiness: string;
  readonly scoring: string;
} {
  const config = readBody(inferenceConfig.nullish(), told, 'The inference config');
  return {
    liveness: config?.livenessRoute?.path ?? '/',
    readiness: config?.readinessRoute?.path ?? config?.livenessRoute?.path ?? '/',
    scoring: config?.scoringRoute?.path ?? '/score',
  };
}

/** A client that changes what it has read sends back what only the service writes; ARM ignores that. */
function withoutReadOnly(told: unknown): unknown {
  if (typeof told !== 'object' || told === null || !('properties' in told)) return told;
  const {
    id: _id,
    name: _name,
    type: _type,
    systemData: _systemData,
    properties,
    ...rest
  } = told as Record<string, unknown>;
  if (typeof properties !== 'object' || properties === null) return told;
  const {
    provisioningState: _state,
    scoringUri: _scoring,
    swaggerUri: _swagger,
    ...others
  } = properties as Record<string, unknown>;
  return { ...rest, properties: others };
}

function checkName(kind: string, name: string): void {
  if (!nameRule.test(name))
    throw invalid(`"${name}" is no ${kind} name: 3 to 32 letters, digits and hyphens, a letter first.`);
}
