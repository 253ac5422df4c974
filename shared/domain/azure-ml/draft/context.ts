import type { PathStep, Problem } from '../../yaml/problem.ts';
import type { SourceDocument } from '../../yaml/source-document.ts';

import type { EnvironmentUse } from './drafts.ts';

/** What the conversion of a document may ask and tell. */
export interface DraftContext {
  /** @returns the bytes of a file of the folder, or undefined; paths start at the folder's root */
  read(path: string): Uint8Array | undefined;
  /**
   * @param written - a local path as the document has it
   * @param document - the document that has it; paths are relative to its folder
   * @param at - where in the document
   * @returns how the draft shall keep the path: as written, or from the root after a check
   */
  keepFolder(written: string, document: SourceDocument, at: readonly PathStep[]): string;
  /**
   * @param written - a path as the document has it, of something that is uploaded by itself: code of a component, data
   * @returns how the payload names it: a URI as it is, a local path from the root
   */
  keepAsset(written: string, document: SourceDocument, at: readonly PathStep[]): string;
  /** @returns what stands in a payload for an environment; by default what Azure ML's tools put there */
  readonly keepEnvironment?: (use: EnvironmentUse) => unknown;
  /** Told of each further file that is read. */
  readonly opened?: (document: SourceDocument) => void;
  /** Takes a mistake; the conversion goes on to find the others. */
  report(problem: Problem): void;
}

/**
 * The path from the root, of a path in a file.
 *
 * @param file - the file that names it, from the root
 * @param written - what it says: relative, `/` or `\` between folders
 * @returns the path without `.` and `..`, empty for the root itself, or undefined if it leaves the root or is absolute
 */
export function resolvePath(file: string, written: string): string | undefined {
  if (/^([/\\]|[A-Za-z]:|~)/.test(written)) return undefined;
  const steps = file.split('/').slice(0, -1);
  for (const step of written.split(/[/\\]/)) {
    if (step === '' || step === '.') continue;
    if (step !== '..') steps.push(step);
    else if (steps.pop() === undefined) return undefined;
  }
  return steps.join('/');
}
