import { findPlaceholders } from '../azure-ml/check/left-open.ts';
import type { SourceDocument } from '../yaml/source-document.ts';

import type { FolderReader } from './folder-reader.ts';

/** Reports texts such as `<MY_CLUSTER>` that an example left for its reader to fill in. */
export function checkPlaceholders(document: SourceDocument, reader: FolderReader): void {
  for (const problem of findPlaceholders(document)) reader.report(problem);
}
