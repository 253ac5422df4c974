// Shapes that modules share.

@export()
@description('What a platform team wants to know of every resource. Keys are those that rules of ours ask for.')
type Tags = {
  'azd-env-name': string
  environment: string
  'data-classification': string
  owner: string
}

@export()
@description('Stage that this environment is.')
type Stage = 'dev' | 'test' | 'prod'

@export()
@description('A role that an identity has on what a module makes.')
type Assignment = {
  @description('Object id of the identity.')
  principalId: string

  @description('Id of the role definition: a GUID.')
  roleId: string

  @description('Container, queue or key that the role is for; none: the whole resource.')
  part: string?

  @description('Condition (ABAC, version 2.0) that limits it further.')
  condition: string?
}

@export()
@description('Where private endpoints go.')
type PrivateNetwork = {
  @description('Subnet of the private endpoints.')
  subnetId: string

  @description('Group id of a private endpoint (blob, vault, …) → ids of its private DNS zones.')
  zones: { *: string[] }
}
