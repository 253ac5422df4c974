/** A Jupyter notebook as code: what it is without its outputs, and which parameters it takes. */
import { z } from 'zod';

import { canonicalJson } from '../../canonical-json.ts';

const source = z.union([z.string(), z.array(z.string())]);

const cell = z.looseObject({
  cell_type: z.string(),
  source,
  metadata: z.looseObject({ tags: z.array(z.string()).optional() }).optional(),
});

/** @source nbformat 4 JSON Schema, as far as Whence looks at it */
const notebookFile = z.looseObject({
  nbformat: z.literal(4),
  metadata: z
    .looseObject({
      kernelspec: z.looseObject({ language: z.string().optional() }).optional(),
      language_info: z.looseObject({ name: z.string().optional() }).optional(),
    })
    .optional(),
  cells: z.array(cell),
});
/** A notebook as it stands in its file. */
export type Notebook = z.output<typeof notebookFile>;

/** Metadata of a cell that says how it last ran or looked. @source Jupyter and VS Code, `execution`, `ExecuteTime`, … */
const CELL_TRACES = ['execution', 'ExecuteTime', 'collapsed', 'scrolled', 'executionInfo', 'outputId'];
/** Metadata of a notebook that keeps outputs. */
const BOOK_TRACES = ['widgets'];

/** @returns the notebook; undefined where the bytes are none of format 4 */
export function readNotebook(bytes: Uint8Array): Notebook | undefined {
  try {
    const text = new TextDecoder('utf-8', { fatal: true }).decode(bytes);
    return notebookFile.safeParse(JSON.parse(text)).data;
  } catch {
    // Neither UTF-8 nor JSON: no notebook.
    return undefined;
  }
}

/** @returns the language of its cells; undefined where it says nothing */
export function languageOf({ metadata }: Notebook): string | undefined {
  return (metadata?.kernelspec?.language ?? metadata?.language_info?.name)?.toLowerCase();
}

/**
 * The notebook as code: without outputs, execution counts and traces of how it last ran, in canonical JSON, so that
 * running it again does not change what it is.
 *
 * @returns its bytes; what is no notebook, as it is
 */
export function stripOutputs(bytes: Uint8Array): Uint8Array {
  const notebook = readNotebook(bytes);
  if (notebook === undefined) return bytes;
  const stripped = {
    ...notebook,
    ...(notebook.metadata === undefined ? {} : { metadata: without(notebook.metadata, BOOK_TRACES) }),
    cells: notebook.cells.map((one) => ({
      ...one,
      source: textOf(one.source),
      ...(one.metadata === undefined ? {} : { metadata: without(one.metadata, CELL_TRACES) }),
      ...(one.cell_type === 'code' ? { outputs: [], execution_count: null } : {}),
    })),
  };
  return new TextEncoder().encode(`${canonicalJson(stripped)}\n`);
}

/**
 * Names that the cell tagged `parameters` assigns; undefined where there is no such cell.
 *
 * @source papermill, "Parameterize": the tag
 */
export function declaredParameters({ cells }: Notebook): readonly string[] | undefined {
  const found = cells.find((one) => one.cell_type === 'code' && one.metadata?.tags?.includes('parameters') === true);
  if (found === undefined) return undefined;
  return [...textOf(found.source).matchAll(/^([A-Za-z_]\w*)\s*(?::[^=\n]+)?=(?!=)/gm)].map(([, name = '']) => name);
}

function textOf(text: string | readonly string[]): string {
  return typeof text === 'string' ? text : text.join('');
}

function without(record: Readonly<Record<string, unknown>>, keys: readonly string[]): Record<string, unknown> {
  return Object.fromEntries(Object.entries(record).filter(([key]) => !keys.includes(key)));
}
