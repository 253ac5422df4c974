import { execFileSync } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';

import { collectFolder, type CollectedFolder } from '#cli/publishing/collect.ts';
import { reconcile } from '#functions/triggers/reconcile-all.ts';
import { rejectionTable } from '#shared/contracts/records/rejection.ts';
import { rejectionKey } from '#shared/domain/data-window/keys.ts';
import { sha256 } from '#shared/domain/digest.ts';

import { makeTinyPipeline } from '../end-to-end/tiny-pipeline.ts';
import { Issuer, trusted } from './issuer.ts';
import { ApiLab, type Answer } from './lab.ts';

let issuer: Issuer;
let api: ApiLab;
let root: string;
let folder: string;
let collected: CollectedFolder;

beforeAll(async () => {
  issuer = await Issuer.start();
  root = await mkdtemp(join(tmpdir(), 'whence-publish-'));
  folder = await makeTinyPipeline(root, { name: 'demo' });
  collected = await collectFolder(folder);
});
afterAll(async () => {
  await issuer[Symbol.asyncDispose]();
  await rm(root, { recursive: true });
});
beforeEach(async () => {
  api = await ApiLab.open(issuer);
});

async function upload({ files }: Pick<CollectedFolder, 'files'>, lab = api): Promise<void> {
  for (const bytes of files.values())
    expect(await lab.call('PUT', `v1/pipelines/demo/files/${sha256(bytes)}`, { body: bytes })).toMatchObject({
      status: 201,
    });
}

const publish = (request: unknown, lab = api): Promise<Answer> =>
  lab.call('POST', 'v1/pipelines/demo/versions', { body: request });

