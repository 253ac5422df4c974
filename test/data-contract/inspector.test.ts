import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { gzipSync } from 'node:zlib';

import { DuckDBInstance } from '@duckdb/node-api';
import { describe, expect, test } from 'vitest';

import { fetchFile } from '#shared/adapters/duckdb/fetch-file.ts';
import { LockedSession } from '#shared/adapters/duckdb/locked-session.ts';

import { contractOf, head, inspectFiles, short } from './inspect.ts';

const contract = contractOf(`${head}    quality:
      - { metric: rowCount, mustBeGreaterThan: 1 }
      - { metric: duplicateValues, mustBe: 0, arguments: { properties: [id] } }
    properties:
      - { name: id, logicalType: integer, required: true }
      - { name: size of it, logicalType: number, logicalTypeOptions: { minimum: 0, maximum: 400 } }
      - { name: kind, logicalType: string, required: true, quality: [ { metric: invalidValues, arguments: { validValues: [a, b] }, mustBe: 0 } ] }
      - { name: day, logicalType: date, logicalTypeOptions: { minimum: '2020-01-01' } }
      - { name: ok, logicalType: boolean }
`);

const good = 'id,size of it,kind,day,ok\n1,1.5,a,2024-01-01,true\n2,,b,,\n3,400,"a",2024-02-29,false\n';

async function parquet(select: string): Promise<Uint8Array> {
  const folder = await mkdtemp(join(tmpdir(), 'whence-parquet-'));
  const instance = await DuckDBInstance.create(':memory:');
  const connection = await instance.connect();
  await connection.run(`COPY (${select}) TO '${join(folder, 'x.parquet')}' (FORMAT parquet)`);
  const bytes = await readFile(join(folder, 'x.parquet'));
  connection.closeSync();
  await rm(folder, { recursive: true });
  return bytes;
}

describe('data that keeps its contract', () => {
  test('has no findings, in any format', async () => {
    const jsonLines =
      '{"id":1,"size of it":1.5,"kind":"a","day":"2024-01-01","ok":true}\n{"id":2,"kind":"b"}\n{"id":3,"size of it":400,"kind":"a","ok":false}\n';
    const columnar = await parquet(
      "SELECT 1::BIGINT AS id, 1.5::DOUBLE AS \"size of it\", 'a' AS kind, DATE '2024-01-01' AS day, true AS ok UNION ALL SELECT 2, NULL, 'b', NULL, NULL",
    );
    for (const files of [
      { 'x.csv': good },
      { 'x.csv.gz': gzipSync(good) },
      { 'x.jsonl': jsonLines },
      { 'x.parquet': columnar },
    ]) {
      expect(short(await inspectFiles(contract, files))).toEqual([]);
    }
  });

  test('is profiled exactly', async () => {
    const { profile } = await inspectFiles(contract, { 'x.csv': good });
    expect(profile).toMatchObject({ rows: 3, files: [{ path: 'x.csv', rows: 3 }] });
    const [id, size, kind] = profile.columns;
    expect(id).toMatchObject({ nulls: 0, distinct: 3, minimum: '1', maximum: '3', mean: 2 });
    expect(size).toMatchObject({ nulls: 1, distinct: 2, minimum: '1.5', maximum: '400.0', quantiles: { '0.5': 1.5 } });
    expect(kind?.top).toEqual([
      { value: 'a', count: 2 },
      { value: 'b', count: 1 },
    ]);
  });
});

