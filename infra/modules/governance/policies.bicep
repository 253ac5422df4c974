// Built-in policies that hold the workspace to what the template made it. Only an owner writes this, so that delivery
// cannot loosen them. Ids and parameters are those of Azure/azure-policy, `policyDefinitions/Machine Learning`.
import { JobPolicies } from '../types.bicep'

@description('Name of the workspace.')
param workspaceName string

@description('The workspace is in a managed network that reaches only what is approved, and must stay so.')
param isPrivate bool

@description('Registry of Azure ML whose models alone may be deployed of all registries; none: the stage profile says it.')
param mlRegistryName string?

@description('Container registries whose images jobs may run in, where jobs are limited.')
param imageHosts string[]

@description('What limits jobs; none: the stage profile alone does.')
param jobs JobPolicies?

resource workspace 'Microsoft.MachineLearningServices/workspaces@2026-05-01' existing = {
  name: workspaceName
}

var all = [
  {
    name: 'whence-isolation'
    title: 'The managed network reaches only what is approved'
    definition: '6ddb1705-c8cf-450e-aa4b-19ad6703c440'
    isOn: isPrivate
    parameters: { isolationMode: { value: 'AllowOnlyApprovedOutbound' }, effect: { value: 'Deny' } }
  }
  {
    name: 'whence-registry'
    title: 'Of registries, only models of this one are deployed'
    definition: '19539b54-c61e-4196-9a38-67598701be90'
    isOn: mlRegistryName != null
    parameters: { allowedRegistryName: { value: mlRegistryName }, effect: { value: 'Deny' } }
  }
  {
    name: 'whence-images'
    title: 'Jobs run in images of these registries'
    definition: '5853517a-63de-11ea-bc55-0242ac130003'
    isOn: jobs != null
    parameters: { allowedACRs: { value: imageHosts } }
  }
  {
    name: 'whence-packages'
    title: 'Jobs install Python packages from these indexes'
    definition: '77eeea86-7e81-4a7d-9067-de844d096752'
    isOn: jobs.?packageIndexes != null
    parameters: { allowedPythonPackageChannels: { value: jobs.?packageIndexes } }
  }
  {
    name: 'whence-signing'
    title: 'Training code is signed'
    definition: '6a6f7384-63de-11ea-bc55-0242ac130003'
    isOn: jobs.?signingKey != null
    parameters: { signingKey: { value: jobs.?signingKey } }
  }
  {
    name: 'whence-approval'
    title: 'Jobs are approved before they run'
    definition: '3948394e-63de-11ea-bc55-0242ac130003'
    isOn: jobs.?approvalUrl != null
    parameters: { approvalEndpoint: { value: jobs.?approvalUrl } }
  }
]

resource assignments 'Microsoft.Authorization/policyAssignments@2025-03-01' = [
  for one in filter(all, one => one.isOn): {
    scope: workspace
    name: one.name
    properties: {
      displayName: one.title
      policyDefinitionId: tenantResourceId('Microsoft.Authorization/policyDefinitions', one.definition)
      parameters: one.parameters
    }
  }
]
