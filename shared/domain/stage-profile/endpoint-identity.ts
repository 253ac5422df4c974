/**
 * Identity of an online endpoint in its ARM body, the same in a run and in what `whence azure-ml render` shows.
 *
 * @param id - ARM id of a user-assigned identity; undefined: the endpoint gets one of its own
 * @source ARM, ManagedServiceIdentity: ids are keys, what the service knows of them is left to it
 */
export function endpointIdentity(id: string | undefined): Readonly<Record<string, unknown>> {
  if (id === undefined) return { type: 'SystemAssigned' };
  return { type: 'UserAssigned', userAssignedIdentities: { [id]: {} } };
}
