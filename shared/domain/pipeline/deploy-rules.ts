/** What the endpoint and the deployment of a pipeline must be, beyond what Azure ML asks. */
import type { DeploymentDraft, EndpointDraft } from '../azure-ml/draft/drafts.ts';
import type { ProblemText } from '../yaml/problem.ts';
import type { SourceDocument } from '../yaml/source-document.ts';

import type { FolderReader } from './folder-reader.ts';
import { checkEnvironment, checkTags } from './step-rules.ts';

/** Reports what is wrong with the endpoint. */
export function checkEndpoint(endpoint: EndpointDraft, document: SourceDocument, reader: FolderReader): void {
  for (const key of ['traffic', 'mirrorTraffic'] as const) {
    if (Object.keys(endpoint[key]).length === 0) continue;
    reader.report(document.problem([key === 'traffic' ? 'traffic' : 'mirror_traffic'], ownTraffic, 'key'));
  }
  if (hasKey(document, 'identity')) reader.report(document.problem(['identity'], platformIdentity, 'key'));
  checkTags(endpoint.tags, document, reader);
}

/**
 * Reports what is wrong with the deployment.
 *
 * @param endpoint - the pipeline's endpoint, if it could be read
 * @param model - name under which the pipeline registers its model
 */
export function checkDeployment(
  deployment: DeploymentDraft,
  context: { readonly endpoint: EndpointDraft | undefined; readonly model: string | undefined },
  document: SourceDocument,
  reader: FolderReader,
): void {
  const { endpoint, model } = context;
  if (endpoint !== undefined && deployment.endpointName !== undefined && deployment.endpointName !== endpoint.name) {
    reader.report(document.problem(['endpoint_name'], otherEndpoint(deployment.endpointName, endpoint.name)));
  }
  const named =
    deployment.model?.kind === 'reference' ? /^([^:@/]+)([:@]|$)/.exec(deployment.model.reference)?.[1] : model;
  if (model !== undefined && named !== model) {
    reader.report(document.problem(['model'], otherModel(model)));
  }
  if (deployment.code !== undefined && deployment.environment === undefined && !hasKey(document, 'environment')) {
    reader.report(document.problem(['code_configuration'], codeWithoutEnvironment, 'key'));
  }
  if (deployment.environment !== undefined) {
    checkEnvironment(deployment.environment, document, ['environment'], reader);
  }
  checkScoringScript(deployment, document, reader);
  checkTags(deployment.tags, document, reader);
}

function checkScoringScript(deployment: DeploymentDraft, document: SourceDocument, reader: FolderReader): void {
  const { code, scoringScript } = deployment;
  const folder = code === undefined ? undefined : reader.folders.get(code);
  if (folder === undefined || scoringScript === undefined) return;
  if (folder.files.some((file) => file.path === scoringScript)) return;
  reader.report(
    document.problem(['code_configuration', 'scoring_script'], {
      code: 'missing-file',
      message: `There is no file \`${scoringScript}\` in the folder \`${code}\`.`,
      expected: 'a file of the folder `code`, its path relative to that folder',
      fix: 'Add the file, or correct the path.',
    }),
  );
}

function hasKey(document: SourceDocument, key: string): boolean {
  return typeof document.value === 'object' && document.value !== null && Object.hasOwn(document.value, key);
}

const ownTraffic: ProblemText = {
  code: 'contradiction',
  message: 'The endpoint says how traffic is split, but roll-outs decide that.',
  expected: 'an endpoint without `traffic` and `mirror_traffic`',
  fix: 'Remove it.',
};

const platformIdentity: ProblemText = {
  code: 'comes-later',
  message: '`identity` is for the platform team to decide and is not honoured here, so it is refused.',
  expected: 'an endpoint without `identity`; it gets a system-assigned one',
  fix: 'Remove `identity`.',
};

const codeWithoutEnvironment: ProblemText = {
  code: 'missing-key',
  message: 'The deployment has code but no `environment` to run it in.',
  expected: '`environment`: a reference, a file or an environment',
  fix: 'Add `environment:` to the deployment.',
};

function otherEndpoint(found: string, expected: string): ProblemText {
  return {
    code: 'contradiction',
    message: `The deployment names the endpoint \`${found}\`, the pipeline’s endpoint is \`${expected}\`.`,
    expected: `\`${expected}\`, or no \`endpoint_name\``,
    fix: 'Make the two agree, or remove `endpoint_name`.',
  };
}

function otherModel(model: string): ProblemText {
  return {
    code: 'contradiction',
    message: 'The deployment names another model than the one that the pipeline registers.',
    expected: `no \`model\`, or \`azureml:${model}:<version>\`, which a run replaces by the version that it registered`,
    fix: 'Make the two agree, or remove `model`.',
  };
}
