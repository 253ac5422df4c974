/**
 * Git objects, recomputed: a blob, a tree and a commit are named by the SHA-1 of their type, size and bytes. SHA-1
 * here only repeats what git says; what Whence relies on are the SHA-256 digests of the files.
 *
 * @source git documentation, "Git Objects" (Pro Git, chapter 10.2)
 */
import { createHash } from 'node:crypto';

/** A file of a tree. */
export interface TreeFile {
  readonly path: string;
  readonly mode: '100644' | '100755';
  /** Git's id of the bytes, 40 hex digits. */
  readonly blobId: string;
}

/** @returns git's id of an object, 40 hex digits */
export function gitObjectId(type: 'blob' | 'tree' | 'commit', bytes: Uint8Array): string {
  return createHash('sha1').update(`${type} ${bytes.length}\0`).update(bytes).digest('hex');
}

/**
 * The id of the tree that holds exactly these files.
 *
 * @param files - by path, `/` between folders
 */
export function treeId(files: readonly TreeFile[]): string {
  const entries: { readonly name: string; readonly mode: string; readonly id: string }[] = [];
  const folders = new Map<string, TreeFile[]>();
  for (const file of files) {
    const slash = file.path.indexOf('/');
    if (slash < 0) {
      entries.push({ name: file.path, mode: file.mode, id: file.blobId });
      continue;
    }
    const folder = file.path.slice(0, slash);
    const inside = folders.get(folder) ?? [];
    inside.push({ ...file, path: file.path.slice(slash + 1) });
    folders.set(folder, inside);
  }
  for (const [name, inside] of folders) entries.push({ name, mode: '40000', id: treeId(inside) });
  // Git sorts as if folders ended in a slash.
  const key = (entry: { name: string; mode: string }): string =>
    entry.mode === '40000' ? `${entry.name}/` : entry.name;
  const sorted = [...entries].sort((a, b) => Buffer.compare(Buffer.from(key(a)), Buffer.from(key(b))));
  const bytes = sorted.map((entry) =>
    Buffer.concat([Buffer.from(`${entry.mode} ${entry.name}\0`), Buffer.from(entry.id, 'hex')]),
  );
  return gitObjectId('tree', Buffer.concat(bytes));
}

/** @returns the id of a folder in a raw tree object, or undefined */
export function folderInTree(tree: Uint8Array, name: string): string | undefined {
  const bytes = Buffer.from(tree);
  for (let at = 0; at < bytes.length;) {
    const end = bytes.indexOf(0, at);
    if (end < 0) return undefined;
    const [mode = '', ...rest] = bytes.subarray(at, end).toString('utf8').split(' ');
    const id = bytes.subarray(end + 1, end + 21).toString('hex');
    if (mode === '40000' && rest.join(' ') === name) return id;
    at = end + 21;
  }
  return undefined;
}

/** @returns the id of the root tree in a raw commit object, or undefined */
export function rootTreeOf(commit: Uint8Array): string | undefined {
  return /^tree ([0-9a-f]{40})\n/.exec(Buffer.from(commit).toString('latin1'))?.[1];
}
