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
  @description('Object id of the identity or group.')
  principalId: string

  @description('What it is the id of; none: an identity.')
  principalType: ('ServicePrincipal' | 'Group')?

  @description('Id of the role definition: a GUID.')
  roleId: string

  @description('Container, queue or key that the role is for; none: the whole resource.')
  part: string?

  @description('Condition (ABAC, version 2.0) that limits it further.')
  condition: string?
}

@export()
@description('A CI system whose tokens say where a published pipeline version comes from.')
type CiIssuer = {
  @description('Issuer of the tokens.')
  issuer: string

  @description('Audience that the tokens are asked for.')
  audience: string

  @description('Repositories (`org/repository`) that may publish.')
  repositories: string[]

  @description('Refs that may be published from, as `refs/heads/main`; none: any branch and tag, and no pull request.')
  refs: string[]?

  @description('Its public keys (JWKS), where the network does not reach it; none: they are fetched.')
  keys: { keys: { kty: 'RSA', kid: string, n: string, e: string, *: string }[] }?
}

@export()
@description('What a platform team decides for a stage, beside what the template sets by itself.')
type StageProfile = {
  @description('Logical compute, as pipelines name it → compute of the workspace.')
  compute: { *: string }?

  @description('Pipeline → name of its online endpoint.')
  endpoints: { *: string }?

  @description('Compute of the workspace, or `serverless` → price of a node for an hour, as text: Bicep has no decimal numbers.')
  pricePerNodeHour: { *: string }?

  @description('Datastores from which jobs may read beside the data that lands.')
  datastores: string[]?

  @description('Which published versions may be active.')
  accepts: ('verified' | 'claimed' | 'unverified')[]?
}

@export()
@description('What built-in policies of Azure (previews) limit jobs to. Images are limited wherever this is given.')
type JobPolicies = {
  @description('Python package indexes that jobs may install from; none: not limited.')
  packageIndexes: string[]?

  @description('Public PGP key that training code must be signed with; none: it need not be.')
  signingKey: string?

  @description('Address that is asked before a job runs; none: nobody is.')
  approvalUrl: string?
}

@export()
@description('Where private endpoints go.')
type PrivateNetwork = {
  @description('Subnet of the private endpoints.')
  subnetId: string

  @description('Group id of a private endpoint (blob, vault, …) → ids of its private DNS zones.')
  zones: { *: string[] }
}
