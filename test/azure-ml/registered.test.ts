/** What a run registers, beside somebody who may write to Azure ML, and to where jobs write, and was there first. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterAll, beforeAll, expect, test } from 'vitest';

import { collectFolder } from '#cli/publishing/collect.ts';
import { registerCode, registerEnvironment } from '#functions/activities/run/assets.ts';
import { registerModelActivity } from '#functions/activities/run/register-model.ts';
import { readAll } from '#functions/read-all.ts';
import { readPipelineVersion } from '#functions/pipelines/pipeline-store.ts';
import type { PipelineVersion } from '#shared/contracts/records/pipeline-version.ts';
import { sha256 } from '#shared/domain/digest.ts';
import { Issuer } from '#test/api/issuer.ts';
import { ApiLab } from '#test/api/lab.ts';
import { labWithRun, owned } from '#test/support/claimed-run.ts';

import { commitAll, makeTinyPipeline } from '../end-to-end/tiny-pipeline.ts';

let issuer: Issuer;
let root: string;
beforeAll(async () => {
  issuer = await Issuer.start();
  root = await mkdtemp(join(tmpdir(), 'whence-registered-'));
});
afterAll(async () => {
  await issuer[Symbol.asyncDispose]();
  await rm(root, { recursive: true });
});

/** Publishes the tiny pipeline, with another Dockerfile if one is given. */
async function published(lab: ApiLab, dockerfile?: string): Promise<PipelineVersion> {
  const folder = await makeTinyPipeline(root, { name: 'demo' });
  if (dockerfile !== undefined) await writeFile(join(folder, 'environment/Dockerfile'), dockerfile);
  await commitAll(root);
  const { files, request } = await collectFolder(folder);
  for (const bytes of files.values())
    await lab.call('PUT', `v1/pipelines/demo/files/${sha256(bytes)}`, { body: bytes });
  const { body } = await lab.call('POST', 'v1/pipelines/demo/versions', { body: request });
  return readPipelineVersion(lab.deps, 'demo', String(body['version']));
}

test('code is what was published, whatever a job wrote where jobs write', async () => {
  const lab = await ApiLab.open(issuer);
  const { config, ml, mlBlobs } = lab.deps;
  const version = await published(lab);
  const [name = '', folder] = Object.entries(version.definition.folders)[0] ?? [];
  const [file] = folder?.files ?? [];
  for (const prefix of ['whence/code/', ''])
    await mlBlobs.putIfAbsent(
      config.WHENCE_ML_CONTAINER,
      `${prefix}${folder?.digestSha256}/${file?.path}`,
      Buffer.from('evil'),
      'a',
    );

  const id = await registerCode(lab.deps, version, name);
  const view = await ml.assetVersion('codes', 'demo-code', id.split('/').at(-1) ?? '');
  const codeUri = `${config.WHENCE_ML_BLOB_URL}/whence-code/${folder?.digestSha256}`;
  expect(view?.body).toMatchObject({ properties: { codeUri } });
  const stream = await mlBlobs.read('whence-code', `${folder?.digestSha256}/${file?.path}`);
  expect(typeof stream === 'string' ? stream : sha256(await readAll(stream))).toBe(file?.sha256);
  expect(await registerCode(lab.deps, version, name), 'the same again').toBe(id);
});

test('a build folder may only bring images that the stage allows, and be read in one way only', async () => {
  const lab = await ApiLab.open(issuer, { images: ['mcr.microsoft.com/'] });
  const register = async (dockerfile: string): Promise<string> => {
    const version = await published(lab, dockerfile);
    const { train } = version.definition;
    if (!('job' in train)) throw new Error('The tiny pipeline trains by a command.');
    return registerEnvironment(lab.deps, version, train.job.environment);
  };
  const refused = { code: 'run.stage-refused' };
  await expect(register('FROM \\\n docker.io/evil\n')).rejects.toMatchObject(refused);
  await expect(register('FROM mcr.microsoft.com/a\nCOPY --from=evil / /\n')).rejects.toMatchObject(refused);
  await expect(register('# syntax=evil/frontend\nFROM mcr.microsoft.com/a\n')).rejects.toMatchObject({
    ...refused,
    message: expect.stringMatching(/environment\/Dockerfile.*"syntax"/),
  });
  expect(await register('FROM mcr.microsoft.com/a AS b\nCOPY --from=b / /\n')).toMatch(/environments/);
});

test('a model version that somebody else put there, with the tags of the run, is not taken for its own', async () => {
  const lab = await labWithRun(issuer, 'old', (head) => head);
  const { ml } = lab.deps;
  await ml.putAssetVersion('models', 'wine', '7', {
    properties: {
      modelType: 'custom_model',
      modelUri: 'azureml://datastores/workspaceblobstore/paths/evil/',
      tags: { 'whence.owner': owned.run.runId, 'whence.run': owned.run.runId },
    },
  });
  await expect(registerModelActivity(lab.deps, owned)).rejects.toMatchObject({ code: 'azure-ml.name-taken' });
});
