/** What every implementation of the port `RecordStore` does. */
import { isDeepStrictEqual } from 'node:util';

import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { limits } from '#shared/domain/limits.ts';
import { isWhenceError } from '#shared/errors/whence-error.ts';
import type { RecordStore, RecordWrite } from '#shared/ports/record-store.ts';

/** An implementation. */
export interface RecordStoreSubject extends AsyncDisposable {
  readonly store: RecordStore;
}

/** Runs the suite. */
export function recordStoreSuite(name: string, open: () => Promise<RecordStoreSubject>): void {
  describe(`RecordStore: ${name}`, () => {
    let subject: RecordStoreSubject;
    let store: RecordStore;
    let partitions = 0;
    /** A partition that nobody else uses. */
    const fresh = (): string => `partition-${(partitions += 1)}`;

    beforeAll(async () => {
      subject = await open();
      ({ store } = subject);
    }, 60_000);
    afterAll(() => subject[Symbol.asyncDispose]());

    it('knows no row that was never written, in a table that is not there either', async () => {
      expect(await store.get('nowhere', { partition: 'p', row: 'r' })).toBeUndefined();
      expect(await store.query('nowhere', 'p')).toEqual({ records: [] });
      const { record } = await store.insert('somewhere', { partition: 'p', row: 'r' }, {});
      const missing = { partition: 'p', row: 'missing' };
      for (const table of ['somewhere', 'elsewhere']) {
        expect(await store.remove(table, missing, record.etag)).toBe(false);
        expect(await store.replace(table, missing, {}, record.etag)).toEqual({ outcome: 'conflict' });
      }
    });

    it.each([
      [
        'plain members',
        { text: 'a', number: -1.5, yes: true, nothing: null, list: [1, [2]], inner: { deep: { x: 1 } } },
      ],
      ['any text', { text: 'ünï ☃ 😀 "quotes" \\ / # ? % \n\t', '': 'no name', 'odd key': 1 }],
      ['times as text', { at: '2026-01-02T03:04:05.678Z' }],
      ['a text of 30,000 characters, some of them beyond ASCII', { text: 'xx☃'.repeat(10_000) }],
      ['a text of 100,000 characters', { text: 'xy'.repeat(50_000) }],
      ['nothing', {}],
    ])('gives back %s as they were', async (_what, value) => {
      const key = { partition: fresh(), row: 'r' };
      await store.insert('values', key, value);
      const stored = (await store.get('values', key))?.value;
      // Not toEqual: nobody wants to read 100,000 characters of difference.
      expect(isDeepStrictEqual(stored, value), JSON.stringify(stored)?.slice(0, 200)).toBe(true);
    });

    it('refuses a value that is too large', async () => {
      const value = { text: 'x'.repeat(limits.recordBytes) };
      const code = await Promise.resolve()
        .then(() => store.insert('values', { partition: fresh(), row: 'r' }, value))
        .then(
          () => 'stored',
          (error: unknown) => (isWhenceError(error) ? error.code : String(error).slice(0, 200)),
        );
      expect(code).toBe('storage.record-too-large');
    });

    it('inserts once: the first writer wins, and the others see what is there', async () => {
      const key = { partition: fresh(), row: 'r' };
      const outcomes = await Promise.all(
        Array.from({ length: 8 }, (_, writer) => store.insert('rows', key, { writer })),
      );
      expect(outcomes.filter(({ outcome }) => outcome === 'inserted')).toHaveLength(1);
      const stored = await store.get('rows', key);
      for (const { record } of outcomes) expect(record).toEqual(stored);
    });

    it('replaces on the ETag that was read, and on no other', async () => {
      const key = { partition: fresh(), row: 'r' };
      const { record } = await store.insert('rows', key, { version: 1 });
      const first = await store.replace('rows', key, { version: 2 }, record.etag);
      expect(first).toEqual({ outcome: 'replaced', etag: expect.any(String) });
      expect(await store.replace('rows', key, { version: 3 }, record.etag)).toEqual({ outcome: 'conflict' });
      const stored = await store.get('rows', key);
      expect(stored).toMatchObject({ value: { version: 2 }, etag: first.outcome === 'replaced' ? first.etag : '' });
    });

    it('replaces whole values, not members', async () => {
      const key = { partition: fresh(), row: 'r' };
      const { record } = await store.insert('rows', key, { a: 1, long: 'x'.repeat(90_000) });
      await store.replace('rows', key, { b: 2 }, record.etag);
      expect((await store.get('rows', key))?.value).toEqual({ b: 2 });
    });

    it('lets one of many replacements through', async () => {
      const key = { partition: fresh(), row: 'r' };
      const { record } = await store.insert('rows', key, { n: 0 });
      const outcomes = await Promise.all(
        Array.from({ length: 6 }, (_, n) => store.replace('rows', key, { n }, record.etag)),
      );
      expect(outcomes.filter(({ outcome }) => outcome === 'replaced')).toHaveLength(1);
    });

    it('removes on the ETag that was read, once', async () => {
      const key = { partition: fresh(), row: 'r' };
      const { record } = await store.insert('rows', key, { n: 0 });
      await store.replace('rows', key, { n: 1 }, record.etag);
      expect(await store.remove('rows', key, record.etag)).toBe(false);
      const stored = await store.get('rows', key);
      expect(await store.remove('rows', key, stored?.etag ?? '')).toBe(true);
      expect(await store.remove('rows', key, stored?.etag ?? '')).toBe(false);
      expect(await store.get('rows', key)).toBeUndefined();
    });

    describe('a transaction', () => {
      it('writes all', async () => {
        const partition = fresh();
        const { record } = await store.insert('rows', { partition, row: 'a' }, { n: 0 });
        const writes: RecordWrite[] = [
          { kind: 'replace', row: 'a', value: { n: 1 }, etag: record.etag },
          { kind: 'insert', row: 'b', value: { n: 2 } },
        ];
        expect(await store.transact('rows', partition, writes)).toBe('committed');
        expect((await store.query('rows', partition)).records.map(({ value }) => value)).toEqual([{ n: 1 }, { n: 2 }]);
      });

      it.each(['insert', 'replace'] as const)('writes nothing if one %s does not hold', async (kind) => {
        const partition = fresh();
        const { record } = await store.insert('rows', { partition, row: 'a' }, { n: 0 });
        await store.replace('rows', { partition, row: 'a' }, { n: 1 }, record.etag);
        const writes: RecordWrite[] = [
          { kind: 'insert', row: 'b', value: { n: 2 } },
          kind === 'insert'
            ? { kind, row: 'a', value: { n: 3 } }
            : { kind, row: 'a', value: { n: 3 }, etag: record.etag },
        ];
        expect(await store.transact('rows', partition, writes)).toBe('conflict');
        expect((await store.query('rows', partition)).records.map(({ row, value }) => [row, value])).toEqual([
          ['a', { n: 1 }],
        ]);
      });

      it('makes its table', async () => {
        const writes: RecordWrite[] = [{ kind: 'insert', row: 'a', value: { n: 1 } }];
        expect(await store.transact('madebytransaction', 'p', writes)).toBe('committed');
      });
    });

    describe('a query', () => {
      const partition = 'queried';
      beforeAll(async () => {
        for (const row of ['b-2', 'a-1', 'b-1', 'c-1', 'b-10', 'B-1'])
          await store.insert('rows', { partition, row }, { row });
        await store.insert('rows', { partition: 'queried-not', row: 'b-3' }, { row: 'b-3' });
      });
      const rows = async (range: object): Promise<string[]> =>
        (await store.query('rows', partition, range)).records.map(({ row }) => row);

      it('gives one partition in the order of its rows, by code', async () => {
        expect(await rows({})).toEqual(['B-1', 'a-1', 'b-1', 'b-10', 'b-2', 'c-1']);
      });

      it('gives a range, its beginning included and its end not', async () => {
        expect(await rows({ from: 'b-1', to: 'b-2' })).toEqual(['b-1', 'b-10']);
        expect(await rows({ from: 'b-', to: 'b-~' })).toEqual(['b-1', 'b-10', 'b-2']);
      });

      it('gives pages: every row once', async () => {
        const seen: string[] = [];
        let after: string | undefined;
        do {
          const page = await store.query('rows', partition, { limit: 2, ...(after === undefined ? {} : { after }) });
          expect(page.records.length).toBeLessThanOrEqual(2);
          seen.push(...page.records.map(({ row }) => row));
          after = page.next;
        } while (after !== undefined);
        expect(seen).toEqual(await rows({}));
      });

      it('gives more than a thousand rows in pages', async () => {
        const many = fresh();
        for (let at = 0; at < 1_050; at += 50)
          await store.transact(
            'rows',
            many,
            Array.from({ length: 50 }, (_, n) => ({ kind: 'insert', row: String(at + n).padStart(5, '0'), value: {} })),
          );
        const first = await store.query('rows', many);
        const second = await store.query('rows', many, first.next === undefined ? {} : { after: first.next });
        expect([first.records.length, second.records.length, second.next]).toEqual([1_000, 50, undefined]);
      });
    });
  });
}
