/** What every implementation of the port `BlobStore` does. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { readAll } from '#functions/read-all.ts';
import type { BlobStore } from '#shared/ports/blob-store.ts';

/** An implementation, and somebody else who writes into it as he likes. */
export interface BlobStoreSubject extends AsyncDisposable {
  readonly store: BlobStore;
  /** Writes over whatever is there. */
  overwrite(container: string, path: string, text: string): Promise<void>;
}

/** Names that users give blobs. (The SDK makes `/` of a backslash, so that is no name.) */
const NAMES = [
  'plain.csv',
  'in a folder/b.csv',
  'ünï ☃ 😀.csv',
  '#?%&+ =;.csv',
  '*.csv',
  `it's "quoted".csv`,
  'x%2Fy.csv',
];

/** Runs the suite. */
export function blobStoreSuite(name: string, open: () => Promise<BlobStoreSubject>): void {
  describe(`BlobStore: ${name}`, () => {
    let subject: BlobStoreSubject;
    let store: BlobStore;
    let containers = 0;
    /** A container that nobody else uses. */
    const fresh = (): string => `container-${(containers += 1)}`;
    const put = (container: string, path: string, text: string) =>
      store.putIfAbsent(container, path, Buffer.from(text), 'text/plain');
    const textOf = async (container: string, path: string, etag?: string): Promise<string> => {
      const stream = await store.read(container, path, etag === undefined ? {} : { ifMatch: etag });
      return typeof stream === 'string' ? stream : (await readAll(stream)).toString();
    };
    const etagOf = async (container: string, path: string): Promise<string> =>
      (await store.head(container, path))?.etag ?? '';

    beforeAll(async () => {
      subject = await open();
      ({ store } = subject);
    }, 60_000);
    afterAll(() => subject[Symbol.asyncDispose]());

    it('says whether a container is there', async () => {
      const container = fresh();
      expect(await store.hasContainer(container)).toBe(false);
      await put(container, 'a.csv', 'a');
      expect(await store.hasContainer(container)).toBe(true);
    });

    it('knows nothing of a container that is not there', async () => {
      expect(await store.list('nowhere', '')).toEqual({ blobs: [] });
      expect(await store.head('nowhere', 'a')).toBeUndefined();
      expect(await store.read('nowhere', 'a')).toBe('missing');
    });

    it('reads from a byte on', async () => {
      const container = fresh();
      await put(container, 'log.txt', 'first\nlast\n');
      const stream = await store.read(container, 'log.txt', { fromByte: 6 });
      expect(typeof stream === 'string' ? stream : (await readAll(stream)).toString()).toBe('last\n');
    });

    it.each(NAMES)('keeps a blob named %j', async (path) => {
      const container = fresh();
      expect(await put(container, path, 'héllo')).toBe('created');
      expect(await textOf(container, path)).toBe('héllo');
      const { blobs } = await store.list(container, '');
      expect(blobs).toEqual([await store.head(container, path)]);
      expect(blobs[0]).toMatchObject({ path, sizeBytes: 6, blobType: 'BlockBlob' });
      expect(blobs[0]?.etag).not.toContain('"');
      expect(blobs[0]?.lastModifiedAt).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.000Z$/);
    });

    it('keeps an empty blob', async () => {
      const container = fresh();
      await put(container, 'empty', '');
      expect(await store.head(container, 'empty')).toMatchObject({ sizeBytes: 0 });
      expect(await textOf(container, 'empty')).toBe('');
    });

    it('puts once: what is there stays', async () => {
      const container = fresh();
      await put(container, 'a', 'first');
      expect(await put(container, 'a', 'second')).toBe('exists');
      expect(await textOf(container, 'a')).toBe('first');
    });

    it('lists by a literal prefix, in the order of the paths', async () => {
      const container = fresh();
      for (const path of ['b/2', 'a', 'b/1', 'b*/3', 'c']) await put(container, path, path);
      const paths = async (prefix: string) => (await store.list(container, prefix)).blobs.map(({ path }) => path);
      expect(await paths('')).toEqual(['a', 'b*/3', 'b/1', 'b/2', 'c']);
      expect(await paths('b/')).toEqual(['b/1', 'b/2']);
      expect(await paths('b*')).toEqual(['b*/3']);
      expect(await paths('nothing')).toEqual([]);
    });

    it('gives every version its own ETag, and reads only the one that is asked for', async () => {
      const container = fresh();
      await put(container, 'a', 'first');
      const etag = await etagOf(container, 'a');
      expect(await textOf(container, 'a', etag)).toBe('first');
      await subject.overwrite(container, 'a', 'second');
      expect(await etagOf(container, 'a')).not.toBe(etag);
      expect(await textOf(container, 'a', etag)).toBe('changed');
      // Azurite says 412 of a blob that is not there, Azure 404: to callers it is the same.
      expect(['missing', 'changed']).toContain(await textOf(container, 'gone', etag));
    });

    it('gives the same bytes another ETag when they are written again', async () => {
      const container = fresh();
      await put(container, 'a', 'same');
      const etag = await etagOf(container, 'a');
      await subject.overwrite(container, 'a', 'same');
      expect(await etagOf(container, 'a')).not.toBe(etag);
    });

    describe('a copy', () => {
      it.each(NAMES)('takes %j into a container that it makes', async (path) => {
        const [from, to] = [fresh(), fresh()];
        await put(from, path, 'bytes');
        const source = { container: from, path, etag: await etagOf(from, path) };
        expect(await store.copyIfAbsent(source, { container: to, path: `v/${path}` })).toBe('copied');
        expect(await textOf(to, `v/${path}`)).toBe('bytes');
      });

      it('leaves what is there', async () => {
        const container = fresh();
        await put(container, 'a', 'source');
        await put(container, 'b', 'target');
        const source = { container, path: 'a', etag: await etagOf(container, 'a') };
        expect(await store.copyIfAbsent(source, { container, path: 'b' })).toBe('exists');
        expect(await textOf(container, 'b')).toBe('target');
      });

      it('is not made of bytes that changed, or are gone', async () => {
        const container = fresh();
        await put(container, 'a', 'first');
        const source = { container, path: 'a', etag: await etagOf(container, 'a') };
        await subject.overwrite(container, 'a', 'second');
        expect(await store.copyIfAbsent(source, { container, path: 'b' })).toBe('changed');
        expect(await store.copyIfAbsent({ ...source, path: 'x' }, { container, path: 'b' })).toBe('missing');
        expect(await store.head(container, 'b')).toBeUndefined();
      });
    });
  });
}
