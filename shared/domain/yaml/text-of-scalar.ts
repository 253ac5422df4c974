import { isPythonFloat } from './scalars.ts';

/**
 * The text that Azure ML's tools send for a literal input: what Python's `str()` says of the value that PyYAML read,
 * so `true` is `True` and `5.0` stays `5.0`.
 *
 * @param value - the value of the document
 * @param source - the text of the plain scalar in the file, if it was one: it tells `5.0` from `5`
 * @source azure-ai-ml 1.34, `LiteralJobInput(value=str(…))`; Python's `float.__repr__`
 */
export function textOfScalar(value: string | number | boolean, source?: string): string {
  if (typeof value === 'string') return value;
  if (typeof value === 'boolean') return value ? 'True' : 'False';
  if (Number.isInteger(value) && (source === undefined || !isPythonFloat(source))) return BigInt(value).toString();
  return pythonFloatText(value);
}

function pythonFloatText(value: number): string {
  if (Number.isNaN(value)) return 'nan';
  if (!Number.isFinite(value)) return value > 0 ? 'inf' : '-inf';
  const [mantissa = '0', exponentText = '0'] = value.toExponential().split('e');
  const exponent = Number(exponentText);
  if (exponent >= -4 && exponent < 16) {
    const fixed = value.toFixed(Math.max(0, mantissa.replace(/^-?\d\.?/, '').length - exponent));
    const signed = Object.is(value, -0) ? `-${fixed}` : fixed;
    return signed.includes('.') ? signed : `${signed}.0`;
  }
  const sign = exponent < 0 ? '-' : '+';
  return `${mantissa}e${sign}${String(Math.abs(exponent)).padStart(2, '0')}`;
}
