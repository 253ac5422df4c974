import type { DraftContext } from '../azure-ml/draft/context.ts';
import { resolvePath } from '../azure-ml/draft/context.ts';
import type { EnvironmentUse } from '../azure-ml/draft/drafts.ts';
import { findLatest, findPlaceholders } from '../azure-ml/check/left-open.ts';
import { digestOf, sha256 } from '../digest.ts';
import { parseYaml, type YamlDialect } from '../yaml/parse-yaml.ts';
import type { PathStep, Problem } from '../yaml/problem.ts';
import type { SourceDocument } from '../yaml/source-document.ts';

import type { SourceFolder } from './definition.ts';
import { stripOutputs } from './notebook/notebook.ts';

/** Files of a pipeline folder by path: `/` between folders, relative to the folder. */
export type PipelineFiles = ReadonlyMap<string, Uint8Array>;

/** Reads a pipeline folder and collects what is wrong with it and which of its folders are used. */
export class FolderReader implements DraftContext {
  readonly problems: Problem[] = [];
  readonly folders = new Map<string, SourceFolder>();
  /** Files that no commit has by digest: notebooks without their outputs, and what runs them. */
  readonly derived = new Map<string, Uint8Array>();
  readonly #files: PipelineFiles;

  constructor(files: PipelineFiles) {
    this.#files = files;
  }

  read(path: string): Uint8Array | undefined {
    return this.#files.get(path);
  }

  report(problem: Problem): void {
    this.problems.push(problem);
  }

  /** Reads a YAML file; what is wrong is reported. */
  document(file: string, dialect: YamlDialect): SourceDocument | undefined {
    const parsed = parseYaml(file, this.#files.get(file) ?? new Uint8Array(), dialect);
    parsed.problems?.forEach((problem) => this.report(problem));
    return parsed.document;
  }

  /**
   * @param document - the document that names a file
   * @param at - where in it
   * @returns the file's path from the pipeline's folder, or undefined after a reported problem
   */
  file(written: string, document: SourceDocument, at: readonly PathStep[]): string | undefined {
    const path = this.#inside(written, document, at);
    if (path === undefined || this.#files.has(path)) return path;
    this.report(
      document.problem(at, {
        code: 'missing-file',
        message: `There is no file \`${path}\` in the pipeline’s folder.`,
        expected: 'a file of the folder, its path relative to this file',
        fix: this.#suggestion(path),
      }),
    );
    return undefined;
  }

  keepFolder(written: string, document: SourceDocument, at: readonly PathStep[]): string {
    const path = this.#inside(written, document, at);
    if (path === undefined) return written;
    const name = path === '' ? '.' : path;
    const folder = this.folders.get(name) ?? this.#collect(path);
    if (folder.files.length > 0) this.folders.set(name, folder);
    else {
      this.report(
        document.problem(at, {
          code: 'missing-file',
          message: `There is no folder \`${name}\` with files in the pipeline’s folder.`,
          expected: 'a folder with files, its path relative to this file',
          fix: 'Add the folder, or correct the path; files that git ignores are not published.',
        }),
      );
    }
    return name;
  }

  /**
   * Adds a file of ours to a folder that is kept.
   *
   * @param name - as {@link keepFolder} returned it
   * @returns false where the folder has another file of this path
   */
  addToFolder(name: string, path: string, bytes: Uint8Array): boolean {
    const folder = this.folders.get(name);
    if (folder === undefined) return true;
    const file = this.#fileOf(path, bytes);
    const there = folder.files.find((one) => one.path === path);
    if (there !== undefined) return there.sha256 === file.sha256;
    this.derived.set(file.sha256, bytes);
    this.folders.set(name, folderOf([...folder.files, file]));
    return true;
  }

  keepEnvironment(use: EnvironmentUse): unknown {
    return { $environment: use };
  }

  opened(document: SourceDocument): void {
    for (const problem of [...findPlaceholders(document), ...findLatest(document)]) this.report(problem);
  }

  keepAsset(written: string, document: SourceDocument, at: readonly PathStep[]): string {
    return this.keepFolder(written, document, at);
  }

  #inside(written: string, document: SourceDocument, at: readonly PathStep[]): string | undefined {
    const isRemote = /^[a-z][a-z0-9+.-]+:/i.test(written);
    const path = isRemote ? undefined : resolvePath(document.file, written);
    if (path !== undefined) return path;
    this.report(
      document.problem(at, {
        code: 'leaves-folder',
        message: `\`${written}\` ${isRemote ? 'is no path of this folder' : 'leaves the pipeline’s folder'}.`,
        expected: 'a path inside the pipeline’s folder, relative to this file',
        fix: 'Put what it names into the folder, so that it is published with the pipeline.',
      }),
    );
    return undefined;
  }

  #collect(path: string): SourceFolder {
    const prefix = path === '' ? '' : `${path}/`;
    const files = [...this.#files]
      .filter(([file]) => file.startsWith(prefix))
      .map(([file, bytes]) => this.#fileOf(file.slice(prefix.length), bytes));
    return folderOf(files);
  }

  /** A file of a folder; a notebook without its outputs. */
  #fileOf(path: string, bytes: Uint8Array): SourceFolder['files'][number] {
    const code = path.endsWith('.ipynb') ? stripOutputs(bytes) : bytes;
    const digest = sha256(code);
    if (code !== bytes) this.derived.set(digest, code);
    return { path, sha256: digest, sizeBytes: code.length };
  }

  /** A file of the same name elsewhere, or one of the same folder. */
  #suggestion(path: string): string {
    const name = path.split('/').at(-1);
    const same = [...this.#files.keys()].find((file) => file.split('/').at(-1)?.toLowerCase() === name?.toLowerCase());
    return same === undefined
      ? 'Add the file, or correct the path.'
      : `Write the path of \`${same}\`, or add the file.`;
  }
}

function folderOf(files: SourceFolder['files']): SourceFolder {
  const sorted = files.toSorted((a, b) => (a.path < b.path ? -1 : 1));
  return { digestSha256: digestOf(sorted.map((file) => [file.path, file.sha256])), files: sorted };
}
