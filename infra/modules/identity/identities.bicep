// Identities, one for each kind of work, so that what one may do nobody else gets.
import { Tags } from '../types.bicep'

@description('Region.')
param location string

@description('Tags of every resource.')
param tags Tags

@description('End of every name: environment and a token that is unique for it.')
param suffix string

var works = ['function', 'evidence', 'workspace', 'job', 'endpoint', 'infra', 'app', 'plan']

resource identities 'Microsoft.ManagedIdentity/userAssignedIdentities@2024-11-30' = [
  for work in works: {
    name: 'id-${work}-${suffix}'
    location: location
    tags: tags
  }
]

@description('An identity: where it is and who it is.')
type Identity = {
  id: string
  name: string
  principalId: string
  clientId: string
}

@description('Runs the function app.')
output function Identity = {
  id: identities[0].id
  name: identities[0].name
  principalId: identities[0].properties.principalId
  clientId: identities[0].properties.clientId
}

@description('Signs and writes evidence; it may write no data.')
output evidence Identity = {
  id: identities[1].id
  name: identities[1].name
  principalId: identities[1].properties.principalId
  clientId: identities[1].properties.clientId
}

@description('Is the Azure ML workspace.')
output workspace Identity = {
  id: identities[2].id
  name: identities[2].name
  principalId: identities[2].properties.principalId
  clientId: identities[2].properties.clientId
}

@description('Runs training jobs.')
output job Identity = {
  id: identities[3].id
  name: identities[3].name
  principalId: identities[3].properties.principalId
  clientId: identities[3].properties.clientId
}

@description('Runs online endpoints.')
output endpoint Identity = {
  id: identities[4].id
  name: identities[4].name
  principalId: identities[4].properties.principalId
  clientId: identities[4].properties.clientId
}

@description('Deploys infrastructure from a delivery pipeline.')
output infra Identity = {
  id: identities[5].id
  name: identities[5].name
  principalId: identities[5].properties.principalId
  clientId: identities[5].properties.clientId
}

@description('Deploys the function app from a delivery pipeline.')
output app Identity = {
  id: identities[6].id
  name: identities[6].name
  principalId: identities[6].properties.principalId
  clientId: identities[6].properties.clientId
}

@description('Plans: reads, and asks what a deployment would change.')
output plan Identity = {
  id: identities[7].id
  name: identities[7].name
  principalId: identities[7].properties.principalId
  clientId: identities[7].properties.clientId
}
