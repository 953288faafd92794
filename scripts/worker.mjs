/** `npm run worker`: a process that runs jobs beside web servers with the same DATABASE_URL and REDIS_URL. */
import { checkNode, ensureClient, ensurePackages } from './prepare.mjs';
import { run, startChild, stopAll } from './processes.mjs';
import { heading, Problem, runMain, step } from './report.mjs';
import { ensureHome, ensureSecrets, homeFolder, loadEnvironmentFile, ROOT } from './services.mjs';

await runMain(async () => {
  checkNode();
  loadEnvironmentFile();
  const home = homeFolder();
  ensureHome(home);
  await ensurePackages();
  await ensureClient();
  ensureSecrets(home);
  const env = { ...process.env, NODE_ENV: 'production', QUARRY_HOME: home };
  const migrated = await run(process.execPath, ['--import', 'tsx', 'scripts/migrate.ts', '--no-samples'], { cwd: ROOT, env });
  if (migrated.code !== 0)
    throw new Problem(
      migrated.output
        .trim()
        .split('\n')
        .at(-1)
        ?.replace(/^problem: /, '') ?? 'no builder database',
    );
  const worker = startChild(process.execPath, ['--import', 'tsx', 'workers/process.ts'], {
    cwd: ROOT,
    env,
    stdio: 'inherit',
    graceMs: 15_000,
  });
  for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP']) {
    process.on(name, () => {
      step(`stopping (${name})`);
      void stopAll();
    });
  }
  heading('The worker runs jobs. Ctrl+C stops it.');
  const { code, signal } = await worker.exit;
  if (code !== 0) throw new Problem(`The worker ended with ${code ?? signal}.`);
});
