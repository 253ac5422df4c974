import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

import { expect, test } from 'vitest';

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

test('the page about the stage profile names every member of it', () => {
  const page = readFileSync('docs/stage-profile.md', 'utf8');
  for (const member of Object.keys(stageProfile.shape)) expect(page).toContain(`| \`${member}\` `);
});
