import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

import { expect, test } from 'vitest';

import { createProgram } from '#cli/program.ts';
import { stageProfile } from '#shared/contracts/stage-profile.ts';

const pages = execFileSync('git', ['ls-files', '*.md', 'docs/**/*.md'], { encoding: 'utf8' })
  .split('\n')
  .filter((path) => path !== '' && !path.startsWith('test/fixtures/'));

test.each([...new Set(pages)])('the links of %s lead somewhere', (page) => {
  const links = [...readFileSync(page, 'utf8').matchAll(/\]\(([^)\s]+)\)/g)].map(([, link = '']) => link);
  const broken = links.filter((link) => {
    if (/^(https?:|mailto:|#)/.test(link)) return false;
    return !existsSync(join(dirname(page), decodeURIComponent(link.split('#')[0] ?? '')));
  });
  expect(broken).toEqual([]);
});

test('the oldest Node that will do is the same in package.json and in the README', () => {
  const { engines } = JSON.parse(readFileSync('package.json', 'utf8')) as { engines: { node: string } };
  expect(readFileSync('README.md', 'utf8')).toContain(`Node (${engines.node.replace('>=', '')} or newer)`);
});

test.each([...new Set(pages)])('the commands of %s are there, with their options', (page) => {
  const commands = readFileSync(page, 'utf8').matchAll(/(?:(?:`|^|&& |\$ )whence|whence\.mjs) ([a-z][^`\n|#&;]*)/gm);
  for (const [, text = ''] of commands) {
    const words = text.trim().split(/\s+/);
    let command = createProgram();
    while (command.commands.length > 0 && words.length > 0) {
      const name = words.shift();
      const next = command.commands.find((one) => one.name() === name);
      expect(next?.name(), `whence ${text}`).toBe(name);
      if (next === undefined) break;
      command = next;
    }
    const known = [...createProgram().options, ...command.options].map(({ long }) => long);
    for (const word of words.filter((one) => /^--[a-z]/.test(one))) expect(known, `whence ${text}`).toContain(word);
  }
});

test('the page about the stage profile names every member of it', () => {
  const page = readFileSync('docs/stage-profile.md', 'utf8');
  for (const member of Object.keys(stageProfile.shape)) expect(page).toContain(`| \`${member}\` `);
});
