/** Microsoft's own Kusto parser, which also knows the columns of our tables. */
import { createRequire } from 'node:module';

import { logTables } from './log-tables.ts';

/** What is used of the library: it is compiled from C# and sets the global `Kusto`. */
interface List<T> {
  readonly Count: number;
  getItem(at: number): T;
}
interface KustoLibrary {
  readonly Language: {
    readonly GlobalState: { readonly Default: { WithDatabase(database: object): object } };
    readonly KustoCode: {
      ParseAndAnalyze(
        text: string,
        globals: object,
      ): {
        GetDiagnostics(): List<{ readonly Message: string; readonly Start: number }>;
        readonly ResultType: { readonly Columns?: List<{ readonly Name: string }> } | null;
      };
    };
    readonly Symbols: {
      readonly TableSymbol: { readonly $ctor7: new (name: string, schema: string, description: null) => object };
      readonly DatabaseSymbol: { readonly ctor: new (name: string, members: readonly object[]) => object };
    };
  };
}

const require = createRequire(import.meta.url);
require('@kusto/language-service-next/bridge.min.js');
require('@kusto/language-service-next/Kusto.Language.Bridge.min.js');
const { Language } = (globalThis as unknown as { readonly Kusto: KustoLibrary }).Kusto;
const globals = Language.GlobalState.Default.WithDatabase(
  new Language.Symbols.DatabaseSymbol.ctor(
    'logs',
    Object.entries(logTables).map(
      ([name, columns]) => new Language.Symbols.TableSymbol.$ctor7(name, `(${columns})`, null),
    ),
  ),
);

/** What the parser finds in a query. */
export interface Analysis {
  /** What is wrong with it, with its place; empty: it can be run. */
  readonly problems: readonly string[];
  /** Columns of the answer. */
  readonly columns: readonly string[];
}

/** Parses a query and resolves every name in it against {@link logTables}. */
export function analyze(query: string): Analysis {
  const code = Language.KustoCode.ParseAndAnalyze(query, globals);
  const columns = code.ResultType?.Columns;
  return {
    problems: items(code.GetDiagnostics()).map(({ Message, Start }) => `${lineOf(query, Start)}: ${Message}`),
    columns: columns === undefined ? [] : items(columns).map(({ Name }) => Name),
  };
}

function items<T>(list: List<T>): T[] {
  return Array.from({ length: list.Count }, (_, at) => list.getItem(at));
}

function lineOf(text: string, offset: number): number {
  return text.slice(0, offset).split('\n').length;
}
