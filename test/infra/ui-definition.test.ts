/** The form of the *Deploy to Azure* button: it gives the template what the template asks for. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

import { describe, expect, test } from 'vitest';
import { parse as parseYaml } from 'yaml';

import { compiledFile, exampleVariables, infraFolder, parameterFiles } from '../../scripts/infra/bicep.ts';

interface Element {
  readonly name: string;
  readonly type: string;
  readonly label?: string;
  readonly toolTip?: string;
  readonly defaultValue?: string;
  readonly visible?: boolean | string;
  readonly options?: { readonly text: string };
  readonly constraints?: {
    readonly required?: boolean;
    readonly allowedValues?: readonly { readonly label: string; readonly value: unknown }[];
    readonly validations?: readonly { readonly regex: string; readonly message: string }[];
  };
}
interface Schema {
  readonly $ref?: string;
  readonly defaultValue?: unknown;
  readonly nullable?: boolean;
  readonly allowedValues?: readonly unknown[];
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly minLength?: number;
  readonly maxLength?: number;
  readonly minValue?: number;
}

const read = (file: string): unknown => JSON.parse(readFileSync(file, 'utf8'));
const { parameters: form } = read(join(infraFolder, 'createUiDefinition.json')) as {
  readonly parameters: {
    readonly config: { readonly basics: { readonly location: { readonly allowedValues: readonly string[] } } };
    readonly basics: readonly Element[];
    readonly steps: readonly { readonly name: string; readonly label: string; readonly elements: readonly Element[] }[];
    readonly outputs: Readonly<Record<string, unknown>>;
  };
};
const template = read(compiledFile) as {
  readonly parameters: Readonly<Record<string, Schema>>;
  readonly definitions: Readonly<Record<string, Schema>>;
};

/** Elements by the expression that reads them. */
const elements = new Map(
  [{ name: 'basics', elements: form.basics }, ...form.steps].flatMap((step) =>
    step.elements.map((element) => [
      step.name === 'basics' ? `basics('${element.name}')` : `steps('${step.name}').${element.name}`,
      element,
    ]),
  ),
);
const regexesOf = ({ constraints }: Element): readonly RegExp[] =>
  (constraints?.validations ?? []).map(({ regex }) => new RegExp(regex, 'u'));

/** Every expression of the form, with the place where it stands. */
const expressions = [...leaves(form, '')].filter(([, text]) => text.startsWith('[') && text.endsWith(']'));
/** Every leaf of the outputs that the template knows, with what the template says of it and the element that fills it. */
const filled = [...leaves(form.outputs, '')].map(([path, text]) => {
  const known = path
    .slice(1)
    .split('/')
    .reduce<Schema>((at, name) => at.properties?.[name] ?? {}, {
      properties: Object.fromEntries(Object.entries(template.parameters).map(([name, one]) => [name, resolve(one)])),
    });
  return { path, text, known, source: text.match(/(?:basics|steps)\('\w+'\)(?:\.\w+)?/)?.[0] ?? '' };
});

