/** Which images a Dockerfile brings in, in every way that a builder knows. */
import { describe, expect, test } from 'vitest';

import { readDockerfile } from '#shared/domain/stage-profile/dockerfile-images.ts';

describe('the images of a Dockerfile', () => {
  test.each<[string, string, readonly string[]]>([
    ['FROM', 'FROM ok/x:1\nRUN pip install a\n', ['ok/x:1']],
    ['lower case, Windows lines, a byte order mark', '\uFEFFfrom ok/x:1\r\nrun a\r\n', ['ok/x:1']],
    ['a platform and a name', 'ARG V=1\nFROM --platform=linux/amd64 ok/x:$V AS build\n', ['ok/x:$V']],
    ['a continuation', 'FROM \\\n evil/x\n', ['evil/x']],
    ['a continuation with blanks, a comment and an empty line', 'FROM \\ \t\n# c \\\n\n evil/x\n', ['evil/x']],
    ['a continuation inside a word', 'FR\\\nOM evil/x\n', ['evil/x']],
    ['two backslashes, which newer builders do not join', 'FROM ok/x\nRUN a \\\\\nFROM evil/x\n', ['ok/x', 'evil/x']],
    ['COPY --from of an image', 'FROM ok/x\nCOPY --chown=a --from=evil/x /a /b\n', ['ok/x', 'evil/x']],
    [
      'COPY --from of a stage and a number',
      'FROM ok/x AS Build\nFROM build\nCOPY --from=BUILD a b\nCOPY --from=0 a b\n',
      ['ok/x'],
    ],
    ['a stage that comes later', 'FROM ok/x\nCOPY --from=later a b\nFROM ok/x AS later\n', ['ok/x', 'later']],
    ['a number that no stage has', 'FROM ok/x\nCOPY --from=1 a b\n', ['ok/x', '1']],
    ['FROM a number', 'FROM ok/x\nFROM 0\n', ['ok/x', '0']],
    ['a mount', 'FROM ok/x\nRUN --network=none --mount=type=bind,from=evil/x,target=/x cp\n', ['ok/x', 'evil/x']],
    ['a mount over two lines', 'FROM ok/x\nRUN --mount=type=bind,\\\nFrom=evil/x,target=/x cp\n', ['ok/x', 'evil/x']],
    ['what a later stage triggers', 'FROM ok/x AS a\nONBUILD COPY --from=evil/x / /\nFROM a\n', ['ok/x', 'evil/x']],
    ['a heredoc, as a builder without them reads it', 'FROM ok/x\nRUN a <<E\nFROM evil/x\nE\n', ['ok/x', 'evil/x']],
    ['a program in a heredoc', 'FROM ok/x\nRUN python <<E\nfrom a import b\nE\n', ['ok/x']],
    ['a command that only looks like it', 'FROM ok/x\nRUN tool --from=a --mount=from=b\n', ['ok/x']],
  ])('%s', (_what, text, images) => {
    expect(readDockerfile(text)).toEqual({ images, problems: [] });
  });
});

describe('what cannot be judged', () => {
  test.each<[string, string, RegExp]>([
    ['nothing', '', /no FROM/],
    ['no FROM', 'ARG A=1\n', /no FROM/],
    ['another frontend', '# syntax=evil/frontend\nFROM ok/x\n', /"syntax"/],
    ['another frontend, after a comment', '#!/bin/sh\n# a\n\n#SYNTAX = evil/frontend\nFROM ok/x\n', /"syntax"/],
    ['another frontend, as programs comment', '// syntax=evil/frontend\nFROM ok/x\n', /"syntax"/],
    ['another frontend, as JSON', '{"syntax":"evil/frontend"}\nFROM ok/x\n', /not with ARG or FROM/],
    ['another escape', '# escape=`\nFROM `\n evil/x\n', /"escape"/],
    ['a quoted flag', 'FROM ok/x\nCOPY --"from"=evil/x / /\n', /quotes or backslashes/],
    ['an escaped flag', 'FROM ok/x\nCOPY --fr\\om=evil/x / /\n', /quotes or backslashes/],
    ['a quoted mount', 'FROM ok/x\nRUN --mount=type=bind,"from=evil/x" cp\n', /quotes or backslashes/],
    ['a heredoc that hides a line', 'FROM ok/x\nRUN <<"a\\"\na\\\nFROM evil/x\n', /heredoc/],
  ])('%s', (_what, text, problem) => {
    expect(readDockerfile(text).problems.join(' ')).toMatch(problem);
  });
});