describe('publishing', () => {
  test('uploads what is missing, makes a version, makes it active and asks for a run', async () => {
    const digests = [...new Set(collected.request.files.map((file) => file.sha256))];
    const before = await api.call('POST', 'v1/pipelines/demo/missing-files', { body: { sha256: digests } });
    expect(before.body['missing']).toEqual(digests);
    await upload(collected);
    expect((await api.call('POST', 'v1/pipelines/demo/missing-files', { body: { sha256: digests } })).body).toEqual({
      missing: [],
    });
    const published = await publish(collected.request);
    expect(published).toMatchObject({
      status: 201,
      body: {
        name: 'demo',
        trust: 'claimed',
        dirty: false,
        commit: collected.request.commit.id,
        publishedBy: 'ada@example.org',
      },
    });
    expect(await api.call('GET', 'v1/pipelines/demo')).toMatchObject({
      body: { activeVersion: published.body['version'], paused: false, versions: [{ trust: 'claimed' }] },
    });
    expect(api.engine).toEqual(['dataWindow demo-1']);
  });

  test('again changes nothing and asks for nothing', async () => {
    await upload(collected);
    const first = await publish(collected.request);
    const second = await publish(collected.request);
    expect(second).toMatchObject({ status: 201, body: { version: first.body['version'] } });
    expect(second.body).not.toHaveProperty('requestId');
    expect(api.engine).toEqual(['dataWindow demo-1']);
  });

  test('of bytes under another digest is refused', async () => {
    expect(await api.call('PUT', `v1/pipelines/demo/files/${sha256('a')}`, { body: Buffer.from('b') })).toMatchObject({
      status: 422,
      body: { code: 'pipeline.digest-mismatch' },
    });
  });

  test('of files that were not uploaded names them', async () => {
    expect(await publish(collected.request)).toMatchObject({
      body: { code: 'pipeline.file-missing', details: { missing: expect.arrayContaining(['pipeline.yaml']) } },
    });
  });

  test('of other files than the commit has is refused', async () => {
    await upload(collected);
    const text = Buffer.from('console.log("another model")\n');
    await api.call('PUT', `v1/pipelines/demo/files/${sha256(text)}`, { body: text });
    const files = collected.request.files.map((file) =>
      file.path === 'src/train.mjs' ? { ...file, sha256: sha256(text) } : file,
    );
    expect(await publish({ ...collected.request, files })).toMatchObject({
      body: { code: 'pipeline.commit-mismatch' },
    });
  });

  test.each([
    ['another commit id', { id: '0'.repeat(40) }],
    ['another commit object', { object: Buffer.from('tree 0000').toString('base64') }],
    ['another folder', { folder: 'elsewhere' }],
    ['no trees', { trees: [] }],
  ])('with %s is refused', async (_what, change) => {
    await upload(collected);
    const commit = { ...collected.request.commit, ...change };
    expect(await publish({ ...collected.request, commit })).toMatchObject({
      body: { code: 'pipeline.commit-mismatch' },
    });
  });

  test.each(['../outside', '/etc/passwd', 'a/../b', 'a\\b', 'a//b', '.', 'a\u0000b'])(
    'of the path %j is refused',
    async (path) => {
      const files = [...collected.request.files, { path, mode: '100644', sha256: sha256('x') }];
      expect(await publish({ ...collected.request, files })).toMatchObject({
        status: 400,
        body: { code: 'http.invalid-request' },
      });
    },
  );

  test('under another name than the folder has is refused', async () => {
    await upload(collected);
    expect(await api.call('POST', 'v1/pipelines/other/versions', { body: collected.request })).toMatchObject({
      body: { code: 'pipeline.invalid' },
    });
  });

  test('for data of a container where none lands on the stage is refused, with what to write instead', async () => {
    const file = join(folder, 'pipeline.yaml');
    const text = await readFile(file, 'utf8');
    await writeFile(file, text.replace('container: landing', 'container: elsewhere'));
    const other = await collectFolder(folder);
    await writeFile(file, text);
    await upload(other);
    expect(await publish(other.request)).toMatchObject({
      status: 422,
      body: {
        code: 'pipeline.container-unknown',
        detail: 'trigger.data.container is elsewhere; on this stage data lands in landing.',
      },
    });
  });

  test('with more files than the limit is refused', async () => {
    const files = Array.from({ length: 2_001 }, (_, at) => ({
      path: `f${at}`,
      mode: '100644',
      sha256: sha256(`${at}`),
    }));
    expect(await publish({ ...collected.request, files })).toMatchObject({ status: 400 });
  });

  test('of a dirty tree is unverified, and refused where the stage does not accept that', async () => {
    await writeFile(join(folder, 'src', 'train.mjs'), 'process.exit(0);\n');
    const dirty = await collectFolder(folder).finally(() =>
      execFileSync('git', ['checkout', '--quiet', '.'], { cwd: root }),
    );
    expect(dirty.request.commit.dirty).toBe(true);
    await upload(dirty);
    expect(await publish(dirty.request)).toMatchObject({ body: { code: 'pipeline.not-accepted' } });
    const lenient = await ApiLab.open(issuer, { accepts: ['verified', 'claimed', 'unverified'] });
    await upload(dirty, lenient);
    expect(await publish(dirty.request, lenient)).toMatchObject({ status: 201, body: { trust: 'unverified' } });
  });

  test('of bytes that were published dirty and are committed now is trusted as the commit is, for good', async () => {
    const lenient = await ApiLab.open(issuer, { accepts: ['claimed', 'unverified'] });
    await upload(collected, lenient);
    const { request } = collected;
    const asDirty = { ...request, commit: { ...request.commit, dirty: true } };
    expect(await publish(asDirty, lenient)).toMatchObject({ status: 201, body: { trust: 'unverified' } });
    expect(await publish(request, lenient)).toMatchObject({ status: 201, body: { trust: 'claimed', dirty: false } });
    expect(await publish(asDirty, lenient)).toMatchObject({ status: 201, body: { trust: 'claimed', dirty: false } });
  });

  test('by a CI system whose token names repository and commit is verified; a token that does not is refused', async () => {
    await using ci = await Issuer.start();
    const profile = {
      ciIssuers: [{ issuer: ci.url, audience: trusted.audience, repositories: ['org/repository'] }],
    };
    const good = { repository: 'org/repository', sha: collected.request.commit.id };
    const withToken = async (ciToken: string): Promise<Answer> => {
      const lab = await ApiLab.open(issuer, profile);
      await upload(collected, lab);
      return publish({ ...collected.request, ciToken }, lab);
    };
    expect(await withToken(await ci.signed(good))).toMatchObject({ status: 201, body: { trust: 'verified' } });
    for (const token of [
      await ci.signed({ ...good, repository: 'stranger/fork' }),
      await ci.signed({ ...good, sha: '0'.repeat(40) }),
      await issuer.signed(good),
      'no token',
    ])
      expect(await withToken(token)).toMatchObject({ status: 422, body: { code: 'pipeline.ci-token-refused' } });
  });
});

