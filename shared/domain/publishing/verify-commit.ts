import { folderInTree, gitObjectId, rootTreeOf, treeId, type TreeFile } from './git-objects.ts';

/** A commit as a publisher shows it. */
export interface ShownCommit {
  /** 40 hex digits. */
  readonly id: string;
  /** Raw commit object. */
  readonly object: Uint8Array;
  /** Raw tree objects from the root down to the folder's parent. */
  readonly trees: readonly Uint8Array[];
  /** Folder of the pipeline in the repository; empty: its root. */
  readonly folder: string;
}

/**
 * Whether the files are those that the commit holds in the folder: the tree is recomputed from the files and followed
 * up to the commit.
 *
 * @returns undefined if they are, else what does not hold
 * @source design decision 17
 */
export function whyNotCommitted(files: readonly TreeFile[], commit: ShownCommit): string | undefined {
  if (gitObjectId('commit', commit.object) !== commit.id) return 'the commit object is not the one that its id names';
  let expected = rootTreeOf(commit.object);
  if (expected === undefined) return 'the commit object names no tree';
  const folders = commit.folder === '' ? [] : commit.folder.split('/');
  for (const [at, name] of folders.entries()) {
    const tree = commit.trees[at];
    if (tree === undefined) return `the tree above ${name} was not shown`;
    if (gitObjectId('tree', tree) !== expected) return `the tree above ${name} is not the one that the commit names`;
    expected = folderInTree(tree, name);
    if (expected === undefined) return `the commit has no folder ${folders.slice(0, at + 1).join('/')}`;
  }
  return treeId(files) === expected
    ? undefined
    : 'the files are not those of the commit: a file was changed, added or left out';
}
