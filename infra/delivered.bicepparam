// Made of `options.bicepparam` by `node scripts/infra/bicep.ts`: the same, as the identity `infra` deploys it.
using './main.bicep'

param environmentName = 'prod'
param stage = 'dev'
param deployedBy = 'delivery'
param location = 'westeurope'
param owner = 'ml-platform'
param apiClientId = '00000000-0000-0000-0000-000000000000'
param callers = {
  applications: ['00000000-0000-0000-0000-000000000000']
  groups: ['00000000-0000-0000-0000-000000000000']
}
param people = {
  operators: '00000000-0000-0000-0000-000000000011'
  readers: '00000000-0000-0000-0000-000000000012'
  uploaders: '00000000-0000-0000-0000-000000000013'
  dataScientists: '00000000-0000-0000-0000-000000000014'
}
param ciIssuers = [
  {
    issuer: 'https://token.actions.githubusercontent.com'
    audience: 'api://whence'
    repositories: ['example/models']
    keys: {
      keys: [
        {
          kty: 'RSA'
          kid: 'example'
          n: 'm59kUWk4CIjtSH33gJVABLj1fwTCYZsQHWPj40xQ4SJp0VbAkKmxCwwBICJfOKzXrugslCRz8Q4OpvaRaGF6QR9obyGQWjB05V1Gv1VjL9pKF5jFumw4jZj2vRYzJZLYi3Aiux9zt3lgJcBAvoKMuRtBvawWgY1XkvGxQqjNk5mB5LQOlUZm4RVRMhWiF7vXVx_cOCG0naAPURUpQPaF9yhU266kEG4BZPAY424FQ4yCnmORI8eCedW8KaA2OR2M6e56GadJefMwTN5JH_-QKXqss6rI0LlZZi-_4CJ8dpKW0fVAlxgorP-NLYZcGYyhwKfwOhci4pJQZSpofhknLQ'
          e: 'AQAB'
        }
      ]
    }
  }
]
param delivery = {
  issuer: 'https://token.actions.githubusercontent.com'
  infra: 'repo:example/whence:environment:prod-infra'
  app: 'repo:example/whence:environment:prod'
  plan: 'repo:example/whence:environment:prod-plan'
}
param stageProfile = {
  compute: { small: 'cpu' }
  pricePerNodeHour: { cpu: '0.27' }
  accepts: ['verified']
}
param durableBackend = 'azureStorage'
param agents = 'Microsoft.DevOpsInfrastructure/pools'
param agentEgress = ['192.0.2.0/24']
param storageSku = 'Standard_ZRS'
param isHardened = true
param logRetentionDays = 365
param evidenceDays = 30
param logReplicaLocation = 'northeurope'
param functionScale = { memoryMb: 2048, maxInstances: 40, alwaysReady: 1 }
param cluster = { vmSize: 'Standard_DS3_v2', maxNodes: 2 }
param kubernetesId = '/subscriptions/00000000-0000-0000-0000-000000000001/resourceGroups/rg-clusters/providers/Microsoft.ContainerService/managedClusters/aks'
param kubernetesServing = { tlsSecret: 'endpoints-tls', tlsName: 'endpoints.example.org' }
param hasMlRegistry = true
param jobPolicies = {
  packageIndexes: ['https://packages.example.org/simple']
  signingKey: 'a public PGP key'
  approvalUrl: 'https://approve.example.org'
}
param defenderPlans = ['Arm', 'AppServices', 'KeyVaults', 'StorageAccounts']
param signingKeyExpires = 1861920000
param budget = { amount: 1000, startDate: '2026-12-01', emails: ['ml-platform@example.org'] }
param alertEmails = ['ml-platform@example.org']
