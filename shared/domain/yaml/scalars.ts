/**
 * Plain scalars as PyYAML reads them. Azure ML's own tools load their YAML with it, so a file means here what it means
 * there: `yes` is true, `010` is 8, `1:30` is 90 and `1e3`, which has no point, is text. Dates stay text, because
 * everything that could be a date ends as text in the payload.
 *
 * @source PyYAML 6, `resolver.py` and `constructor.py`, which follow https://yaml.org/type/ (YAML 1.1)
 */
import type { ScalarTag } from 'yaml';

const trueTag: ScalarTag = {
  tag: 'tag:yaml.org,2002:bool',
  default: true,
  test: /^(?:yes|Yes|YES|true|True|TRUE|on|On|ON)$/,
  resolve: () => true,
};

const falseTag: ScalarTag = {
  tag: 'tag:yaml.org,2002:bool',
  default: true,
  test: /^(?:no|No|NO|false|False|FALSE|off|Off|OFF)$/,
  resolve: () => false,
};

const nullTag: ScalarTag = {
  tag: 'tag:yaml.org,2002:null',
  default: true,
  test: /^(?:~|null|Null|NULL)?$/,
  resolve: () => null,
};

const intTag: ScalarTag = {
  tag: 'tag:yaml.org,2002:int',
  default: true,
  test: /^(?:[-+]?0b[01_]+|[-+]?0[0-7_]+|[-+]?(?:0|[1-9][0-9_]*)|[-+]?0x[0-9a-fA-F_]+|[-+]?[1-9][0-9_]*(?::[0-5]?[0-9])+)$/,
  resolve: (text) => pythonInt(text),
};

const floatTag: ScalarTag = {
  tag: 'tag:yaml.org,2002:float',
  default: true,
  test: /^(?:[-+]?[0-9][0-9_]*\.[0-9_]*(?:[eE][-+][0-9]+)?|\.[0-9][0-9_]*(?:[eE][-+][0-9]+)?|[-+]?[0-9][0-9_]*(?::[0-5]?[0-9])+\.[0-9_]*|[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN))$/,
  resolve: (text) => pythonFloat(text),
};

/** Tags for the option `customTags` of the package `yaml`, to be added to its failsafe schema. */
export const pythonScalarTags: readonly ScalarTag[] = [nullTag, trueTag, falseTag, intTag, floatTag];

function pythonInt(text: string): number {
  const digits = text.replaceAll('_', '').replace(/^[-+]/, '');
  const sign = text.startsWith('-') ? -1 : 1;
  if (digits.startsWith('0b')) return sign * Number.parseInt(digits.slice(2), 2);
  if (digits.startsWith('0x')) return sign * Number.parseInt(digits.slice(2), 16);
  if (digits.includes(':')) return sign * sexagesimal(digits);
  if (digits.startsWith('0') && digits.length > 1) return sign * Number.parseInt(digits, 8);
  return sign * Number(digits);
}

function pythonFloat(text: string): number {
  const digits = text.replaceAll('_', '').toLowerCase().replace(/^[-+]/, '');
  const sign = text.startsWith('-') ? -1 : 1;
  if (digits === '.inf') return sign * Number.POSITIVE_INFINITY;
  if (digits === '.nan') return Number.NaN;
  if (digits.includes(':')) return sign * sexagesimal(digits);
  return sign * Number(digits);
}

function sexagesimal(digits: string): number {
  return digits.split(':').reduce((sum, part) => sum * 60 + Number(part), 0);
}

/** Whether a plain scalar that PyYAML resolved to a number is a float; the text of the file decides, `5.0` is one. */
export function isPythonFloat(source: string): boolean {
  return floatTag.test?.test(source) ?? false;
}
