/**
 * What the platform team decides, applied to a payload: some of what a pipeline's YAML says is overridden, some is
 * refused. Every rule has a name and a reason. Pure.
 *
 * @source design decision 16
 */
import { ownEntry } from '../is-record.ts';
import { readDataLocation } from './data-location.ts';
import { endpointIdentity } from './endpoint-identity.ts';

/** The part of a stage profile that payloads are judged by. */
export interface StageRules {
  /** Logical compute → compute of the workspace. */
  readonly compute: Readonly<Record<string, string>>;
  readonly endpointAuthentication: string;
  readonly publicNetworkAccess: string;
  /** ARM id of the identity of endpoints; undefined: each has one of its own. */
  readonly endpointIdentity?: string | undefined;
  /** Beginnings of images that may run; undefined: any. */
  readonly images?: readonly string[] | undefined;
  /** Registries of Azure ML whose assets may be used. */
  readonly registries: readonly string[];
  /** Datastores from which data may come, and to which outputs may go. */
  readonly datastores: readonly string[];
  /** ARM id of the workspace; undefined: it is not known, and no address may name one. */
  readonly workspaceId?: string | undefined;
}

/** Names of the rules. */
export const stageRuleNames = [
  'compute',
  'authentication',
  'network',
  'identity',
  'image',
  'registry',
  'datastore',
  'foreign-data',
] as const;
/** One of {@link stageRuleNames}. */
export type StageRuleName = (typeof stageRuleNames)[number];

/** What a rule did. */
export interface StageDecision {
  readonly rule: StageRuleName;
  /** Path in the payload, as in `properties.authMode`. */
  readonly path: string;
  /** What the pipeline says; undefined: nothing. */
  readonly found: unknown;
  /** What is sent in its place; undefined: nothing, or it is refused. */
  readonly sent?: unknown;
  readonly reason: string;
}

/** A payload after the rules. */
export interface Staged {
  readonly payload: Readonly<Record<string, unknown>>;
  readonly overridden: readonly StageDecision[];
  /** Not empty: nothing may be sent. */
  readonly refused: readonly StageDecision[];
}

/** Applies the rules of a stage to a payload of any kind. */
export function applyStage(payload: Readonly<Record<string, unknown>>, rules: StageRules): Staged {
  const overridden: StageDecision[] = [];
  const refused: StageDecision[] = [];
  const staged = walk(payload, [], { rules, overridden, refused });
  return { payload: staged as Readonly<Record<string, unknown>>, overridden, refused };
}

interface Judge {
  readonly rules: StageRules;
  readonly overridden: StageDecision[];
  readonly refused: StageDecision[];
}

type Path = readonly (string | number)[];

function walk(value: unknown, path: Path, judge: Judge): unknown {
  if (typeof value === 'string') return judgeText(value, path, judge);
  if (Array.isArray(value)) return value.map((item, index) => walk(item, [...path, index], judge));
  if (typeof value !== 'object' || value === null) return value;
  const members = Object.entries(value).flatMap(([key, member]): [string, unknown][] => {
    const at = [...path, key];
    if (key === 'identity') return judgeIdentity(member, at, judge);
    return [[key, walk(member, at, judge)]];
  });
  return withNetwork(Object.fromEntries(members), path, judge);
}

function judgeText(value: string, path: Path, judge: Judge): string {
  const { rules } = judge;
  const key = path.at(-1);
  if (key === 'computeId' || key === 'default_compute') {
    const sent = ownEntry(rules.compute, value);
    return sent === undefined || sent === value
      ? value
      : override(
          judge,
          'compute',
          path,
          value,
          sent,
          'Pipelines name a logical compute; the stage says which one it is.',
        );
  }
  if (key === 'authMode' && value !== rules.endpointAuthentication)
    return override(
      judge,
      'authentication',
      path,
      value,
      rules.endpointAuthentication,
      value === 'Key'
        ? 'Keys are secrets, and no secret exists anywhere.'
        : 'The stage says how callers show who they are.',
    );
  if (key === 'image') judgeImage(value, path, judge);
  if (key === 'default_datastore') judgeDatastore(value.replace(/^azureml:/, ''), value, path, judge);
  else judgeLocation(value, path, judge);
  return value;
}

function judgeImage(image: string, path: Path, judge: Judge): void {
  const { images } = judge.rules;
  if (images === undefined || images.some((allowed) => image.startsWith(allowed))) return;
  refuse(
    judge,
    'image',
    path,
    image,
    `Images may only come from ${listed(images)}: what runs must be what the platform team has checked.`,
  );
}

