/**
 * `npm test`: installs what is missing, checks, builds, brings up the servers that tests need, and runs unit, integration and
 * browser tests. Ends with a line "N passed, N failed".
 *   npm test                  everything
 *   npm test -- unit          pure tests only
 *   npm test -- e2e           browser tests only
 *   npm test -- lib/query     the unit and integration tests whose path contains this
 */
import { randomBytes } from 'node:crypto';
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { runChecks } from './check.mjs';
import { CHROMIUM, namedChromium } from './chromium.mjs';
import { contractTable } from './contract-table.mjs';
import { ensurePrograms } from './debian.mjs';
import { choosePort } from './postgres.mjs';
import { checkNode, ensureBuild, ensureClient, ensurePackages } from './prepare.mjs';
import { run, startChild, stopAll, waitFor } from './processes.mjs';
import { duration, heading, oneLine, Problem, runMain, step } from './report.mjs';
import { ROOT, startPostgres } from './services.mjs';
import { bringUpServers, SERVER_PROGRAMS } from './test-services.mjs';

const FAST = { fsync: 'off', synchronous_commit: 'off', full_page_writes: 'off', max_connections: '300' };
const counts = { passed: 0, failed: 0, skipped: 0 };
const scratch = mkdtempSync(path.join(tmpdir(), 'quarry-test-'));
chmodSync(scratch, 0o711); // PostgreSQL's user passes through

/** Runs one part; what it throws is one failure, and the other parts still run. */
async function part(name, work) {
  const began = Date.now();
  heading(`\n${name}`);
  try {
    await work();
  } catch (error) {
    counts.failed += 1;
    process.stderr.write(`error: ${oneLine(error)}\n`);
  }
  step(`${name}: ${duration(Date.now() - began)}`);
}

/** A real PostgreSQL: TEST_POSTGRES_URL (a superuser's), else the embedded one with a home of its own. */
async function bringUpPostgres() {
  const given = process.env.TEST_POSTGRES_URL;
  if (given) {
    step('PostgreSQL: TEST_POSTGRES_URL');
    return given;
  }
  const server = await startPostgres({ home: path.join(scratch, 'home'), settings: FAST });
  step(`PostgreSQL: embedded 18 (npm) on 127.0.0.1:${server.port}`);
  return server.url.replace(/\/quarry$/, '/postgres');
}

let started;

/** The servers of the tests, brought up once. @returns {Promise<Record<string, string>>} the variables that name them */
function servers() {
  const start = async () => {
    const [postgres, others] = await Promise.all([bringUpPostgres(), bringUpServers(scratch)]);
    return { TEST_POSTGRES_URL: postgres, ...others };
  };
  started ??= start();
  return started;
}

/** Makes and migrates a builder database for the tests. Never the one that DATABASE_URL names. */
async function makeBuilderDatabase(adminUrl, env) {
  const { default: pg } = await import('pg');
  const name = `quarry_test_${randomBytes(5).toString('hex')}`;
  const admin = async (sql) => {
    const client = new pg.Client({ connectionString: adminUrl });
    await client.connect();
    await client.query(sql).finally(() => client.end());
  };
  await admin(`CREATE DATABASE ${name}`);
  const url = new URL(adminUrl);
  url.pathname = `/${name}`;
  const result = await run(process.execPath, ['--import', 'tsx', 'scripts/migrate.ts', '--no-samples'], {
    cwd: ROOT,
    env: { ...env, DATABASE_URL: url.href },
  });
  if (result.code !== 0)
    throw new Problem(`The builder database of the tests could not be migrated: ${result.output.trim().split('\n')[0]}`);
  return { url: url.href, drop: () => admin(`DROP DATABASE IF EXISTS ${name} WITH (FORCE)`) };
}

async function runVitest(args, env) {
  const report = path.join(scratch, 'vitest.json');
  const flags = ['run', '--reporter=default', '--reporter=json', `--outputFile.json=${report}`];
  const program = path.join(ROOT, 'node_modules/vitest/vitest.mjs');
  const { exit, ...child } = startChild(process.execPath, [program, ...flags, ...args], {
    cwd: ROOT,
    env,
    stdio: ['ignore', 'inherit', 'inherit'],
  });
  const { code } = await exit.then((state) => ({ ...child, ...state }));
  if (!existsSync(report)) throw new Problem('Vitest ended without a report; what it said stands above.');
  const result = JSON.parse(readFileSync(report, 'utf8'));
  const table = contractTable(result);
  if (table) heading(`\nThe contract of adapters\n\n${table}`);
  counts.passed += result.numPassedTests;
  counts.skipped += result.numPendingTests;
  const brokenFiles = result.testResults.filter(
    (file) => file.status === 'failed' && file.assertionResults.every((one) => one.status !== 'failed'),
  );
  const failed = result.numFailedTests + brokenFiles.length;
  counts.failed += failed === 0 && code !== 0 ? 1 : failed;
}

