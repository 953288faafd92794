/**
 * `npm run bench`: what Quarry adds to the databases beneath it, as ratios within one run. Brings up its own servers (or uses
 * those that TEST_…_URL name) and the production server, prints a Markdown table, and leaves nothing behind. About ten minutes.
 * `npm run bench -- pools` measures pools and sessions alone; `npm run bench -- soak 600` works for ten minutes and looks for growth.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { ensurePrograms } from '../scripts/debian.mjs';
import { choosePort } from '../scripts/postgres.mjs';
import { ensureBuild, ensureClient } from '../scripts/prepare.mjs';
import { stopAll } from '../scripts/processes.mjs';
import { startServer, waitUntilServing } from '../scripts/server.mjs';
import { ensureHome, ensureSecrets, startPostgres } from '../scripts/services.mjs';
import { bringUpServers, SERVER_PROGRAMS } from '../scripts/test-services.mjs';

const home = mkdtempSync(path.join(tmpdir(), 'quarry-bench-'));

async function main() {
  ensureHome(home);
  const secrets = ensureSecrets(home);
  await ensureClient();
  await ensureBuild({ logFile: path.join(home, 'logs', 'build.log') });
  const given = process.env.TEST_POSTGRES_URL;
  const server = given ? undefined : await startPostgres({ home: path.join(home, 'server') });
  await ensurePrograms(SERVER_PROGRAMS);
  const others = await bringUpServers(path.join(home, 'servers'));
  Object.assign(process.env, others);
  // The product's code reads the environment when it is first used, so everything of it is imported after this.
  Object.assign(process.env, { QUARRY_HOME: home, NEXTAUTH_SECRET: secrets.authSecret, RATE_LIMIT: 'off', LOG_LEVEL: 'error' });
  const { prepareDatabases } = await import('./databases.ts');
  const databases = await prepareDatabases(given ?? String(server?.url));
  process.env.DATABASE_URL = databases.builderUrl;
  try {
    const port = await choosePort();
    const web = startServer({ host: '127.0.0.1', port, home, env: { ...process.env } });
    await waitUntilServing(web);
    const target = { url: web.url, pid: Number(web.pid), sourceUrl: databases.sourceUrl };
    const [part, seconds = '60'] = process.argv.slice(2);
    if (part === 'soak') {
      const { soak } = await import('./soak.ts');
      await soak(target, Number(seconds));
      return;
    }
    const { runBenchmarks } = await import('./run.ts');
    // Only here, for the schema's second layer: the server is measured without Redis.
    process.env.REDIS_URL = others.TEST_REDIS_URL;
    await runBenchmarks(target, part);
  } finally {
    await stopAll().catch(() => undefined);
    if (given) await databases.drop();
  }
}

let code = 0;
try {
  await main();
} catch (error) {
  console.error(error instanceof Error ? error.message : String(error));
  code = 1;
} finally {
  await stopAll();
  rmSync(home, { recursive: true, force: true });
}
process.exit(code);
