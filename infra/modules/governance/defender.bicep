// Plans of Defender for Cloud. They are the whole subscription's, which others share and pay for: only an owner writes
// this, and only the plans that are named.
targetScope = 'subscription'

@description('Plans to turn on.')
param plans ('Arm' | 'AppServices' | 'KeyVaults' | 'StorageAccounts')[]

resource pricings 'Microsoft.Security/pricings@2024-01-01' = [
  for plan in plans: {
    name: plan
    properties: {
      pricingTier: 'Standard'
      subPlan: plan == 'StorageAccounts' ? 'DefenderForStorageV2' : null
    }
  }
]