describe('publishing by a CI system that the network does not let the app reach', () => {
  let ci: Issuer;
  beforeEach(async () => {
    ci = await Issuer.start();
    await ci[Symbol.asyncDispose]();
  });

  const trusting = (more: object = {}): object => ({
    ciIssuers: [{ issuer: ci.url, audience: trusted.audience, repositories: ['org/repository'], ...more }],
  });
  const publishBy = async (profile: object, claims: object = {}): Promise<Answer> => {
    const lab = await ApiLab.open(issuer, profile);
    await upload(collected, lab);
    const ciToken = await ci.signed({ repository: 'org/repository', sha: collected.request.commit.id, ...claims });
    return publish({ ...collected.request, ciToken }, lab);
  };

  test('is verified by the keys in the stage profile', async () => {
    const profile = trusting({ keys: ci.keys });
    expect(await publishBy(profile)).toMatchObject({ status: 201, body: { trust: 'verified' } });
    expect(await publishBy(profile, { sha: '0'.repeat(40) })).toMatchObject({
      body: { code: 'pipeline.ci-token-refused' },
    });
  });

  test('is refused with a key that is not among them, and it says how to renew them', async () => {
    const profile = trusting({ keys: ci.keys });
    await ci.rotate();
    const answer = await publishBy(profile);
    expect(answer).toMatchObject({ status: 422, body: { code: 'pipeline.ci-token-refused' } });
    const message = JSON.stringify(answer.body);
    for (const part of [/key-2/, /may be old/, /jwks_uri/, /WHENCE_STAGE_PROFILE/]) expect(message).toMatch(part);
  });

  test('says where keys may be put, if there are none', async () => {
    const answer = await publishBy(trusting());
    expect(answer).toMatchObject({ status: 503, body: { code: 'http.issuer-unavailable' } });
    expect(JSON.stringify(answer.body)).toMatch(/put its keys into `ciIssuers` of WHENCE_STAGE_PROFILE/);
  });
});

describe('a published pipeline', () => {
  beforeEach(async () => {
    await upload(collected);
    await publish(collected.request);
  });

  test('is paused and resumed, and its window is told', async () => {
    expect(await api.call('POST', 'v1/pipelines/demo/pause')).toMatchObject({ status: 200, body: { paused: true } });
    expect(await api.call('POST', 'v1/pipelines/demo/pause')).toMatchObject({ status: 200, body: { paused: true } });
    expect(await api.call('POST', 'v1/pipelines/demo/resume')).toMatchObject({ status: 200, body: { paused: false } });
    expect(api.engine).toContain('demo-1 look-again');
  });

  test('shows its data windows', async () => {
    expect(await api.call('GET', 'v1/pipelines/demo/windows')).toMatchObject({
      body: { items: [{ generation: 1, state: 'open' }] },
    });
    expect(await api.call('GET', 'v1/pipelines/demo/data-versions')).toMatchObject({ body: { items: [] } });
    expect(await api.call('GET', 'v1/pipelines/demo/data-versions/7')).toMatchObject({ status: expect.any(Number) });
  });

  test('has its rejected data admitted once, which asks for a run', async () => {
    const id = rejectionKey('in/a.csv', sha256('bad'));
    await api.deps.records.insert(
      rejectionTable,
      { partition: 'demo', row: id },
      {
        schemaVersion: 1,
        path: 'in/a.csv',
        sha256: sha256('bad'),
        state: 'rejected',
        by: 'data-contract',
        at: '2026-01-01T00:00:00.000Z',
        findings: ['it is bad'],
      },
    );
    for (let ask = 0; ask < 2; ask += 1)
      expect(await api.call('POST', `v1/pipelines/demo/rejected/${id}/admit`)).toMatchObject({
        status: 200,
        body: { id, state: 'admitted', by: 'ada@example.org' },
      });
    expect(await api.call('GET', 'v1/pipelines/demo/rejected')).toMatchObject({
      body: { items: [{ id, state: 'admitted' }] },
    });
    expect(await api.call('POST', `v1/pipelines/demo/rejected/${'0'.repeat(64)}/admit`)).toMatchObject({ status: 404 });
  });

  test.each([
    'v1/models/demo/versions/9',
    'v1/endpoints/nobody',
    'v1/pipelines/nobody',
    'v1/pipelines/demo/requests/x',
  ])('%s is 404 with a problem', async (path) => {
    const answer = await api.call('GET', path);
    expect(answer.status).toBe(404);
    expect(answer.body).toMatchObject({ status: 404, code: expect.stringMatching(/^[a-z-]+\.[a-z-]+$/) });
    expect(JSON.stringify(answer.body)).not.toMatch(/node_modules|\.ts:/);
  });
});

