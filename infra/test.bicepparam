// docs/infra.md says what the variables are. Without the ids nothing is deployed.
using './main.bicep'

param environmentName = readEnvironmentVariable('AZURE_ENV_NAME', 'test')
param stage = 'test'
param deployedBy = readEnvironmentVariable('WHENCE_DEPLOYED_BY', 'owner')
param location = readEnvironmentVariable('AZURE_LOCATION', 'westeurope')
param owner = readEnvironmentVariable('WHENCE_OWNER', 'ml-platform')
param apiClientId = readEnvironmentVariable('WHENCE_API_CLIENT_ID')
param callers = {
  applications: [readEnvironmentVariable('WHENCE_CLI_CLIENT_ID')]
  groups: [readEnvironmentVariable('WHENCE_CALLERS_GROUP')]
}
// Without subjects nothing is delivered from outside. On GitHub they end in ':environment:test-infra', ':environment:test'
// and ':environment:test-plan'; before that comes 'repo:OWNER/REPOSITORY'.
param delivery = empty(readEnvironmentVariable('WHENCE_INFRA_SUBJECT', ''))
  ? null
  : {
      issuer: readEnvironmentVariable('WHENCE_ISSUER', 'https://token.actions.githubusercontent.com')
      infra: readEnvironmentVariable('WHENCE_INFRA_SUBJECT', '')
      app: readEnvironmentVariable('WHENCE_APP_SUBJECT', '')
      plan: readEnvironmentVariable('WHENCE_PLAN_SUBJECT', '')
    }
param addressPrefix = '10.41.0.0/24'
param storageSku = 'Standard_ZRS'
param isHardened = false
param logRetentionDays = 90
param evidenceDays = 30

param functionScale = { memoryMb: 2048, maxInstances: 40, alwaysReady: 0 }
param cluster = { vmSize: 'Standard_DS3_v2', maxNodes: 2 }
param signingKeyExpires = 1861920000
param budget = {
  amount: 1200
  startDate: '2026-12-01'
  emails: [readEnvironmentVariable('WHENCE_ALERT_EMAIL', 'ml-platform@example.org')]
}
param alertEmails = [readEnvironmentVariable('WHENCE_ALERT_EMAIL', 'ml-platform@example.org')]
