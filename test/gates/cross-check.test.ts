/**
 * The statistics on real predictions (v1 and v2 on 1998-99) against figures that scipy and scikit-learn gave.
 *
 * @source demo-data.md 5, the cross-check table
 */
import { execFileSync, spawnSync } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';

import { parse } from 'csv-parse/sync';
import { beforeAll, describe, expect, it } from 'vitest';

import { demoBatches } from '#local/demo/batches.ts';
import { brokenExport } from '#local/demo/figures.ts';
import { speedPsi } from '#local/demo/speed-drift.ts';
import { parsePredictions, type Predictions } from '#shared/domain/gates/predictions.ts';
import { bootstrap } from '#shared/domain/gates/statistics/bootstrap.ts';
import { deLong } from '#shared/domain/gates/statistics/delong.ts';
import { kolmogorovSmirnov } from '#shared/domain/gates/statistics/drift.ts';
import {
  allRows,
  auc,
  averagePrecision,
  brier,
  logLoss,
  recallAtTenPercent,
  rightTenPercentAlerts,
} from '#shared/domain/gates/statistics/figures.ts';
import { mcNemar } from '#shared/domain/gates/statistics/mcnemar.ts';
import { ROOT, Scratch, evaluate, train } from '#test/birdstrikes/jobs.ts';

let predictions: Predictions;
let reports: Record<string, string>[];

beforeAll(async () => {
  await using scratch = await Scratch.make();
  const { first, second } = await demoBatches(ROOT);
  const ofFirst = await scratch.data('first', first);
  const ofSecond = await scratch.data('second', [...first, ...second]);
  const v1 = await train(scratch, 'v1', ofFirst);
  const v2 = await train(scratch, 'v2', ofSecond);
  const parsed = parsePredictions((await evaluate(scratch, ofSecond, v2, v1)).predictions);
  if ('problems' in parsed) throw new Error(parsed.problems.join('\n'));
  ({ predictions } = parsed);
  reports = parse(await readFile(join(ROOT, 'node_modules/vega-datasets/data/birdstrikes.csv')), {
    columns: true,
    bom: true,
  });
});

function speeds(first: number, last: number): string[] {
  return reports
    .filter(
      (report) =>
        Number(report['Flight Date']?.slice(0, 4)) >= first && Number(report['Flight Date']?.slice(0, 4)) <= last,
    )
    .map((report) => report['Speed IAS in knots'] ?? '');
}

describe('the comparison of v1 and v2 on 1998-99', () => {
  it('has the figures of scikit-learn', () => {
    const { labels, candidate, champion } = predictions;
    const rows = allRows(labels.length);
    expect(rows).toHaveLength(1_848);
    expect(auc(labels, champion)(rows)).toBeCloseTo(0.78932, 5);
    expect(auc(labels, candidate)(rows)).toBeCloseTo(0.81329, 5);
    expect(logLoss(labels, candidate)(rows)).toBeCloseTo(0.28022, 5);
    expect(brier(labels, candidate)(rows)).toBeCloseTo(0.08167, 5);
    expect(averagePrecision(labels, candidate)(rows)).toBeCloseTo(0.40607, 5);
    expect(logLoss(labels, champion)(rows)).toBeCloseTo(0.2911, 4);
    expect(brier(labels, champion)(rows)).toBeCloseTo(0.0847, 4);
    expect(recallAtTenPercent(labels, champion)(rows)).toBeCloseTo(0.354, 3);
    expect(recallAtTenPercent(labels, candidate)(rows)).toBeCloseTo(0.417, 3);
  });

  it('has the DeLong test of the all-pairs formula', () => {
    const { labels, candidate, champion } = predictions;
    const { z, p, low, high } = deLong(labels, champion, candidate, 0.95);
    expect(z).toBeCloseTo(3.40037, 5);
    expect(p).toBeCloseTo(0.000673, 6);
    expect(low).toBeCloseTo(0.0102, 4);
    expect(high).toBeCloseTo(0.0378, 4);
  });

  it("has scipy's exact McNemar test of the alerts", () => {
    const { labels, candidate, champion } = predictions;
    const outcome = mcNemar(rightTenPercentAlerts(labels, champion), rightTenPercentAlerts(labels, candidate));
    expect(outcome).toMatchObject({ onlyFirst: 27, onlySecond: 53 });
    expect(outcome.p).toBeCloseTo(0.004868, 6);
  });

  it('has the bootstrap intervals that were measured before', () => {
    const { labels, candidate, champion } = predictions;
    const gainOf = (figure: typeof auc, sign: 1 | -1) => {
      const [one, other] = [figure(labels, champion), figure(labels, candidate)];
      return (rows: Uint32Array): number => sign * (other(rows) - one(rows));
    };
    const ends = ({ low, high }: { low: number; high: number }): string[] => [low.toFixed(4), high.toFixed(4)];
    expect(ends(bootstrap(labels.length, gainOf(logLoss, -1), 0.95))).toEqual(['0.0051', '0.0165']);
    expect(ends(bootstrap(labels.length, gainOf(brier, -1), 0.95))).toEqual(['0.0011', '0.0048']);
    expect(ends(bootstrap(labels.length, gainOf(auc, 1), 0.95, 1_000))).toEqual(['0.0093', '0.0377']);
  });
});

