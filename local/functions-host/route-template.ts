/**
 * Route templates of HTTP triggers, as the Functions host matches them: without case, a trailing slash accepted.
 *
 * @source local-runtime.md §2.3 "Routing"
 */

/** A compiled template. */
export interface RouteTemplate {
  readonly template: string;
  /** @returns the parameters, or undefined where the path does not match */
  match(path: string): Readonly<Record<string, string>> | undefined;
}

/** Parts of a path are compared in this order: text, with a constraint, any, the rest. */
const kinds = [/^[^{]+$/, /^\{\w+:/, /^\{\w/, /^[^{]+\{/, /^\{\*/];

/** Sorts templates so that the more definite of two that match one path is tried first. @source ASP.NET Core routing, "Route template precedence" */
export function byPrecedence(one: RouteTemplate, other: RouteTemplate): number {
  const [first, second] = [one, other].map(({ template }) =>
    template.split('/').map((segment) => kinds.findIndex((kind) => kind.test(segment))),
  );
  for (let at = 0; at < Math.max(first?.length ?? 0, second?.length ?? 0); at += 1) {
    const difference = (first?.[at] ?? -1) - (second?.[at] ?? -1);
    if (difference !== 0) return difference;
  }
  return 0;
}

const constraints: Readonly<Record<string, string>> = {
  int: String.raw`-?\d+`,
  long: String.raw`-?\d+`,
  guid: '[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}',
  alpha: '[A-Za-z]+',
  bool: 'true|false',
};

/**
 * @param template - below the route prefix, as in `v1/runs/{runId}` or `files/{*rest}`
 * @throws {Error} a malformed template; in Azure the whole host would stop
 */
export function compileRoute(template: string): RouteTemplate {
  const names: string[] = [];
  const pattern = template
    .split('/')
    .filter((segment) => segment !== '')
    .map((segment) => segmentPattern(template, segment, names))
    .join('');
  const expression = new RegExp(`^${pattern}/?$`, 'i');
  return {
    template,
    match(path) {
      const found = expression.exec(path);
      if (found === null) return undefined;
      const entries = names.flatMap((name, at) => {
        const value = found[at + 1];
        return value === undefined || value === '' ? [] : [[name, decode(value)] as const];
      });
      return Object.fromEntries(entries);
    },
  };
}

function segmentPattern(template: string, segment: string, names: string[]): string {
  const whole = /^\{(\*)?(\w+)(?::(\w+))?(\?)?\}$/.exec(segment);
  if (whole !== null) {
    const [, rest, name = '', constraint, optional] = whole;
    names.push(name);
    if (rest !== undefined) return '(?:/(.*))?';
    const value = constraint === undefined ? '[^/]+' : constraints[constraint];
    if (value === undefined)
      throw new Error(
        `Route template "${template}": the constraint "${constraint}" is not served by the laptop runtime.`,
      );
    return optional === undefined ? `/(${value})` : `(?:/(${value}))?`;
  }
  const parts = segment.split(/(\{\w+\})/).filter((part) => part !== '');
  return `/${parts
    .map((part) => {
      const name = /^\{(\w+)\}$/.exec(part)?.[1];
      if (name !== undefined) {
        names.push(name);
        return '([^/]+)';
      }
      if (/[{}]/.test(part)) throw new Error(`Route template "${template}" is malformed at "${segment}".`);
      return part.replaceAll(/[.*+?^$()|[\]\\]/g, String.raw`\$&`);
    })
    .join('')}`;
}

function decode(value: string): string {
  try {
    return decodeURIComponent(value.replaceAll(/%2F/gi, '%252F'));
  } catch {
    return value;
  }
}
