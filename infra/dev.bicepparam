using './main.bicep'

param environmentName = readEnvironmentVariable('AZURE_ENV_NAME', 'dev')
param stage = 'dev'
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
  infra: readEnvironmentVariable('WHENCE_INFRA_SUBJECT', 'repo:example/whence:environment:dev-infra')
  app: readEnvironmentVariable('WHENCE_APP_SUBJECT', 'repo:example/whence:environment:dev')
  plan: readEnvironmentVariable('WHENCE_PLAN_SUBJECT', 'repo:example/whence:environment:dev-plan')
}
param addressPrefix = '10.40.0.0/24'
param storageSku = 'Standard_LRS'
param isHardened = false
param logRetentionDays = 90
param evidenceDays = 7

param functionScale = { memoryMb: 2048, maxInstances: 40, alwaysReady: 0 }
param cluster = { vmSize: 'Standard_DS3_v2', maxNodes: 2 }
param signingKeyExpires = 1861920000
param budget = { amount: 1000, startDate: '2026-12-01', emails: ['ml-platform@example.org'] }
param alertEmails = [readEnvironmentVariable('WHENCE_ALERT_EMAIL', 'ml-platform@example.org')]
