/**
 * The app registration of the API: who may call it is decided by its roles, and the Azure CLI may ask for tokens, so that
 * `whence` works for whoever is signed in to `az`.
 */
import { sha256 } from '#shared/domain/digest.ts';
import { roles } from '#shared/contracts/api/route-contract.ts';

/** Client id of the Azure CLI. @source Microsoft Learn, "Verify first-party Microsoft applications in sign-in reports" */
export const AZURE_CLI = '04b07795-8ddb-461a-bbee-02f9e1bf7b46';

const descriptions = {
  reader: 'Reads runs, data, models and endpoints.',
  operator: 'Starts and cancels runs, admits data, pauses pipelines, asks endpoints.',
  publisher: 'Publishes pipelines: runs code.',
} as const satisfies Record<(typeof roles)[number], string>;

/** Body of the registration in Microsoft Graph. Ids follow from its name, so that a repetition changes nothing. */
export function registrationBody(name: string, appId: string): Readonly<Record<string, unknown>> {
  const scope = idOf(name, 'scope');
  return {
    identifierUris: [`api://${appId}`],
    appRoles: roles.map((role) => ({
      id: roleId(name, role),
      allowedMemberTypes: ['User', 'Application'],
      displayName: role,
      description: descriptions[role],
      value: role,
      isEnabled: true,
    })),
    api: {
      // The issuer that the app checks is the one of v2.0 tokens.
      requestedAccessTokenVersion: 2,
      oauth2PermissionScopes: [
        {
          id: scope,
          value: 'access',
          type: 'User',
          isEnabled: true,
          adminConsentDisplayName: 'Call Whence',
          adminConsentDescription: 'Calls Whence as the person who is signed in.',
        },
      ],
      preAuthorizedApplications: [{ appId: AZURE_CLI, delegatedPermissionIds: [scope] }],
    },
  };
}

/** Id of an app role of the registration. */
export function roleId(name: string, role: (typeof roles)[number]): string {
  return idOf(name, `role-${role}`);
}

/** A UUID that follows from a name. @source RFC 9562, version 8 */
function idOf(name: string, what: string): string {
  const hex = sha256(`${name}/${what}`);
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-8${hex.slice(13, 16)}-a${hex.slice(17, 20)}-${hex.slice(20, 32)}`;
}
