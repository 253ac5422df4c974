/** The workspace itself and its datastores. */
import { notFound, notServed } from './arm-error.ts';
import { ok, type Answer, type Call } from './call.ts';
import type { WorkspaceContext } from './context.ts';

/** Answers a request for the workspace. */
export function answerWorkspace({ workspaceId }: WorkspaceContext, name: string, call: Call): Answer {
  if (call.method !== 'GET') throw notServed(`${call.method} of the workspace`);
  return ok({
    id: workspaceId,
    name,
    type: 'Microsoft.MachineLearningServices/workspaces',
    location: 'local',
    properties: { friendlyName: 'laptop', provisioningState: 'Succeeded' },
  });
}

/**
 * Answers a request for a datastore.
 *
 * @param datastores - datastore → container
 */
export function answerDatastore(
  { workspaceId }: WorkspaceContext,
  datastores: Readonly<Record<string, string>>,
  { method, segments }: Call,
): Answer {
  const [, name, ...more] = segments;
  if (method !== 'GET' || name === undefined || more.length > 0) throw notServed(`${method} ${segments.join('/')}`);
  const containerName = Object.hasOwn(datastores, name) ? datastores[name] : undefined;
  if (containerName === undefined) throw notFound(`Datastore ${name}`);
  return ok({
    id: `${workspaceId}/datastores/${name}`,
    name,
    type: 'Microsoft.MachineLearningServices/workspaces/datastores',
    properties: { datastoreType: 'AzureBlob', containerName },
  });
}
