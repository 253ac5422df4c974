import { describe, expect, test } from 'vitest';

import { toArm } from '#shared/domain/azure-ml/to-arm/to-arm.ts';

import { corpusAnswer, corpusCases, hasCorpus, normalised, readCorpus } from './corpus.ts';

/** Files that do not convert as Microsoft's, with the reason. Exact: a listed one that converts equally fails too. */
const differences: Readonly<Record<string, string>> = {};

describe('Microsoft’s examples convert as Microsoft converts them', () => {
  if (!hasCorpus) {
    test.skip('68 examples of ../shared/reference/azureml-yaml are not here: not compared', () => {});
    return;
  }

  test('there are 68 of the kinds that this release takes', () => {
    expect(corpusCases()).toHaveLength(68);
  });

  test.each(corpusCases())('$kind $yaml', ({ yaml, kind }) => {
    const bytes = readCorpus(yaml) ?? new Uint8Array();

    const result = toArm(kind, bytes, { file: yaml, read: readCorpus, location: 'westus' });

    const expected = normalised(corpusAnswer(yaml));
    if (yaml in differences) expect(normalised(result.value)).not.toEqual(expected);
    else expect({ problems: result.problems, payload: normalised(result.value) }).toEqual({ payload: expected });
  });
});