/** Members that say where data is. */
const locations: ReadonlySet<unknown> = new Set(['uri', 'dataUri', 'modelUri']);
/** Members that people or programs read, whatever is in them. */
const words: ReadonlySet<unknown> = new Set(['command', 'description', 'displayName', 'display_name']);
const wordMaps: ReadonlySet<unknown> = new Set(['tags', 'environmentVariables', 'environment_variables']);
/** Members whose own members have names that a pipeline chooses, which therefore say nothing. */
const nameMaps: ReadonlySet<unknown> = new Set(['inputs', 'outputs', 'jobs']);

/** Judges every text that could lead to data: by where it stands, and by how it begins. */
function judgeLocation(text: string, path: Path, judge: Judge): void {
  const [map, holder, key] = [path.at(-3), path.at(-2), path.at(-1)];
  const isLocation = locations.has(key);
  if (!isLocation && words.has(key) && !nameMaps.has(holder)) return;
  if (!isLocation && wordMaps.has(holder) && !nameMaps.has(map)) return;
  const location = readDataLocation(text, judge.rules.workspaceId);
  if (location.kind === 'datastore') judgeDatastore(location.name, text, path, judge);
  else if (location.kind === 'registry') judgeRegistry(location.name, text, path, judge);
  else if (location.kind === 'foreign') {
    // Ids of code, environments and computes are made by Whence, and so are those of assets where the workspace is not known.
    const isArmId = !/^\s*azureml:\s*\/\//i.test(text);
    if (isArmId && (!isLocation || judge.rules.workspaceId === undefined)) return;
    refuse(
      judge,
      'foreign-data',
      path,
      text,
      'Data is named by azureml://datastores/NAME/paths/…, by an asset of the workspace or by one of a registry, and by nothing else.',
    );
  } else if (location.kind === 'none' && isLocation && /^\s*[a-z][a-z0-9+.-]*:\/\//i.test(text))
    refuse(
      judge,
      'foreign-data',
      path,
      text,
      'Data from outside has no version and no provenance: let it land, or register it in a listed datastore.',
    );
}

/** The default datastore is that of the workspace, or what `default_datastore` says, which is judged too. */
function judgeDatastore(name: string, found: string, path: Path, judge: Judge): void {
  const { datastores } = judge.rules;
  if (datastores.includes(name) || name === '${{default_datastore}}') return;
  const reason = `The datastore ${name} is not listed for the stage (${listed(datastores)}).`;
  refuse(judge, 'datastore', path, found, reason);
}

function judgeRegistry(name: string, found: string, path: Path, judge: Judge): void {
  const { registries } = judge.rules;
  if (registries.includes(name)) return;
  const reason = `The registry ${name} is not one that the stage trusts (${listed(registries)}).`;
  refuse(judge, 'registry', path, found, reason);
}

/** Jobs have the identity of their compute, endpoints the stage's or their own: nothing that a pipeline brings along. */
function judgeIdentity(identity: unknown, path: Path, judge: Judge): [string, unknown][] {
  const isEndpoint = path.length === 1;
  const sent = isEndpoint ? endpointIdentity(judge.rules.endpointIdentity) : undefined;
  if (isEndpoint && JSON.stringify(identity) === JSON.stringify(sent)) return [['identity', identity]];
  judge.overridden.push({
    rule: 'identity',
    path: path.join('.'),
    found: identity,
    ...(sent === undefined ? {} : { sent }),
    reason: 'Identities and what they may do are the platform team’s to give.',
  });
  return sent === undefined ? [] : [['identity', sent]];
}

/** An endpoint and a deployment are open to the network that the stage says, also where they say nothing. */
function withNetwork(object: Record<string, unknown>, path: Path, judge: Judge): Record<string, unknown> {
  const isProperties = path.length === 1 && path[0] === 'properties';
  if (!isProperties) return object;
  const key =
    'traffic' in object
      ? 'publicNetworkAccess'
      : 'endpointComputeType' in object
        ? 'egressPublicNetworkAccess'
        : undefined;
  const sent = judge.rules.publicNetworkAccess;
  if (key === undefined || object['endpointComputeType'] === 'Kubernetes' || object[key] === sent) return object;
  return {
    ...object,
    [key]: override(
      judge,
      'network',
      [...path, key],
      object[key],
      sent,
      'What the network reaches is the platform team’s to decide.',
    ),
  };
}

function override<T>(judge: Judge, rule: StageRuleName, path: Path, found: unknown, sent: T, reason: string): T {
  judge.overridden.push({ rule, path: path.join('.'), found, sent, reason });
  return sent;
}

function refuse(judge: Judge, rule: StageRuleName, path: Path, found: unknown, reason: string): void {
  judge.refused.push({ rule, path: path.join('.'), found, reason });
}

function listed(names: readonly string[]): string {
  return names.length === 0 ? 'none' : names.join(', ');
}
