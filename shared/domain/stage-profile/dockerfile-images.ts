/**
 * The images that a Dockerfile brings in. It is read as every builder could read it, and what cannot be judged is a
 * problem: a parser for editors (`dockerfile-ast`) follows one builder, and lets through what another would do. Pure.
 *
 * @source moby/buildkit, frontend/dockerfile/parser: continuations, comments, flags and directives
 */

/** See {@link readDockerfile}. */
export interface DockerfileImages {
  /** As they stand there, each once. */
  readonly images: readonly string[];
  /** Why it cannot be said which images are used; none: all are known. */
  readonly problems: readonly string[];
}

/** Older builders join lines at any backslash, newer ones not at two of them. */
const continuations = [/\\[ \t]*$/, /(?<!\\)\\[ \t]*$/];
const COMMENT = /^\s*#/;
const DIRECTIVE = /^\s*(?:#|\/\/)\s*(syntax|escape)\s*=/i;
const FROM_STAGE = /^(?:\d+|[a-z][\w.-]*)$/i;

/** Finds the images of `FROM`, `--from=` and `--mount=…,from=`, but for those that are stages of the file. */
export function readDockerfile(text: string): DockerfileImages {
  const lines = text
    .replace(/^\uFEFF/, '')
    .split('\n')
    .map((line) => line.replace(/\r$/, ''));
  const images = new Set<string>();
  const problems = new Set(problemsOf(lines));
  for (const continuation of continuations) {
    const instructions = instructionsOf(lines, continuation);
    const [first] = instructions;
    if (first !== undefined && !/^\s*(?:ARG|FROM)\s/i.test(first))
      problems.add(`It begins with "${first.trim().slice(0, 40)}", not with ARG or FROM.`);
    const read = imagesOf(instructions);
    for (const image of read.images) images.add(image);
    for (const problem of read.problems) problems.add(problem);
  }
  return { images: [...images], problems: [...problems] };
}

/** What lets another program read the file, or hides where its lines end. */
function problemsOf(lines: readonly string[]): readonly string[] {
  const head = lines.findIndex((line) => !/^\s*(?:#|\/\/|$)/.test(line));
  const directives = lines.slice(0, head === -1 ? undefined : head).flatMap((line) => DIRECTIVE.exec(line)?.[1] ?? []);
  return [
    ...directives.map((name) => `The directive "${name.toLowerCase()}" changes how the file is read.`),
    ...(lines.some((line) => /<<-?["']?[^\s"']*\\/.test(line)) ? ['The end of a heredoc has a backslash in it.'] : []),
  ];
}

/** Lines with their continuations; comments, and empty lines inside a continuation, are nothing. */
function instructionsOf(lines: readonly string[], continuation: RegExp): readonly string[] {
  const instructions: string[] = [];
  let begun = '';
  for (const line of lines) {
    if (COMMENT.test(line) || line.trim() === '') continue;
    const end = continuation.exec(line);
    begun += end === null ? line : line.slice(0, end.index);
    if (end !== null) continue;
    instructions.push(begun);
    begun = '';
  }
  return begun.trim() === '' ? instructions : [...instructions, begun];
}

function imagesOf(instructions: readonly string[]): DockerfileImages {
  const stages: string[] = [];
  const images: string[] = [];
  const problems: string[] = [];
  for (const instruction of instructions) {
    const [word = '', ...tokens] = instruction
      .replace(/^\s*ONBUILD\s/i, '')
      .trim()
      .split(/\s+/);
    const kind = word.toUpperCase();
    if (!['FROM', 'COPY', 'ADD', 'RUN'].includes(kind)) continue;
    const count = tokens.findIndex((token) => !token.startsWith('--'));
    const flags = tokens.slice(0, count === -1 ? undefined : count);
    const rest = tokens.slice(flags.length);
    if (flags.some((flag) => /["'\\]/.test(flag)))
      problems.push(`Flags with quotes or backslashes cannot be judged: ${instruction.trim().slice(0, 80)}`);
    // Anything else that begins with "from" is refused by builders: a line of another program, as in a heredoc.
    const isStage = kind === 'FROM' && (rest.length === 1 || (rest.length === 3 && /^as$/i.test(rest[1] ?? '')));
    const used = isStage ? rest.slice(0, 1) : kind === 'FROM' ? [] : flags.flatMap(imagesOfFlag);
    images.push(...used.filter((image) => !isEarlier(image, stages, kind)));
    if (isStage) stages.push(rest[2]?.toLowerCase() ?? '');
  }
  if (stages.length === 0) problems.push('It has no FROM.');
  return { images, problems };
}

function imagesOfFlag(flag: string): readonly string[] {
  const [, name = '', value = ''] = /^--([^=]*)=(.*)$/.exec(flag) ?? [];
  if (name.toLowerCase() === 'from') return [value];
  if (name.toLowerCase() !== 'mount') return [];
  return value.split(',').flatMap((field) => /^from=(.*)$/i.exec(field)?.[1] ?? []);
}

/** Whether it is a stage further up, by its name or, but in `FROM`, by its number. */
function isEarlier(image: string, stages: readonly string[], kind: string): boolean {
  if (!FROM_STAGE.test(image)) return false;
  if (/^\d+$/.test(image)) return kind !== 'FROM' && Number(image) < stages.length;
  return stages.includes(image.toLowerCase());
}
