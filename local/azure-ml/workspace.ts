/** The workspace itself and its datastores. */
import { notFound, notServed } from './arm-error.ts';
import { ok, page, type Answer, type Call } from './call.ts';
import type { WorkspaceContext } from './context.ts';

/** Answers a request for the workspace. */
export function answerWorkspace({ workspaceId, mlflow }: WorkspaceContext, name: string, call: Call): Answer {
  if (call.method !== 'GET') throw notServed(`${call.method} of the workspace`);
  return ok({
    id: workspaceId,
    name,
    type: 'Microsoft.MachineLearningServices/workspaces',
    location: 'local',
    properties: {
      friendlyName: 'laptop',
      provisioningState: 'Succeeded',
      discoveryUrl: 'https://local/discovery',
      mlFlowTrackingUri: mlflow.url,
    },
  });
}

/** The datastore that clients upload to where they name none. */
const DEFAULT_DATASTORE = 'workspaceblobstore';

/**
 * Answers a request for datastores. Their key is Azurite's, which everybody knows; on Azure there is none.
 *
 * @param datastores - datastore → container
 */
export function answerDatastore(
  context: WorkspaceContext,
  datastores: Readonly<Record<string, string>>,
  call: Call,
): Answer {
  const { method, segments } = call;
  const [, name, action, ...more] = segments;
  if (name === undefined && method === 'GET') {
    const isDefault = call.url.searchParams.get('isDefault');
    const all = Object.entries(datastores).filter(
      ([one]) => isDefault === null || (isDefault === 'true') === (one === DEFAULT_DATASTORE),
    );
    return page(call, all, context.pageSize, ([one, container]) => view(context, one, container));
  }
  if (name === undefined || more.length > 0) throw notServed(`${method} ${segments.join('/')}`);
  const container = Object.hasOwn(datastores, name) ? datastores[name] : undefined;
  if (container === undefined) throw notFound(`Datastore ${name}`);
  if (action?.toLowerCase() === 'listsecrets' && method === 'POST')
    return ok({ secretsType: 'AccountKey', key: context.storage.account.key });
  if (action !== undefined || method !== 'GET') throw notServed(`${method} ${segments.join('/')}`);
  return ok(view(context, name, container));
}

function view({ workspaceId, storage }: WorkspaceContext, name: string, containerName: string): unknown {
  return {
    id: `${workspaceId}/datastores/${name}`,
    name,
    type: 'Microsoft.MachineLearningServices/workspaces/datastores',
    properties: {
      datastoreType: 'AzureBlob',
      accountName: storage.account.name,
      containerName,
      protocol: storage.account.protocol,
      endpoint: 'localhost',
      credentials: { credentialsType: 'AccountKey' },
      serviceDataAccessAuthIdentity: 'None',
      isDefault: name === DEFAULT_DATASTORE,
      tags: {},
      properties: {},
    },
    systemData: {},
  };
}
