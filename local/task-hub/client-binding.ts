/**
 * The payload of a `durableClient` input and of the answers with management addresses.
 *
 * @source local-runtime.md §3.5
 */

/** Where the management API listens. */
export interface ManagementAddress {
  /** For example `http://127.0.0.1:7071`. */
  readonly origin: string;
  readonly hubName: string;
}

const WEBHOOK = '/runtime/webhooks/durabletask';

/** @returns the text that the client binding gets; the library then talks to `rpcBaseUrl` */
export function clientBindingPayload({ origin, hubName }: ManagementAddress): string {
  const base = `${origin}${WEBHOOK}`;
  const query = `taskHub=${hubName}&connection=Storage`;
  return JSON.stringify({
    taskHubName: hubName,
    connectionName: null,
    creationUrls: {
      createNewInstancePostUri: `${base}/orchestrators/{functionName}[/{instanceId}]?${query}`,
      createAndWaitOnNewInstancePostUri: `${base}/orchestrators/{functionName}[/{instanceId}]?timeout={timeoutInSeconds}&pollingInterval={intervalInSeconds}&${query}`,
    },
    managementUrls: managementUrls({ origin, hubName }, 'INSTANCEID'),
    baseUrl: base,
    requiredQueryStringParameters: '',
    rpcBaseUrl: `${base}/`,
  });
}

/** @returns the addresses of an instance */
export function managementUrls({ origin, hubName }: ManagementAddress, id: string): Record<string, string> {
  const at = `${origin}${WEBHOOK}/instances/${id}`;
  const query = `taskHub=${hubName}&connection=Storage`;
  return {
    id,
    statusQueryGetUri: `${at}?${query}`,
    sendEventPostUri: `${at}/raiseEvent/{eventName}?${query}`,
    terminatePostUri: `${at}/terminate?reason={text}&${query}`,
    rewindPostUri: `${at}/rewind?reason={text}&${query}`,
    purgeHistoryDeleteUri: `${at}?${query}`,
    restartPostUri: `${at}/restart?${query}`,
    suspendPostUri: `${at}/suspend?reason={text}&${query}`,
    resumePostUri: `${at}/resume?reason={text}&${query}`,
  };
}
