/** `npm start`: from a fresh clone to a running Quarry. See docs/ARCHITECTURE.md, "Starting and stopping". */
import { existsSync, readFileSync, rmSync } from 'node:fs';
import path from 'node:path';
import { checkNode, ensureBuild, ensureClient, ensurePackages } from './prepare.mjs';
import { isAlive, parentOf, processIdentity, run, sameProcess, stopAll, waitFor } from './processes.mjs';
import { duration, heading, Problem, runMain, step } from './report.mjs';
import { checkAddress, startServer, waitUntilServing } from './server.mjs';
import { ensureHome, ensureSecrets, homeFolder, loadEnvironmentFile, ROOT, startPostgres, writePrivate } from './services.mjs';

let stopping = false;

/** Ctrl+C, SIGTERM, a closed terminal, or the end of npm: web server first, then the database. A second Ctrl+C doesn't wait. */
function stopOnSignals(runFile) {
  const stop = async (reason) => {
    if (stopping) process.exit(130);
    stopping = true;
    heading(`\nStopping (${reason}) …`);
    await stopAll();
    rmSync(runFile, { force: true });
    heading('Stopped.');
    process.exit(0);
  };
  for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(name, () => void stop(name));
  if (process.env.npm_lifecycle_event) {
    // npm starts a shell, and the shell starts us: when either is killed, nobody is left to stop us
    const family = [process.ppid, parentOf(process.ppid)];
    const orphaned = () => process.ppid !== family[0] || parentOf(family[0]) !== family[1];
    setInterval(() => !stopping && orphaned() && void stop('npm is gone'), 1000).unref();
  }
}

/** One server per home. One that was killed is given the moment that its guards need to clear up. */
async function checkNotRunning(runFile) {
  if (!existsSync(runFile)) return;
  let found = {};
  try {
    found = JSON.parse(readFileSync(runFile, 'utf8'));
  } catch {
    // half-written by a start that was killed
  }
  if (sameProcess(found)) {
    throw new Problem(
      `Quarry already runs from this home at ${found.url} (process ${found.pid}). Stop it, or set PORT and QUARRY_HOME for a second one.`,
    );
  }
  if (!sameProcess(found.server)) return;
  step('waiting for a killed start to clear up');
  if (await waitFor(() => !isAlive(found.server.pid), { timeoutMs: 20_000 })) return;
  throw new Problem(`The web server ${found.server.pid} of a killed start still runs. End it, then start again.`);
}

function readAddress() {
  const port = Number(process.env.PORT || 3000);
  if (!Number.isInteger(port) || port < 1 || port > 65_535)
    throw new Problem(`PORT=${process.env.PORT} is not a port. Use a number from 1 to 65535.`);
  return { host: process.env.HOST || '127.0.0.1', port };
}

/** Checks the settings, then migrates and seeds, through the product's own code. */
async function runTool(args, env) {
  const result = await run(process.execPath, ['--import', 'tsx', ...args], {
    cwd: ROOT,
    env,
    onLine: (line) => line.startsWith('problem: ') || step(line),
  });
  if (result.code === 0) return;
  const line = result.output.split('\n').find((text) => text.startsWith('problem: ') || /Error/.test(text));
  throw new Problem(line?.replace(/^problem: /, '') ?? `${args[0]} ended with ${result.code}`);
}

async function main() {
  const began = Date.now();
  checkNode();
  loadEnvironmentFile();
  const { host, port } = readAddress();
  const home = homeFolder();
  heading(`Quarry starts from ${home}`);
  ensureHome(home);
  const runFile = path.join(home, 'run.json');
  await checkNotRunning(runFile);
  await checkAddress(host, port);
  stopOnSignals(runFile);
  const me = { pid: process.pid, identity: processIdentity(process.pid) };

  await ensurePackages();
  await ensureClient();
  const secrets = ensureSecrets(home);
  const env = { ...process.env, QUARRY_HOME: home, HOST: host, PORT: String(port) };
  await runTool(['scripts/migrate.ts', '--settings-only'], env);
  await ensureBuild({ logFile: path.join(home, 'logs', 'build.log') });

  let postgres;
  if (process.env.DATABASE_URL) {
    step('builder database: DATABASE_URL');
  } else {
    postgres = await startOwnPostgres(home);
    step(`builder database: embedded PostgreSQL 18 on 127.0.0.1:${postgres.port}`);
  }
  await runTool(['scripts/migrate.ts'], env);

  await checkAddress(host, port);
  const server = startServer({
    host,
    port,
    home,
    env: { ...env, NEXTAUTH_SECRET: process.env.NEXTAUTH_SECRET || secrets.authSecret },
  });
  writePrivate(runFile, { ...me, url: server.url, server: { pid: server.pid, identity: processIdentity(server.pid) } });
  try {
    await waitUntilServing(server);
  } catch (error) {
    await stopAll();
    rmSync(runFile, { force: true });
    throw error;
  }
  step(`log: ${server.logFile}`);
  step(`jobs: ${whoRunsJobs()}`);
  heading(`Ready in ${duration(Date.now() - began)}: ${process.env.PUBLIC_URL || server.url}`);
  heading('On the first visit, create the owner account. Ctrl+C stops Quarry.');
  return await untilEnd(server, postgres, runFile);
}

/** As lib/queue's runsJobs() decides. */
function whoRunsJobs() {
  const mode = process.env.WORKERS || (process.env.REDIS_URL ? 'separate' : 'in-process');
  if (mode === 'in-process') return 'in the web server';
  return mode === 'off' ? 'nobody runs them (WORKERS=off)' : 'they wait for a worker; start one with "npm run worker"';
}

/** A command of the CLI may have started the database for its own time: then wait for it, since it takes the database with it. */
async function startOwnPostgres(home) {
  const free = await waitFor(
    async () => {
      const server = await startPostgres({ home, log: step });
      if (!server.joined) return server;
      step('waiting for a command that uses the database');
      await waitFor(() => !sameProcess(server.owner), { timeoutMs: 60_000 });
      return undefined;
    },
    { timeoutMs: 120_000 },
  );
  if (!free) throw new Problem(`Another process uses the database of ${home}. End it, then start again.`);
  return free;
}

/** Runs until the server or its database ends; by itself, that is a failure. */
async function untilEnd(server, postgres, runFile) {
  const ended = await Promise.race([
    server.exit.then(() => 'web server'),
    ...(postgres ? [postgres.exit.then(() => 'database')] : []),
  ]);
  if (stopping) return await new Promise(() => {});
  stopping = true;
  await stopAll();
  rmSync(runFile, { force: true });
  throw new Problem(`The ${ended} ended by itself; Quarry has stopped. See ${path.dirname(server.logFile)}, then start again.`);
}

await runMain(async () => {
  try {
    return await main();
  } catch (error) {
    if (stopping) await new Promise(() => {});
    await stopAll();
    throw error;
  }
});