describe('the outputs', () => {
  test('are parameters of the template, with members that these have', () => {
    expect(Object.keys(form.outputs).filter((name) => template.parameters[name] === undefined)).toEqual([]);
    for (const [name, value] of Object.entries(form.outputs))
      if (typeof value === 'object' && value !== null)
        expect([name, Object.keys(value).toSorted()]).toEqual([
          name,
          Object.keys(template.parameters[name]?.properties ?? {}).toSorted(),
        ]);
  });

  test('are every parameter that has no default, and all others but those left to it', () => {
    const left = Object.entries(template.parameters).filter(([name]) => form.outputs[name] === undefined);
    expect(left.filter(([, one]) => one.defaultValue === undefined && one.nullable !== true)).toEqual([]);
    const page = readFileSync(join(infraFolder, '../docs/deploy-button.md'), 'utf8');
    const [, told = ''] = page.match(/Left to their defaults are ([^:]+):/) ?? [];
    expect(left.map(([name]) => name).toSorted()).toEqual(told.match(/(?<=`)\w+(?=`)/g));
  });

  test('name only elements that there are, and no element is asked for nothing', () => {
    const named = expressions.map(
      ([path, text]) => [path, text.match(/(?:basics|steps)\('[^']*'\)(?:\.\w+)?/g) ?? []] as const,
    );
    for (const [path, names] of named) expect([path, names.filter((name) => !elements.has(name))]).toEqual([path, []]);
    const used = new Set(named.flatMap(([, names]) => names));
    expect([...elements].filter(([name, one]) => !used.has(name) && one.options === undefined)).toEqual([]);
  });

  /** What a stage's people would put into the form; what is left out stays as the form has it. */
  test.each(parameterFiles)('are, filled in as %s, what its parameter file says', (file) => {
    const wanted = parametersOf(file);
    const { outputs } = fill(answersOf(wanted));
    for (const [name, value] of Object.entries(outputs)) {
      const expected = wanted[name] ?? template.parameters[name]?.defaultValue ?? null;
      expect([name, withoutNulls(value)]).toEqual([name, expected]);
    }
  });

  test('say nothing of the address space and of data scientists where these are not asked for', () => {
    const answers = answersOf({ ...parametersOf('minimal'), stage: 'prod', people: { dataScientists: 'g' } });
    const { outputs } = fill({ ...answers, "steps('network').addressPrefix": '10.99.0.0/24' });
    expect(outputs['addressPrefix']).toBe(template.parameters['addressPrefix']?.defaultValue);
    expect(withoutNulls(outputs['people'])).toEqual({});
  });
});

describe('the elements', () => {
  test.each([...elements])('%s has a label and a tooltip, or is an info box with a text', (_, element) => {
    if (element.type === 'Microsoft.Common.InfoBox') expect(element.options?.text).toMatch(/\.$/);
    else expect([element.label, element.toolTip]).toEqual([expect.stringMatching(/\w/), expect.stringMatching(/\.$/)]);
    // Other types ask ARM or Graph, which a form of a template may not: Azure/cyclecloud-slurm-workspace#285.
    expect(element.type).toMatch(/^Microsoft\.Common\.(?:TextBox|DropDown|OptionsGroup|CheckBox|InfoBox)$/);
  });

  test('have names of their own', () => {
    const all = [form.basics, ...form.steps.map((step) => step.elements)].map((some) => some.map(({ name }) => name));
    for (const names of all) expect(new Set(names).size).toBe(names.length);
  });

  test('offer exactly the values that the template allows', () => {
    const limited = filled.filter(({ known }) => known.allowedValues !== undefined);
    expect(limited.map(({ path }) => path)).toContain('/functionScale/memoryMb');
    for (const { path, text, known, source } of limited) {
      const offered =
        text === '[location()]'
          ? form.config.basics.location.allowedValues
          : (elements.get(source)?.constraints?.allowedValues ?? []).map(({ value }) => value);
      expect([path, sorted(offered)]).toEqual([path, sorted(known.allowedValues ?? [])]);
    }
    const free = filled.filter(({ known, text }) => known.allowedValues === undefined && !text.includes('if('));
    expect(free.filter(({ source }) => elements.get(source)?.constraints?.allowedValues !== undefined)).toEqual([]);
  });

  test('hold to the least and the most that the template has', () => {
    let held = 0;
    for (const { path, known, source } of filled) {
      const element = elements.get(source);
      const passes = (value: string): boolean =>
        element !== undefined && regexesOf(element).length > 0 && regexesOf(element).every((one) => one.test(value));
      const at = [
        ...(known.minValue === undefined ? [] : [[known.minValue, -1, String] as const]),
        ...(known.minLength === undefined ? [] : [[known.minLength, -1, (n: number) => 'a'.repeat(n)] as const]),
        ...(known.maxLength === undefined ? [] : [[known.maxLength, 1, (n: number) => 'a'.repeat(n)] as const]),
      ];
      for (const [limit, beyond, write] of at) {
        held += 1;
        expect([path, passes(write(limit)), passes(write(limit + beyond))]).toEqual([path, true, false]);
      }
    }
    expect(held).toBe(4);
  });

  test.each(['dev', 'minimal'])('accept what is in the parameters of %s', (file) => {
    const answers = answersOf(parametersOf(file));
    const asked = [...elements].filter(([, element]) => regexesOf(element).length > 0);
    expect(asked.length).toBeGreaterThan(15);
    for (const [name, element] of asked) {
      const answer = answers[name] ?? '';
      if (element.constraints?.required === true && isVisible(name, answers)) expect([name, answer]).not.toContain('');
      for (const regex of answer === '' ? [] : regexesOf(element)) expect([name, answer]).toEqual([name, match(regex)]);
    }
  });

  test('look at the whole of a text, and say what they want', () => {
    for (const { constraints } of elements.values())
      for (const { regex, message } of constraints?.validations ?? []) {
        expect(regex).toMatch(/^\^.*\$$/);
        expect(message).toMatch(/^[A-Z0-9].*\.$/);
      }
  });

  test('have defaults that they would accept', () => {
    const usual = [...elements].filter(([, { defaultValue }]) => defaultValue !== undefined);
    expect(usual.length).toBeGreaterThan(10);
    for (const [name, element] of usual) {
      const { defaultValue = '', constraints } = element;
      const labels = constraints?.allowedValues?.map(({ label }) => label);
      if (labels === undefined)
        for (const regex of regexesOf(element))
          expect([name, evaluate(defaultValue, () => null)]).toEqual([name, match(regex)]);
      else expect([name, labels]).toEqual([name, expect.arrayContaining([defaultValue])]);
    }
  });

  test('have the defaults of the template, where it has some', () => {
    for (const { path, known, source } of filled)
      if (known.defaultValue !== undefined)
        expect([path, initial(elements.get(source))]).toEqual([path, known.defaultValue]);
  });

  test('let nothing in that would end a text of JSON, where an output is written as JSON', () => {
    const written = filled.filter(({ text }) => text.includes('parse('));
    const names = written.flatMap(({ text }) => text.match(/(?:basics|steps)\('\w+'\)\.?\w*/g) ?? []);
    const texts = [...new Set(names)].flatMap((name) => {
      const element = elements.get(name);
      return element?.type === 'Microsoft.Common.TextBox' ? [[name, element] as const] : [];
    });
    expect(texts).toHaveLength(7);
    for (const [name, element] of texts)
      for (const bad of ['a"b', 'a@b"', 'https://a"', 'a\\', 'a@b\\', 'https://a\\'])
        expect([name, bad, regexesOf(element).some((one) => !one.test(bad))]).toEqual([name, bad, true]);
  });
});

/** What somebody puts into the form, by element; an absent one stays as it is. */
type Answers = Readonly<Record<string, unknown>>;

/** Values of a parameter file of ours: YAML, but for variables, a condition on one and the commas at the ends of lines. */
function parametersOf(file: string): Readonly<Record<string, unknown>> {
  const text = readFileSync(join(infraFolder, `${file}.bicepparam`), 'utf8');
  const variables = exampleVariables(file);
  const known = text
    .replaceAll(/empty\(readEnvironmentVariable\('\w+', ''\)\)\s+\? null\s+: /g, '')
    .replaceAll(/readEnvironmentVariable\('(\w+)'(?:, '([^']*)')?\)/g, (_, name: string, otherwise: string) =>
      JSON.stringify(variables[name] ?? otherwise),
    );
  return Object.fromEntries(
    [...known.matchAll(/^param (\w+) = (.*(?:\n[ }\]].*)*)/gm)].map(([, name = '', value = '']) => [
      name,
      parseYaml(value.replaceAll(/([^{[\s])\n(?=\s+\w)/g, '$1,\n')) as unknown,
    ]),
  );
}

/** @returns what people of these parameters would put into the form */
function answersOf(wanted: Readonly<Record<string, unknown>>): Answers {
  const { callers, people, delivery, functionScale, cluster, budget, alertEmails, ...plain } = wanted as {
    readonly callers: { readonly applications: readonly string[]; readonly groups: readonly string[] };
    readonly people?: object;
    readonly delivery?: object;
    readonly functionScale: Readonly<Record<string, number>>;
    readonly cluster: object;
    readonly budget?: { readonly amount: number; readonly startDate: string };
    readonly alertEmails: readonly string[];
  };
  const told: Readonly<Record<string, unknown>> = {
    ...{ ...plain, ...people, ...delivery, ...functionScale, ...cluster, ...budget },
    callerApplications: callers.applications.join(', '),
    callerGroups: callers.groups.join(', '),
    emails: alertEmails.join(', '),
    isDelivered: delivery !== undefined,
    hasBudget: budget !== undefined,
  };
  return Object.fromEntries(
    [...elements].map(([path, element]) => {
      const value = told[element.name] ?? evaluate(initial(element), () => null);
      return [path, element.type === 'Microsoft.Common.TextBox' ? String(value ?? '') : value];
    }),
  );
}

function initial(element: Element | undefined): unknown {
  const { defaultValue, constraints } = element ?? {};
  const choice = constraints?.allowedValues?.find(({ label }) => label === defaultValue);
  return choice === undefined ? defaultValue : choice.value;
}

/** An element that is not seen has no value. @source CreateUiDefinition logical functions, `coalesce` */
function isVisible(name: string, answers: Answers): boolean {
  const { visible = true } = elements.get(name) ?? {};
  return typeof visible === 'boolean' ? visible : evaluate(visible, (one) => answers[one]) === true;
}

function fill(answers: Answers): { readonly outputs: Readonly<Record<string, unknown>> } {
  const valueOf = (name: string): unknown => {
    if (name === 'location()') return 'westeurope';
    return isVisible(name, answers) ? answers[name] : null;
  };
  const put = (value: unknown): unknown =>
    typeof value === 'object' && value !== null
      ? Object.fromEntries(Object.entries(value).map(([key, member]) => [key, put(member)]))
      : evaluate(value, valueOf);
  return { outputs: put(form.outputs) as Readonly<Record<string, unknown>> };
}

/**
 * Value of an expression, all arguments first, by what the documentation says of the functions.
 * @source https://learn.microsoft.com/azure/azure-resource-manager/managed-applications/create-uidefinition-functions
 */
function evaluate(expression: unknown, valueOf: (name: string) => unknown): unknown {
  if (typeof expression !== 'string' || !expression.startsWith('[')) return expression;
  const tokens = expression.slice(1, -1).match(/'[^']*'|\w+|\S/g) ?? [];
  const next = (): string => tokens.shift() ?? '';
  const value = (): unknown => {
    const token = next();
    if (token.startsWith("'")) return token.slice(1, -1);
    if (/^\d+$/.test(token)) return Number(token);
    if (next() !== '(') throw new Error(`${expression}: ${token} is neither a value nor a function`);
    const given: unknown[] = [];
    for (let end = tokens[0] === ')' ? next() : ','; end !== ')'; end = next()) {
      if (end !== ',') throw new Error(`${expression}: ${end} after an argument of ${token}`);
      given.push(value());
    }
    const member = tokens[0] === '.' ? `${next()}${next()}` : '';
    if (['basics', 'steps', 'location'].includes(token))
      return valueOf(`${token}(${given.map((one) => `'${String(one)}'`).join()})${member}`) ?? null;
    const apply = functions[token];
    if (apply === undefined || member !== '') throw new Error(`${expression}: no function ${token}${member}`);
    return apply(...given);
  };
  const result = value();
  if (tokens.length > 0) throw new Error(`${expression}: ${tokens.join('')} is left`);
  return result;
}

/** They take no null where the documentation asks for a string. */
const functions: Readonly<Record<string, (...given: unknown[]) => unknown>> = {
  coalesce: (...given) => given.find((one) => one !== null) ?? null,
  concat: (...given) => given.map(text).join(''),
  empty: (one) => one === null || one === '',
  equals: (one, other) => one === other,
  if: (condition, yes, no) => (condition === true ? yes : no),
  int: (one) => Math.trunc(Number(text(one))),
  parse: (one) => JSON.parse(text(one)) as unknown,
  replace: (one, from, to) => text(one).replaceAll(text(from), text(to)),
  split: (one, separator) => text(one).split(text(separator)),
  substring: (one, from, length) => text(one).slice(Number(from), Number(from) + Number(length)),
  utcNow: () => '2026-11-25T12:00:00.000Z',
};

function text(value: unknown): string {
  if (typeof value !== 'string') throw new Error(`not a string: ${JSON.stringify(value)}`);
  return value;
}

function resolve(schema: Schema): Schema {
  const name = schema.$ref?.split('/').at(-1);
  return name === undefined ? schema : { ...template.definitions[name], ...schema };
}

function match(regex: RegExp): unknown {
  return expect.stringMatching(regex);
}

function sorted(values: readonly unknown[]): readonly unknown[] {
  return values.toSorted((one, other) => String(one).localeCompare(String(other)));
}

function withoutNulls(value: unknown): unknown {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value;
  return Object.fromEntries(Object.entries(value).filter(([, member]) => member !== null));
}

function* leaves(value: unknown, path: string): Generator<readonly [path: string, text: string]> {
  if (typeof value === 'string') yield [path, value];
  else if (typeof value === 'object' && value !== null)
    for (const [key, member] of Object.entries(value)) yield* leaves(member, `${path}/${key}`);
}
