/**
 * Who may import whom. The rooms and their arrows are those of ARCHITECTURE.md; the lint rules in `.oxlintrc.json` are
 * generated from this table (`node scripts/import-matrix.ts --write`), and a test holds them equal and seeds a
 * violation of each.
 */
import { readFile, writeFile } from 'node:fs/promises';

/** A room: its folder, and the rooms it may import besides itself. */
export interface Room {
  readonly folder: string;
  readonly mayImport: readonly string[];
  /** Rooms of which only types may be imported. */
  readonly typesOnly?: readonly string[];
}

/** The rooms, innermost first. `shared/errors` is a leaf that every room may import. */
export const rooms: readonly Room[] = [
  { folder: 'shared/errors', mayImport: [] },
  { folder: 'shared/domain', mayImport: ['shared/errors'], typesOnly: ['shared/contracts', 'shared/ports'] },
  { folder: 'shared/contracts', mayImport: ['shared/domain', 'shared/errors', 'shared/ports'] },
  { folder: 'shared/ports', mayImport: ['shared/domain', 'shared/errors'], typesOnly: ['shared/contracts'] },
  { folder: 'shared/config', mayImport: ['shared/domain', 'shared/errors', 'shared/contracts'] },
  { folder: 'shared/telemetry', mayImport: ['shared/domain', 'shared/errors', 'shared/contracts'] },
  {
    folder: 'shared/adapters',
    mayImport: [
      'shared/domain',
      'shared/errors',
      'shared/contracts',
      'shared/ports',
      'shared/config',
      'shared/telemetry',
    ],
  },
  {
    folder: 'functions',
    mayImport: [
      'shared/domain',
      'shared/errors',
      'shared/contracts',
      'shared/ports',
      'shared/config',
      'shared/telemetry',
      'shared/adapters',
    ],
  },
  {
    folder: 'local',
    mayImport: ['shared/domain', 'shared/errors', 'shared/contracts', 'shared/ports', 'shared/config'],
  },
  { folder: 'cli', mayImport: ['shared/domain', 'shared/errors', 'shared/contracts', 'local'] },
];

interface Pattern {
  readonly regex: string;
  readonly message: string;
  readonly allowTypeImports?: true;
}

/** @returns the patterns of imports that a room must not have */
export function forbiddenImports(room: Room): Pattern[] {
  const patterns: Pattern[] = [];
  for (const other of rooms) {
    if (other === room || room.mayImport.includes(other.folder)) continue;
    const typesOnly = room.typesOnly?.includes(other.folder) === true;
    patterns.push({
      regex: `^#${other.folder}/`,
      message: `${room.folder} may ${typesOnly ? 'import only types of' : 'not import'} ${other.folder}: see scripts/import-matrix.ts.`,
      ...(typesOnly ? { allowTypeImports: true } : {}),
    });
  }
  patterns.push({ regex: '^#test/', message: 'Only tests import tests.' });
  return patterns;
}

/** Rules for every file. */
const rules = {
  'typescript/no-floating-promises': 'error',
  'typescript/no-misused-promises': 'error',
  'typescript/await-thenable': 'error',
  'typescript/switch-exhaustiveness-check': 'error',
  'typescript/no-explicit-any': 'error',
  'typescript/no-non-null-assertion': 'error',
  'typescript/consistent-type-imports': 'error',
  'typescript/no-require-imports': 'error',
  'typescript/restrict-template-expressions': 'off',
  'typescript/no-base-to-string': 'off',
  'typescript/require-array-sort-compare': 'off',
  'typescript/unbound-method': 'off',
  'no-empty': 'error',
  'no-console': 'off',
  'no-var': 'error',
  'prefer-const': 'error',
  eqeqeq: 'error',
  'import/no-default-export': 'error',
  'import/no-cycle': 'error',
  'promise/no-callback-in-promise': 'off',
} as const;

/** What orchestrations must not touch: they are replayed. */
const replayRules = {
  'no-restricted-globals': [
    'error',
    ...['Date.now', 'setTimeout', 'setInterval', 'fetch', 'process', 'crypto', 'performance'].map((name) => ({
      name,
      message: 'Orchestrations are replayed: time, ids and effects come from the durable context and from activities.',
    })),
  ],
};

/** @returns the whole lint configuration */
export function lintConfig(): object {
  return {
    $schema: './node_modules/oxlint/configuration_schema.json',
    plugins: ['typescript', 'import', 'promise', 'node'],
    categories: { correctness: 'error' },
    options: { typeAware: true },
    ignorePatterns: ['dist', 'node_modules', 'test/fixtures', 'pipelines/**/*.mjs'],
    rules,
    overrides: [
      ...rooms.map((room) => ({
        files: [`${room.folder}/**/*.ts`],
        rules: {
          'no-restricted-imports': ['error', { patterns: forbiddenImports(room) }],
        },
      })),
      { files: ['functions/orchestrations/**/*.ts'], rules: replayRules },
      { files: ['**/*.config.ts'], rules: { 'import/no-default-export': 'off' } },
    ],
  };
}

if (process.argv[1] === import.meta.filename) {
  const text = `${JSON.stringify(lintConfig(), null, 2)}\n`;
  if (process.argv.includes('--write')) await writeFile('.oxlintrc.json', text);
  else process.exitCode = text === (await readFile('.oxlintrc.json', 'utf8')) ? 0 : 1;
}
