import type { Check, DiagnosisDependencies } from './check.ts';

/** An endpoint that nobody has: the answer "not there" says that the app may ask. */
const NOBODYS_ENDPOINT = 'whence-doctor';
/** A model that nobody has. */
const NOBODYS_MODEL = 'whence-doctor';

const ROLE = "Give the app's identity the role Whence Orchestrator on the workspace, or deploy infra/main.bicep again.";

/** Whether Azure ML can be reached and does what runs ask of it, and whether there is room for jobs. */
export function azureMlChecks({ config, ml, profile }: DiagnosisDependencies): readonly Check[] {
  // Two checks look at them.
  let listing: ReturnType<typeof ml.computes> | undefined;
  const listed = () => (listing ??= ml.computes());
  return [
    {
      area: 'azure-ml',
      check: 'reads models and endpoints of the workspace',
      fix: `${ROLE} If there is no answer at all: may the app's subnet reach AzureResourceManager and AzureActiveDirectory?`,
      ask: async () => {
        await ml.assetVersion('models', NOBODYS_MODEL, '1');
        await ml.endpoint(NOBODYS_ENDPOINT);
        return `answers for ${config.WHENCE_AZURE_ML_WORKSPACE_ID.split('/').at(-1) ?? ''}`;
      },
    },
    {
      area: 'azure-ml',
      check: 'finds where jobs run',
      fix: `${ROLE} Computes that the stage profile names must be in the workspace: docs/stage-profile.md.`,
      ask: async () => {
        const computes = await listed();
        const missing = Object.values(profile.compute).filter((name) => !computes.some((one) => one.name === name));
        if (missing.length > 0) return { warning: `the stage profile names ${missing.join(', ')}, which is not there` };
        return computes
          .map(
            ({ name, kind, maxNodes }) =>
              `${name} (${kind}${maxNodes === undefined ? '' : `, up to ${maxNodes} nodes`})`,
          )
          .join(', ');
      },
    },
    {
      area: 'quota',
      check: 'has room for jobs',
      fix: `If a cluster could not get its cores: ask for more in the portal (Azure Machine Learning, Quotas, ${config.WHENCE_AZURE_ML_LOCATION}), or let clusters have fewer nodes.`,
      ask: async () => {
        const clusters = (await listed()).filter(({ maxNodes }) => maxNodes !== undefined);
        const sick = clusters.flatMap(({ name, problems }) => problems.map((problem) => `${name}: ${problem}`));
        if (sick.length > 0) return { warning: sick.join('; ') };
        const none = clusters.filter(({ maxNodes }) => maxNodes === 0).map(({ name }) => name);
        if (none.length > 0) return { warning: `${none.join(', ')} may have no node` };
        return clusters.length === 0
          ? 'no cluster: jobs are serverless, or on computes of others'
          : 'no cluster complains';
      },
    },
  ];
}
