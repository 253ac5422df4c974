// Who may act as an identity from outside Azure: a delivery pipeline, by its OIDC token, without a secret.

@description('Name of the identity.')
param identityName string

@description('Issuer of the tokens.')
param issuer string

@description('Exact subject. It names one environment: whoever may run in that, may act as the identity.')
@minLength(10)
param subject string

resource identity 'Microsoft.ManagedIdentity/userAssignedIdentities@2024-11-30' existing = {
  name: identityName
}

resource credential 'Microsoft.ManagedIdentity/userAssignedIdentities/federatedIdentityCredentials@2024-11-30' = {
  parent: identity
  name: 'delivery'
  properties: {
    issuer: issuer
    subject: subject
    audiences: ['api://AzureADTokenExchange']
  }
}
