import { spawnSync } from 'node:child_process';
import { mkdtemp, mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';

import { expect, test } from 'vitest';

import { lintConfig, rooms } from '../../scripts/import-matrix.ts';

const oxlint = join(import.meta.dirname, '..', '..', 'node_modules', '.bin', 'oxlint');

test('the lint configuration is the one that the matrix makes', async () => {
  expect(JSON.parse(await readFile('.oxlintrc.json', 'utf8'))).toEqual(JSON.parse(JSON.stringify(lintConfig())));
});

test('every import that the matrix forbids is caught, and none that it allows', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'whence-matrix-'));
  const expected: string[] = [];
  for (const [at, room] of rooms.entries()) {
    for (const [to, other] of rooms.entries()) {
      if (room === other) continue;
      const file = join(room.folder, `from-${at}-to-${to}.ts`);
      await mkdir(join(folder, dirname(file)), { recursive: true });
      await writeFile(join(folder, file), `import { x } from '#${other.folder}/x.ts';\nexport const y = x;\n`);
      if (!room.mayImport.includes(other.folder)) expected.push(file);
    }
  }
  const { plugins, overrides } = lintConfig() as { plugins: string[]; overrides: { rules: Record<string, unknown> }[] };
  const imports = overrides.filter((one) => 'no-restricted-imports' in one.rules);
  await writeFile(
    join(folder, '.oxlintrc.json'),
    JSON.stringify({ plugins, categories: { correctness: 'off' }, overrides: imports }),
  );
  const { stdout } = spawnSync(oxlint, ['-c', '.oxlintrc.json', '--format', 'unix', '.'], {
    cwd: folder,
    encoding: 'utf8',
  });
  const caught = new Set([...stdout.matchAll(/^(?:\.\/)?(.+?\.ts):\d+:\d+/gm)].map((match) => match[1] ?? ''));
  await rm(folder, { recursive: true });
  expect([...caught].toSorted()).toEqual(expected.toSorted());
  expect(expected.length).toBeGreaterThan(40);
});
