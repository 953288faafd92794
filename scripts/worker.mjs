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
  const stop = (reason) => {
    step(`stopping (${reason})`);
    void stopAll();
  };
  for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(name, () => stop(name));
  // npm starts a shell, and the shell starts us: when it is ended alone, nobody is left to stop us.
  const parent = process.ppid;
  const watch = process.env.npm_lifecycle_event && setInterval(() => process.ppid !== parent && stop('npm is gone'), 1000);
  heading('The worker runs jobs. Ctrl+C stops it.');
  const { code, signal } = await worker.exit;
  clearInterval(watch || undefined);
  if (code !== 0) throw new Problem(`The worker ended with ${code ?? signal}.`);
});
