using './main.bicep'

param environmentName = readEnvironmentVariable('AZURE_ENV_NAME', 'prod')
param stage = 'prod'
param deployedBy = readEnvironmentVariable('WHENCE_DEPLOYED_BY', 'owner')
param location = 'westeurope'
param owner = readEnvironmentVariable('WHENCE_OWNER', 'ml-platform')
param apiClientId = readEnvironmentVariable('WHENCE_API_CLIENT_ID', '00000000-0000-0000-0000-000000000000')
param callers = {
  applications: [readEnvironmentVariable('WHENCE_CLI_CLIENT_ID', '00000000-0000-0000-0000-000000000000')]
  groups: [readEnvironmentVariable('WHENCE_CALLERS_GROUP', '00000000-0000-0000-0000-000000000000')]
}
param delivery = {
  issuer: 'https://token.actions.githubusercontent.com'
  infra: readEnvironmentVariable('WHENCE_INFRA_SUBJECT', 'repo:example/whence:environment:prod-infra')
  app: readEnvironmentVariable('WHENCE_APP_SUBJECT', 'repo:example/whence:environment:prod')
  plan: readEnvironmentVariable('WHENCE_PLAN_SUBJECT', 'repo:example/whence:environment:prod-plan')
}
param addressPrefix = '10.42.0.0/24'
param storageSku = 'Standard_ZRS'
param isHardened = true
param logRetentionDays = 365
param evidenceDays = 2555
param logReplicaLocation = 'northeurope'
param functionScale = { memoryMb: 2048, maxInstances: 100, alwaysReady: 1 }
param cluster = { vmSize: 'Standard_DS3_v2', maxNodes: 8 }
param signingKeyExpires = 1861920000
param budget = { amount: 3000, startDate: '2026-12-01', emails: ['ml-platform@example.org'] }
param alertEmails = [readEnvironmentVariable('WHENCE_ALERT_EMAIL', 'ml-platform@example.org')]
