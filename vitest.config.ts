import { defineConfig } from 'vitest/config';

/** `unit` needs nothing; `integration` needs the servers which scripts/test.mjs brings up and names in the environment. */
export default defineConfig({
  resolve: { alias: { '@': import.meta.dirname } },
  test: {
    testTimeout: 90_000,
    hookTimeout: 120_000,
    pool: 'forks',
    maxWorkers: 2,
    projects: [
      {
        extends: true,
        test: { name: 'unit', include: ['{lib,app,cli,scripts,workers}/**/*.test.ts'], exclude: ['**/*.int.test.ts'] },
      },
      { extends: true, test: { name: 'integration', include: ['{lib,app,cli,scripts,workers}/**/*.int.test.ts'] } },
    ],
  },
});