describe('drift of the speeds', () => {
  it("has scipy's Kolmogorov-Smirnov distance and the asymptotic p-value", () => {
    const known = (texts: string[]): number[] => texts.filter((text) => text !== '').map(Number);
    const { distance, p } = kolmogorovSmirnov(known(speeds(1990, 1992)), known(speeds(1998, 1999)));
    expect(distance).toBeCloseTo(0.0318, 5);
    expect(p).toBeCloseTo(0.525, 3);
  });

  it.each([
    [1993, 1993, 0.041],
    [1994, 1997, 0.115],
    [1998, 1999, 0.248],
    [2000, 2001, 0.203],
    [2000, 2000, 0.173],
  ])('is what was measured for %i-%i', (first, last, expected) => {
    expect(speedPsi(speeds(1990, 1992), speeds(first, last))).toBeCloseTo(expected, 3);
  });

  it('tells the export in km/h from honest speeds', async () => {
    const { broken } = await demoBatches(ROOT);
    const rows: Record<string, string>[] = parse(broken[0]?.text ?? '', { columns: true });
    const found = rows.map((row) => row['Speed IAS in knots'] ?? '');
    expect(found.filter((text) => text !== '')).toHaveLength(brokenExport.reportedSpeeds);
    expect(found.filter((text) => Number(text) > 400)).toHaveLength(brokenExport.speedsOutOfRange);
    expect(speedPsi(speeds(1990, 1992), found)).toBeCloseTo(brokenExport.speedPsi, 2);
    expect(Object.keys(rows[0] ?? {})).toContain(brokenExport.renamedTo);
    expect(Object.keys(rows[0] ?? {})).not.toContain(brokenExport.missingColumn);
  });
});

/** The system's Python has scipy and scikit-learn on Debian with python3-sklearn only; another one in PATH doesn't. */
const PYTHON = '/usr/bin/python3';
const canAskPython = spawnSync(PYTHON, ['-c', 'import scipy, sklearn']).status === 0;
if (!canAskPython) {
  console.warn(
    `Skipped: 1 cross-check with scikit-learn and scipy; ${PYTHON} has no scipy and sklearn (Debian: python3-sklearn).`,
  );
}

describe.skipIf(!canAskPython)('scikit-learn and scipy themselves', () => {
  it('agree on the same predictions', () => {
    const { labels, candidate, champion } = predictions;
    const program = [
      'import json, sys',
      'from sklearn.metrics import roc_auc_score, log_loss, brier_score_loss, average_precision_score',
      'from scipy.stats import binomtest, ks_2samp',
      'd = json.load(sys.stdin); y, p, q = d["labels"], d["candidate"], d["champion"]',
      'print(json.dumps([roc_auc_score(y, p), log_loss(y, p), brier_score_loss(y, p), average_precision_score(y, p),',
      '  binomtest(27, 80).pvalue, float(ks_2samp(p, q).statistic)]))',
    ].join('\n');
    const input = JSON.stringify({ labels, candidate, champion });
    const answer = JSON.parse(execFileSync(PYTHON, ['-c', program], { input, encoding: 'utf8' })) as number[];
    const rows = allRows(labels.length);
    const ours = [
      auc(labels, candidate)(rows),
      logLoss(labels, candidate)(rows),
      brier(labels, candidate)(rows),
      averagePrecision(labels, candidate)(rows),
      mcNemar(rightTenPercentAlerts(labels, champion), rightTenPercentAlerts(labels, candidate)).p,
      kolmogorovSmirnov(candidate, champion).distance,
    ];
    for (const [index, value] of ours.entries()) expect(value).toBeCloseTo(answer[index] ?? Number.NaN, 9);
  });
});
