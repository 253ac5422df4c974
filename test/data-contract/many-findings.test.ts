/** Findings are cut, but not what they say of a file. */
import { afterAll, beforeAll, expect, test } from 'vitest';

import { validateDataActivity } from '#functions/activities/run/validate-data.ts';
import { writeStateFile } from '#functions/state-files.ts';
import { createDuckDbInspector } from '#shared/adapters/duckdb/duckdb-inspector.ts';
import { manifestRow, manifestTable } from '#shared/contracts/records/manifest.ts';
import { rejectionTable } from '#shared/contracts/records/rejection.ts';
import { rejectionKey } from '#shared/domain/data-window/keys.ts';
import { sha256 } from '#shared/domain/digest.ts';
import { Issuer } from '#test/api/issuer.ts';
import { labWithRun, owned } from '#test/support/claimed-run.ts';

const columns = Array.from({ length: 250 }, (_, at) => `c${String(at).padStart(3, '0')}`);
const yaml = [
  'apiVersion: v3.1.0',
  'kind: DataContract',
  'id: wide',
  'name: Wide',
  'version: 1.0.0',
  'status: active',
  'schema:',
  '  - name: t',
  '    logicalType: object',
  '    physicalType: file',
  '    properties:',
  ...columns.map((name) => `      - { name: ${name}, logicalType: integer, required: true }`),
].join('\n');
let issuer: Issuer;
beforeAll(async () => {
  issuer = await Issuer.start();
});
afterAll(() => issuer[Symbol.asyncDispose]());

test('what breaks the contract is rejected, also behind files that were admitted with many findings', async () => {
  const { deps } = await labWithRun(issuer, 'old', (head) => head, { 'contract.yaml': yaml });
  const broken = `${columns.join(',')}\n${columns.map(() => 'x').join(',')}\n`;
  const files = ['demo/a.csv', 'demo/b.csv', 'demo/c.csv'];
  const at = new Date(deps.clock.nowMs()).toISOString();
  for (const path of files)
    await deps.data.putIfAbsent(
      deps.config.WHENCE_VERSIONS_CONTAINER,
      `${owned.run.manifestDigest}/${path}`,
      Buffer.from(broken),
      'text/csv',
    );
  // An operator admitted a.csv and b.csv; nobody ever saw c.csv.
  for (const path of files.slice(0, 2))
    await deps.records.insert(
      rejectionTable,
      { partition: 'demo', row: rejectionKey(path, sha256(broken)) },
      { schemaVersion: 1, path, sha256: sha256(broken), state: 'admitted', by: 'ada', at, findings: [] },
    );
  const reference = await writeStateFile(deps, 'manifests/demo', {
    schemaVersion: 1,
    digest: owned.run.manifestDigest,
    sealedAt: at,
    contents: files.map((path) => ({ path, sizeBytes: broken.length, sha256: sha256(broken) })),
    locators: [],
    leftOut: [],
  });
  await deps.records.insert(
    manifestTable,
    { partition: 'demo', row: manifestRow(7) },
    {
      schemaVersion: 1,
      number: 7,
      digest: owned.run.manifestDigest,
      reference,
      blobs: 3,
      sizeBytes: 3,
      leftOut: 0,
      sealedAt: at,
    },
  );
  const ended = await validateDataActivity({ ...deps, inspector: createDuckDbInspector() }, owned);
  expect(ended).toMatchObject({
    outcome: 'ended',
    status: 'refused',
    failure: { code: 'run.data-rejected', details: { rejected: ['demo/c.csv'] } },
  });
});
