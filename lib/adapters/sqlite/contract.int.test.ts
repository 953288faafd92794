import { rmSync } from 'node:fs';
import { afterAll, beforeAll, vi } from 'vitest';
import { contractSuite } from '../contract-suite';
import { fixture, folder } from './contract-fixture';

beforeAll(() => vi.stubEnv('SQLITE_ROOT', folder));
afterAll(() => {
  vi.unstubAllEnvs();
  rmSync(folder, { recursive: true, force: true });
});

contractSuite(fixture);