describe('data that breaks its contract', () => {
  test('is told by file, row, column, value and rule', async () => {
    const csv = 'id,size of it,kind,day,ok\n1,741,a,2019-12-31,yes\nx,-1,c,2024-13-01,true\n3,nan,,2024-1-1,TRUE\n';
    const inspection = await inspectFiles(contract, { 'x.csv': csv });
    expect(short(inspection)).toEqual([
      'x.csv type id 1/3',
      'x.csv type size of it 1/3',
      'x.csv minimum size of it 1/3',
      'x.csv maximum size of it 1/3',
      'x.csv required kind 1/3',
      'x.csv invalidValues kind 1/3',
      'x.csv type day 2/3',
      'x.csv minimum day 1/3',
      'x.csv type ok 1/3',
    ]);
    expect(inspection.findings[0]?.samples).toEqual([{ row: 2, value: 'x' }]);
    expect(inspection.findings[3]?.message).toBe('1 of 3 values of `size of it` are above 400.');
  });

  test('is told when a column was renamed', async () => {
    const inspection = await inspectFiles(contract, { 'x.csv': 'id,size of it,Kind\n1,1,a\n2,1,b\n' });
    expect(short(inspection)).toEqual(['x.csv missing-column kind 2/2']);
    expect(inspection.findings[0]?.message).toContain('`Kind`');
  });

  test('is told when rows are ragged or not JSON', async () => {
    expect(
      short(await inspectFiles(contract, { 'x.csv': 'id,size of it,kind\n1,1,a\n2,1\n3,1,a,extra\n4,2,b\n' })),
    ).toEqual(['x.csv malformed-row - 2/2']);
    expect(
      short(await inspectFiles(contract, { 'x.jsonl': '{"id":1,"kind":"a"}\nnot json\n[1]\n{"id":"2","kind":"b"}\n' })),
    ).toContain('x.jsonl malformed-row - 2/4');
  });

  test('is told when JSON or Parquet have other kinds of values', async () => {
    expect(short(await inspectFiles(contract, { 'x.jsonl': '{"id":"1","kind":"a"}\n{"id":2,"kind":7}\n' }))).toEqual([
      'x.jsonl type id 1/2',
      'x.jsonl type kind 1/2',
      'x.jsonl invalidValues kind 1/2',
    ]);
    const columnar = await parquet("SELECT 'one' AS id, 'a' AS kind UNION ALL SELECT 'two', 'b'");
    expect(short(await inspectFiles(contract, { 'x.parquet': columnar }))).toEqual(['x.parquet type id 2/2']);
  });

  test('is told for the data version as a whole: rows, duplicates across files, freshness', async () => {
    const fresh = contractOf(`${head}    quality:
      - { metric: rowCount, mustBeBetween: [3, 4] }
      - { metric: duplicateValues, mustBe: 0, arguments: { properties: [id] } }
    properties:
      - { name: id, logicalType: integer }
      - { name: day, logicalType: date }
slaProperties:
  - { property: freshness, value: 2, unit: d, element: rows.day }
`);
    const files = { 'a.csv': 'id,day\n1,2026-01-01\n', 'b.csv': 'id,day\n1,2026-01-28\n' };
    expect(short(await inspectFiles(fresh, files))).toEqual([
      '- rowCount - 2/2',
      '- duplicateValues - 2/2',
      '- freshness day 2/2',
    ]);
    expect(short(await inspectFiles(fresh, { 'a.csv': 'id,day\n1,2026-01-30\n2,\n3,\n' }))).toEqual([]);
  });

  test('is told for files that are not what their names say', async () => {
    const findings = await inspectFiles(contract, {
      'x.xlsx': 'PK',
      'y.csv.gz': 'not gzip',
      'z.parquet': 'not parquet',
    });
    expect(short(findings).slice(0, 3)).toEqual([
      'x.xlsx format - 1/1',
      'y.csv.gz unreadable - 1/1',
      'z.parquet unreadable - 1/1',
    ]);
    expect(JSON.stringify(findings)).not.toContain(tmpdir());
  });
});

describe('hostile data', () => {
  test('reaches no other file by its name', async () => {
    for (const path of ['*.csv', '../x.csv', '/etc/passwd.csv', "a'; DROP TABLE t0; --.csv", 'landing/[a-z]*.csv']) {
      expect(
        short(
          await inspectFiles(contract, {
            [path]: good,
            'other.csv': good.replace('1,1.5', '9,1').replace('2,,', '8,,').replace('3,400', '7,1'),
          }),
        ),
      ).toEqual([]);
    }
  });

  test('runs no SQL by its column names or values', async () => {
    const hostile = contractOf(`${head}    properties:
      - { name: "a\\"; DROP TABLE t0; --", logicalType: string, logicalTypeOptions: { pattern: "^[^x]*$" } }
      - { name: "it's /a~b", logicalType: string }
`);
    const csv = `"a""; DROP TABLE t0; --",it's /a~b\n"'; SELECT 1; --",x\n`;
    expect(short(await inspectFiles(hostile, { 'x.csv': csv }))).toEqual([]);
    const json = `${JSON.stringify({ 'a"; DROP TABLE t0; --': "'", "it's /a~b": 'x' })}\n`;
    const { profile } = await inspectFiles(hostile, { 'x.jsonl': json });
    expect(profile.columns.map((column) => column.nulls)).toEqual([0, 0]);
  });

  test('that decompresses without end is refused as too large', async () => {
    const bytes = gzipSync(Buffer.alloc(50_000_000, 'a'));
    const file = {
      path: 'bomb.csv.gz',
      sizeBytes: bytes.length,
      sha256: 'a'.repeat(64),
      open: async () => Readable.from([bytes]),
    };
    const folder = await mkdtemp(join(tmpdir(), 'whence-bomb-'));
    await expect(
      fetchFile(folder, file, { format: 'csv', gzip: true }, { leftBytes: 1_000_000 }),
    ).rejects.toMatchObject({ code: 'data-contract.too-large' });
    await rm(folder, { recursive: true });
  });

  test('cannot make the session reach outside', async () => {
    await using session = await LockedSession.open();
    for (const sql of [
      "SELECT * FROM read_text('/etc/passwd')",
      "COPY (SELECT 1) TO '/tmp/whence-escaped.csv'",
      'INSTALL httpfs',
      'LOAD httpfs',
      "ATTACH '/tmp/whence-escaped.db'",
      "SET memory_limit = '64GB'",
      'SET enable_external_access = true',
      `SELECT * FROM read_text('${session.folder}/../../*')`,
    ]) {
      await expect(session.query(sql), sql).rejects.toThrow(/Permission|disabled|locked|Cannot/);
    }
  });
});