async function runBrowserTests(env) {
  const specs = existsSync(path.join(ROOT, 'e2e')) ? readdirSync(path.join(ROOT, 'e2e'), { recursive: true }) : [];
  if (!specs.some((file) => /\.spec\.ts$/.test(String(file)))) throw new Problem('There is no browser test in e2e/.');
  const chromium = namedChromium() ?? (await ensurePrograms([CHROMIUM]))[0];
  await ensurePrograms(SERVER_PROGRAMS);
  const urls = await servers();
  step(`browser: ${chromium}`);
  const home = path.join(scratch, 'e2e-home');
  const port = await choosePort();
  const url = `http://127.0.0.1:${port}`;
  const startEnv = { ...env, QUARRY_HOME: home, PORT: String(port), HOST: '127.0.0.1', RATE_LIMIT: 'off' };
  for (const name of ['DATABASE_URL', 'PUBLIC_URL', 'npm_lifecycle_event']) delete startEnv[name];
  const server = startChild(process.execPath, ['scripts/start.mjs'], {
    cwd: ROOT,
    env: startEnv,
    stdio: ['ignore', 'inherit', 'inherit'],
    graceMs: 30_000,
  });
  try {
    const ready = await waitFor(() => server.exited || isReady(url), { timeoutMs: 300_000, everyMs: 250 });
    if (!ready || server.exited) throw new Problem('The server of the browser tests did not get ready.');
    const report = path.join(scratch, 'playwright.json');
    const testEnv = {
      ...env,
      ...urls,
      QUARRY_URL: url,
      QUARRY_HOME: home,
      CHROMIUM_PATH: chromium,
      PLAYWRIGHT_JSON_OUTPUT_NAME: report,
    };
    const program = path.join(ROOT, 'node_modules/@playwright/test/cli.js');
    const tests = startChild(process.execPath, [program, 'test'], {
      cwd: ROOT,
      env: testEnv,
      stdio: ['ignore', 'inherit', 'inherit'],
    });
    const { code } = await tests.exit;
    if (!existsSync(report)) throw new Problem('Playwright ended without a report; what it said stands above.');
    const { stats, errors } = JSON.parse(readFileSync(report, 'utf8'));
    counts.passed += stats.expected + stats.flaky;
    counts.skipped += stats.skipped;
    const failed = stats.unexpected + errors.length;
    counts.failed += failed === 0 && code !== 0 ? 1 : failed;
  } finally {
    await server.stop();
  }
  if (server.code !== 0)
    throw new Problem(`"npm start" ended with ${server.code ?? server.signal} when it was asked to stop; it should be 0.`);
}

async function isReady(url) {
  try {
    return (await fetch(`${url}/api/ready`, { signal: AbortSignal.timeout(2000) })).ok;
  } catch {
    return false;
  }
}

async function main() {
  const began = Date.now();
  const filters = process.argv.slice(2);
  const all = filters.length === 0;
  checkNode();
  heading('Quarry tests');
  await ensurePackages();
  await ensureClient();
  mkdirSync(path.join(scratch, 'home', 'logs'), { recursive: true });
  const env = {
    ...process.env,
    QUARRY_HOME: path.join(scratch, 'home'),
    LOG_LEVEL: process.env.LOG_LEVEL ?? 'error',
    NODE_ENV: undefined,
  };
  delete env.DATABASE_URL;
  delete env.NODE_ENV;

  if (all) {
    await part('Checks', async () => {
      const failed = await runChecks();
      counts.failed += failed.length;
    });
  }
  if (all || filters.some((one) => /^(?:e2e|scripts)/.test(one)))
    await part('Build', () => ensureBuild({ logFile: path.join(scratch, 'home', 'logs', 'build.log') }));
  if (filters.includes('unit')) {
    await part('Unit tests', () => runVitest(['--project', 'unit', ...filters.filter((one) => one !== 'unit')], env));
  } else if (!filters.includes('e2e')) {
    await part('Unit and integration tests', async () => {
      await ensurePrograms(all && !namedChromium() ? [...SERVER_PROGRAMS, CHROMIUM] : SERVER_PROGRAMS);
      const urls = await servers();
      const builder = await makeBuilderDatabase(urls.TEST_POSTGRES_URL, env);
      await runVitest(filters, { ...env, ...urls, DATABASE_URL: builder.url }).finally(builder.drop);
    });
  }
  if (all || filters.includes('e2e')) await part('Browser tests', () => runBrowserTests(env));

  heading(`\nAll of it took ${duration(Date.now() - began)}${counts.skipped ? `; ${counts.skipped} skipped` : ''}.`);
  return counts.failed > 0 || counts.passed === 0 ? 1 : 0;
}

async function cleanUp() {
  await stopAll();
  rmSync(scratch, { recursive: true, force: true });
}

for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP']) {
  process.once(name, () => void cleanUp().then(() => process.exit(130)));
}

await runMain(async () => {
  let code = 1;
  try {
    code = await main();
  } catch (error) {
    counts.failed += 1;
    throw error;
  } finally {
    await cleanUp();
    heading(`${counts.passed} passed, ${counts.failed} failed`);
  }
  return code;
});