describe('names and sizes that a stranger chooses', () => {
  test('a pipeline called like a member of every object is one like any other', async () => {
    const named = await collectFolder(await makeTinyPipeline(root, { name: 'constructor' }));
    for (const bytes of named.files.values())
      await api.call('PUT', `v1/pipelines/constructor/files/${sha256(bytes)}`, { body: bytes });
    expect(await api.call('POST', 'v1/pipelines/constructor/versions', { body: named.request })).toMatchObject({
      status: 201,
    });
    expect(await api.call('GET', 'v1/pipelines')).toMatchObject({
      status: 200,
      body: { items: [{ name: 'constructor', endpoint: 'constructor-local' }] },
    });
  });

  test('a record that cannot be read does not stop the other pipelines, and the reconciler tells of it', async () => {
    await upload(collected);
    await publish(collected.request);
    await api.deps.records.insert('pipelines', { partition: 'pipeline', row: 'broken' }, { schemaVersion: 1 });
    expect(await api.call('GET', 'v1/pipelines')).toMatchObject({ status: 200, body: { items: [{ name: 'demo' }] } });
    const told: unknown[] = [];
    const log = (event: string, facts: object): void => void told.push({ event, ...facts });
    await reconcile({ ...api.deps, telemetry: { ...api.deps.telemetry, log } });
    expect(told).toContainEqual(
      expect.objectContaining({ event: 'reconciler.failed', what: 'record of pipeline broken' }),
    );
  });

  test('a small request that names a large file many times is refused before anything is read', async () => {
    const big = Buffer.alloc(9_999_999, 97);
    await api.call('PUT', `v1/pipelines/demo/files/${sha256(big)}`, { body: big });
    let reads = 0;
    const { state } = api.deps;
    const { read } = state;
    state.read = (...args) => ((reads += 1), read.apply(state, args));
    const files = Array.from({ length: 50 }, (_, at) => ({ path: `f${at}`, mode: '100644', sha256: sha256(big) }));
    expect(await publish({ ...collected.request, files })).toMatchObject({
      body: { code: 'core.limit-exceeded' },
    });
    expect(reads).toBe(0);
  });

  test.each([
    ['of a pull request', { event_name: 'pull_request', ref: 'refs/pull/7/merge' }],
    ['of another branch', { event_name: 'push', ref: 'refs/heads/other' }],
  ])('a CI token %s does not vouch', async (_what, claims) => {
    const lab = await ApiLab.open(issuer, {
      ciIssuers: [
        {
          issuer: issuer.url,
          audience: 'api://whence',
          repositories: ['org/repository'],
          refs: ['refs/heads/main'],
        },
      ],
    });
    await upload(collected, lab);
    const about = { repository: 'org/repository', sha: collected.request.commit.id, aud: 'api://whence' };
    const ciToken = await issuer.signed({ ...about, ...claims });
    expect(await publish({ ...collected.request, ciToken }, lab)).toMatchObject({
      body: { code: 'pipeline.ci-token-refused' },
    });
    const good = await issuer.signed({ ...about, event_name: 'push', ref: 'refs/heads/main' });
    expect(await publish({ ...collected.request, ciToken: good }, lab)).toMatchObject({
      status: 201,
      body: { trust: 'verified' },
    });
  });
});

test('two pipelines whose shortened names come to one endpoint are kept apart', async () => {
  const lab = await ApiLab.open(issuer);
  const published: Answer[] = [];
  for (const name of ['customer-churn-prediction-europe', 'customer-churn-prediction-eastus']) {
    const one = await collectFolder(await makeTinyPipeline(root, { name }));
    for (const bytes of one.files.values())
      await lab.call('PUT', `v1/pipelines/${name}/files/${sha256(bytes)}`, { body: bytes });
    published.push(await lab.call('POST', `v1/pipelines/${name}/versions`, { body: one.request }));
  }
  expect(published).toMatchObject([{ status: 201 }, { status: 409, body: { code: 'pipeline.endpoint-taken' } }]);
});
