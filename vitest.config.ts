import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    pool: 'forks',
    maxWorkers: 2,
    testTimeout: 30_000,
    hookTimeout: 60_000,
    coverage: { provider: 'v8', include: ['shared/**/*.ts', 'functions/**/*.ts', 'local/**/*.ts', 'cli/**/*.ts'] },
  },
});
