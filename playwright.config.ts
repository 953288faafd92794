import { defineConfig } from '@playwright/test';
import { readEnv } from './lib/kernel/env';

/** scripts/test.mjs starts the production server on an empty home and names it, and the browser, in the environment. */
export default defineConfig({
  testDir: 'e2e',
  outputDir: 'test-results',
  fullyParallel: false,
  workers: 1,
  // One installation, in this order, each even when the one before fails: the journey begins with an empty one, and the bad input
  // leaves a second organisation behind.
  projects: [
    { name: 'journey', testMatch: 'journey.spec.ts' },
    { name: 'work', testIgnore: ['journey.spec.ts', 'bad-input.spec.ts'] },
    { name: 'bad input', testMatch: 'bad-input.spec.ts' },
  ],
  timeout: 90_000,
  expect: { timeout: 15_000 },
  reporter: [['list'], ['json', { outputFile: readEnv('PLAYWRIGHT_JSON_OUTPUT_NAME') ?? 'test-results/results.json' }]],
  use: {
    baseURL: readEnv('QUARRY_URL') ?? 'http://127.0.0.1:3000',
    viewport: { width: 1440, height: 900 },
    screenshot: 'only-on-failure',
    trace: 'retain-on-failure',
    launchOptions: {
      executablePath: readEnv('CHROMIUM_PATH') ?? '/usr/bin/chromium',
      args: [
        '--no-sandbox',
        '--disable-quic',
        '--disable-background-networking',
        '--disable-component-update',
        '--disable-sync',
        '--no-first-run',
      ],
    },
  },
});
