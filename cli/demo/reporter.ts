import type { RunView } from '#shared/contracts/api/run-routes.ts';
import type { RunEvent } from '#shared/contracts/records/run.ts';

import { printLine, printText } from '../output/print.ts';
import { printable } from '../output/printable.ts';
import { eventLine } from '../output/runs.ts';
import { tone } from '../output/style.ts';
import { table } from '../output/table.ts';
import { verdictTable } from '../output/verdicts.ts';

/** A model that the story made, and of what. */
export interface MadeOf {
  readonly model: string;
  readonly data: string;
  readonly files: number;
  readonly code: string;
  readonly run: string;
  readonly outcome: string;
  readonly figures: string;
}

/** How the story is told. */
export interface Reporter {
  /** A new chapter. */
  chapter(title: string, about: string): void;
  /** One thing that happened. */
  tell(event: string, text: string, facts?: Readonly<Record<string, unknown>>): void;
  /** One event of a run. */
  runEvent(event: RunEvent): void;
  /** What the gates said about a run. */
  verdicts(run: RunView): void;
  /** What was built from what. */
  summary(rows: readonly MadeOf[]): void;
  /** The end. */
  end(ok: boolean, text: string): void;
}

/** One JSON object a line. */
export function jsonReporter(): Reporter {
  const line = (event: string, facts: object): void => printLine({ at: new Date().toISOString(), event, ...facts });
  return {
    chapter: (title, about) => line('chapter', { title, about }),
    tell: (event, text, facts = {}) => line(event, { text, ...facts }),
    runEvent: (event) => line('run-event', { runEvent: event }),
    verdicts: (run) => line('verdicts', { runId: run.runId, verdicts: run.verdicts ?? [] }),
    summary: (rows) => line('summary', { rows }),
    end: (ok, text) => line('end', { ok, text }),
  };
}

/** For people. */
export function textReporter(): Reporter {
  const startedMs = Date.now();
  let chapters = 0;
  return {
    chapter(title, about) {
      chapters += 1;
      const seconds = `${((Date.now() - startedMs) / 1_000).toFixed(0)} s`;
      printText(`\n${tone(`${chapters}  ${title}`, 'strong')}  ${tone(seconds, 'quiet')}`);
      printText(`   ${tone(about, 'quiet')}\n`);
    },
    tell: (_event, text) => printText(`   ${printable(text)}`),
    runEvent: (event) => printText(`   ${eventLine(printable(event))}`),
    verdicts: (run) => printText(`\n${indent(verdictTable(printable(run.verdicts ?? [])))}\n`),
    summary(rows) {
      printText(`\n${tone('What was built from what', 'strong')}\n`);
      printText(
        indent(
          table(
            ['MODEL', 'DATA VERSION', 'FILES', 'CODE (COMMIT)', 'OUTCOME', 'FIGURES'],
            printable(rows).map((row) => [row.model, row.data, String(row.files), row.code, row.outcome, row.figures]),
          ),
        ),
      );
    },
    end: (ok, text) => printText(`\n${tone(ok ? '✔' : '✖', ok ? 'good' : 'bad')} ${printable(text)}`),
  };
}

function indent(text: string): string {
  return text
    .split('\n')
    .map((line) => `   ${line}`)
    .join('\n');
}
