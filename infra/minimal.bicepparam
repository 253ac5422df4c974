// docs/infra.md says what the variables are. Without the ids nothing is deployed.
using './main.bicep'

param environmentName = readEnvironmentVariable('AZURE_ENV_NAME', 'try')
param stage = 'dev'
param profile = 'minimal'
param location = readEnvironmentVariable('AZURE_LOCATION', 'westeurope')
param owner = readEnvironmentVariable('WHENCE_OWNER', 'ml-platform')
param dataClassification = 'general'
param apiClientId = readEnvironmentVariable('WHENCE_API_CLIENT_ID')
param callers = {
  applications: [readEnvironmentVariable('WHENCE_CLI_CLIENT_ID')]
  groups: [readEnvironmentVariable('WHENCE_CALLERS_GROUP')]
}
param storageSku = 'Standard_LRS'
param isHardened = false
param logRetentionDays = 90
param evidenceDays = 1
param functionScale = { memoryMb: 512, maxInstances: 40, alwaysReady: 0 }
param cluster = { vmSize: 'Standard_DS2_v2', maxNodes: 1 }
param signingKeyExpires = 1861920000
param alertEmails = [readEnvironmentVariable('WHENCE_ALERT_EMAIL', 'ml-platform@example.org')]
