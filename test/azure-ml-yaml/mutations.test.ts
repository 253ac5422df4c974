/** Changed copies of Microsoft's examples and of files of ours: always a payload or a located error, never a crash. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { parse, parseDocument, stringify, visit } from 'yaml';

import { renderFile, type RenderedFile } from '#shared/domain/azure-ml/render/render-file.ts';

import { corpusCases, hasCorpus, normalised, readCorpus } from './corpus.ts';

const own = {
  'sweep.yml': `type: sweep
trial: { command: 'x \${{inputs.a}} \${{search_space.b}}', code: src, environment: azureml:e:1 }
inputs: { a: 0.5, d: { type: uri_file, path: azureml:d:1, mode: download } }
sampling_algorithm: { type: random, rule: sobol, seed: 3 }
search_space: { b: { type: choice, values: [1, two, 3.5] }, c: { type: qloguniform, min_value: 1, max_value: 9, q: 2 } }
objective: { goal: maximize, primary_metric: auc }
early_termination: { type: truncation_selection, truncation_percentage: 20 }
limits: { max_total_trials: 4, max_concurrent_trials: 2, timeout: 3600, trial_timeout: 60 }
`,
  'pipeline.yml': `type: pipeline
settings: { default_compute: azureml:cpu, force_rerun: true }
inputs: { rate: 1.0, data: { type: mltable, path: azureml:d:1 } }
outputs: { model: { type: mlflow_model, mode: upload } }
jobs:
  first:
    command: x \${{inputs.rate}} \${{outputs.o}}
    environment: { image: python, conda_file: { name: e, dependencies: [python=3.12] } }
    inputs: { rate: '\${{parent.inputs.rate}}' }
    outputs: { o: }
  second:
    type: sweep
    trial: azureml:trial:1
    inputs: { data: '\${{parent.jobs.first.outputs.o}}' }
    search_space: { c: { type: uniform, min_value: 0, max_value: 1 } }
    sampling_algorithm: random
    objective: { goal: minimize, primary_metric: loss }
    limits: { max_total_trials: 2 }
    outputs: { model: '\${{parent.outputs.model}}' }
`,
  'deployment.yml': `$schema: https://azuremlschemas.azureedge.net/latest/kubernetesOnlineDeployment.schema.json
name: blue
endpoint_name: e
model: azureml:m:1
resources: { requests: { cpu: '0.1', memory: 0.5Gi } }
liveness_probe: { period: 5 }
`,
} as const;

const seeds: readonly (readonly [string, Uint8Array])[] = [
  ...Object.entries(own).map(([file, text]) => [file, new TextEncoder().encode(text)] as const),
  ...(hasCorpus ? corpusCases().map(({ yaml }) => [yaml, readCorpus(yaml) ?? new Uint8Array()] as const) : []),
];

function render(file: string, text: string): RenderedFile {
  const read = (path: string): Uint8Array | undefined =>
    path === file ? new TextEncoder().encode(text) : readCorpus(path);
  return renderFile(file, { read, root: '$root', location: 'westus' });
}

function expectAnswer(rendered: RenderedFile, text: string): void {
  if (rendered.payload === undefined) expect(rendered.problems.length).toBeGreaterThan(0);
  const lines = text.split('\n').length;
  for (const { line, column, file, message, fix } of rendered.problems) {
    expect(line).toBeGreaterThan(0);
    expect(column).toBeGreaterThan(0);
    if (file === rendered.file) expect(line).toBeLessThanOrEqual(lines);
    expect(message).not.toBe('');
    expect(fix).not.toBe('');
  }
}

test(`changed characters and lines of ${seeds.length} files${hasCorpus ? '' : ' (143 examples of Microsoft are not here)'}`, () => {
  const noise = fc.constantFrom(
    '',
    '\t',
    ':',
    '- ',
    '{',
    '}',
    '"',
    '${{parent.inputs.x}}',
    '<X>',
    '&a ',
    '*a',
    '~',
    '0',
    '\u0000',
    '! ',
    '---\n',
  );
  const change = fc.record({
    seed: fc.nat(seeds.length - 1),
    at: fc.double({ min: 0, max: 1, noNaN: true }),
    length: fc.nat(30),
    noise,
  });
  fc.assert(
    fc.property(change, ({ seed, at, length, noise: inserted }) => {
      const [file, bytes] = seeds[seed] ?? ['', new Uint8Array()];
      const text = new TextDecoder().decode(bytes);
      const place = Math.floor(at * text.length);
      const changed = text.slice(0, place) + inserted + text.slice(place + length);
      expectAnswer(render(file, changed), changed);
    }),
    { numRuns: 2_000 },
  );
});

test('values of another type at any place', () => {
  const values = fc.constantFrom<unknown>(
    null,
    0,
    -1,
    1.5,
    true,
    'text',
    '',
    [],
    {},
    [[]],
    { a: { b: 1 } },
    '${{parent.jobs.a.outputs.b}}',
  );
  const change = fc.record({ seed: fc.nat(seeds.length - 1), at: fc.nat(1_000), value: values });
  fc.assert(
    fc.property(change, ({ seed, at, value }) => {
      const [file, bytes] = seeds[seed] ?? ['', new Uint8Array()];
      const document: unknown = parse(new TextDecoder().decode(bytes), { version: '1.1' });
      const places = placesOf(document);
      places[at % places.length]?.(value);
      const changed = stringify(document);
      expectAnswer(render(file, changed), changed);
    }),
    { numRuns: 1_000 },
  );
});

/** Setters of every place in a document. */
function placesOf(value: unknown): ((to: unknown) => void)[] {
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([key, member]) => [
    (to: unknown) => void Reflect.set(value, key, to),
    ...placesOf(member),
  ]);
}

test.each(seeds.map(([file, bytes]) => ({ file, bytes })))(
  '$file means the same with its keys in another order',
  ({ file, bytes }) => {
    const text = new TextDecoder().decode(bytes);
    const before = render(file, text);
    const after = render(file, reversed(text));
    expect(normalised(after.payload)).toEqual(normalised(before.payload));
  },
);

/** The same file with the keys of every map the other way round; scalars stay as they are written. */
function reversed(text: string): string {
  const document = parseDocument(text, { schema: 'failsafe' });
  visit(document, {
    Map: (_key, node) => void node.items.reverse(),
    Scalar: (_key, node) => {
      if (node.source === '' && node.type === 'PLAIN') node.value = '~';
    },
  });
  return document.toString({ lineWidth: 0 });
}
