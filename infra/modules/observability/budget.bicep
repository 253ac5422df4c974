// Tells when the month gets more expensive than it should.

@description('Most that a month should cost, in the currency of the subscription.')
@minValue(1)
param amount int

@description('First day of the first month, as 2026-12-01.')
param startDate string

@description('Who is told.')
param emails string[]

resource budget 'Microsoft.Consumption/budgets@2026-06-01' = {
  name: 'whence'
  properties: {
    category: 'Cost'
    amount: amount
    timeGrain: 'Monthly'
    timePeriod: { startDate: startDate }
    notifications: {
      forecast: {
        enabled: true
        operator: 'GreaterThan'
        threshold: 100
        thresholdType: 'Forecasted'
        contactEmails: emails
      }
      spent: { enabled: true, operator: 'GreaterThan', threshold: 80, thresholdType: 'Actual', contactEmails: emails }
    }
  }
}
