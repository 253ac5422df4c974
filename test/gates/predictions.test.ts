import { describe, expect, it } from 'vitest';

import { parseEvaluation } from '#shared/contracts/evaluation.ts';
import { parsePredictions } from '#shared/domain/gates/predictions.ts';
import { limits } from '#shared/domain/limits.ts';

const HEADER = 'row,label,candidate,champion,Size';

function problemsOf(text: string): readonly string[] {
  const parsed = parsePredictions(text);
  return 'problems' in parsed ? parsed.problems : [];
}

describe('predictions.csv', () => {
  it('is read into columns, in any order of columns, with slices', () => {
    const parsed = parsePredictions(
      '\uFEFFSize,champion,row,candidate,label\r\n"Large, old",0.5,a:1,1e-3,1\r\nSmall,1,a:2,0,0\r\n',
    );
    expect(parsed).toEqual({
      predictions: {
        labels: [1, 0],
        candidate: [0.001, 0],
        champion: [0.5, 1],
        slices: new Map([['Size', ['Large, old', 'Small']]]),
      },
    });
  });

  it.each([
    ['nothing', '', ['predictions.csv is empty']],
    ['no rows', HEADER, ['predictions.csv has no rows']],
    [
      'missing columns',
      'row,candidate\n',
      ['predictions.csv has no column `label`', 'predictions.csv has no column `champion`'],
    ],
    ['a column twice', `${HEADER},Size\n`, ['predictions.csv has the column `Size` twice']],
    ['a column without a name', `${HEADER},\n`, ['predictions.csv has a column without a name']],
    [
      'a row twice',
      `${HEADER}\na,1,0.5,0.5,x\na,1,0.5,0.5,x`,
      ['predictions.csv line 3, `row`: expected an id that no other row has, found `a`'],
    ],
    [
      'a row without an id',
      `${HEADER}\n,1,0.5,0.5,x`,
      ['predictions.csv line 2, `row`: expected an id that no other row has, found ``'],
    ],
    ['another label', `${HEADER}\na,yes,0.5,0.5,x`, ['predictions.csv line 2, `label`: expected 0 or 1, found `yes`']],
    [
      'no probability',
      `${HEADER}\na,1,1.01,NaN,x`,
      [
        'predictions.csv line 2, `candidate`: expected a probability from 0 to 1, found `1.01`',
        'predictions.csv line 2, `champion`: expected a probability from 0 to 1, found `NaN`',
      ],
    ],
    [
      'a probability in hex',
      `${HEADER}\na,1,0x1,,x`,
      [
        'predictions.csv line 2, `candidate`: expected a probability from 0 to 1, found `0x1`',
        'predictions.csv line 2, `champion`: expected a probability from 0 to 1, found ``',
      ],
    ],
  ])('with %s is refused', (_, text, problems) => {
    expect(problemsOf(text)).toEqual(problems);
  });

  it('with a ragged row or an open quote is refused with the line', () => {
    expect(problemsOf(`${HEADER}\na,1,0.5,0.5`)).toEqual([expect.stringMatching(/line 2/)]);
    expect(problemsOf(`${HEADER}\na,1,0.5,0.5,"x`)).toEqual([expect.stringMatching(/[Qq]uote/)]);
  });

  it('names a bounded number of problems', () => {
    const rows = Array.from({ length: 100 }, (_, index) => `${index},2,0.5,0.5,x`);
    expect(problemsOf([HEADER, ...rows].join('\n'))).toHaveLength(20);
  });

  it('with too many rows is refused', () => {
    const rows = Array.from({ length: limits.predictionsRows + 1 }, (_, index) => `${index},1,1,1,x`);
    expect(problemsOf([HEADER, ...rows].join('\n'))).toEqual([expect.stringMatching(/100001 rows, more than 100000/)]);
  });
});

describe('an evaluation', () => {
  const predictions = `${HEADER}\na,1,0.5,0.5,x`;

  it('needs metrics.json only', () => {
    expect(parseEvaluation({ metrics: '{"schemaVersion":1}' })).toEqual({
      evaluation: { metrics: { schemaVersion: 1, metrics: {}, facts: {} }, predictions: undefined },
    });
  });

  it.each([
    ['no JSON', '{', /metrics\.json is not JSON/],
    ['another version', '{"schemaVersion":2}', /metrics\.json, schemaVersion/],
    ['an unknown key', '{"schemaVersion":1,"auc":0.9}', /metrics\.json, top level: .*auc/],
    ['a metric that is no number', '{"schemaVersion":1,"metrics":{"f1":"high"}}', /metrics\.json, metrics\.f1/],
    ['an impossible prior', '{"schemaVersion":1,"priorRate":1}', /metrics\.json, priorRate/],
  ])('with %s in metrics.json is refused', (_, metrics, message) => {
    expect(parseEvaluation({ metrics, predictions })).toEqual({ problems: [expect.stringMatching(message)] });
  });

  it('tells the problems of both files at once', () => {
    expect(parseEvaluation({ metrics: '{', predictions: HEADER })).toEqual({
      problems: [expect.stringMatching(/^metrics\.json/), 'predictions.csv has no rows'],
    });
  });
});
