import { type ChildProcess, spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, afterEach, describe, expect, it } from 'vitest';

/** The launcher as people use it: real processes, an embedded PostgreSQL and the production server, on homes of their own. */
const homes: string[] = [];
const started: Start[] = [];

interface Start {
  child: ChildProcess;
  output: () => string;
  errors: () => string;
  ended: Promise<number | null>;
}

function newHome(): string {
  const home = mkdtempSync(path.join(tmpdir(), 'quarry-start-'));
  homes.push(home);
  return home;
}

function start(home: string, env: Record<string, string>): Start {
  const inherited = Object.entries(process.env).filter(([name]) => !/^(?:npm_|DATABASE_URL|QUARRY_|VITEST|NODE_)/.test(name));
  const child = spawn(process.execPath, ['scripts/start.mjs'], {
    env: { ...Object.fromEntries(inherited), HOST: '127.0.0.1', QUARRY_HOME: home, ...env } as unknown as NodeJS.ProcessEnv,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  let errors = '';
  child.stdout?.setEncoding('utf8').on('data', (text: string) => {
    output += text;
  });
  child.stderr?.setEncoding('utf8').on('data', (text: string) => {
    errors += text;
  });
  const ended = new Promise<number | null>((resolve) => child.once('close', resolve));
  const one = { child, output: () => output, errors: () => errors, ended };
  started.push(one);
  return one;
}

async function until<T>(read: () => T | Promise<T>, holds: (value: T) => boolean, deadlineMs: number): Promise<T> {
  const deadline = Date.now() + deadlineMs;
  for (;;) {
    const value = await read();
    if (holds(value)) return value;
    if (Date.now() > deadline) throw new Error(`Waited in vain; last seen: ${JSON.stringify(value)}`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer().once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      server.close(() => (typeof address === 'object' && address ? resolve(address.port) : reject(new Error('no port'))));
    });
  });
}

/** Processes which have this home in their command line or environment. */
function processesOf(home: string): string[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .flatMap((pid) => {
      try {
        const line = readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ');
        const environment = readFileSync(`/proc/${pid}/environ`, 'utf8');
        return line.includes(home) || environment.includes(`QUARRY_HOME=${home}\0`) ? [`${pid} ${line}`] : [];
      } catch {
        return [];
      }
    });
}

/** Runs until the line that says it is ready. */
async function startAndWait(home: string, port: number): Promise<Start> {
  const one = start(home, { PORT: String(port) });
  let over = false;
  void one.ended.then(() => {
    over = true;
  });
  await until(
    () => one.output() + one.errors(),
    () => over || one.output().includes('Ready in'),
    540_000,
  );
  expect(one.errors()).toBe('');
  return one;
}

async function stop(one: Start, signal: NodeJS.Signals): Promise<number | null> {
  one.child.kill(signal);
  return await one.ended;
}

afterEach(async () => {
  for (const one of started.splice(0))
    if (one.child.exitCode === null && one.child.signalCode === null) await stop(one, 'SIGTERM');
});

afterAll(() => {
  for (const home of homes) rmSync(home, { recursive: true, force: true });
});

describe('npm start', () => {
  it('serves, refuses a second start, and leaves nothing behind: on Ctrl+C, and when it is killed', {
    timeout: 600_000,
  }, async () => {
    const home = newHome();
    const port = await freePort();
    const first = await startAndWait(home, port);
    const ready = await fetch(`http://127.0.0.1:${port}/api/ready`);
    expect(ready.status).toBe(200);
    expect(first.output()).toContain(`http://127.0.0.1:${port}`);
    const secrets = path.join(home, 'secrets.json');
    const made = readFileSync(secrets, 'utf8');

    const sameHome = start(home, { PORT: String(await freePort()) });
    expect(await sameHome.ended).toBe(1);
    expect(sameHome.errors()).toMatch(/^error: Quarry already runs from this home at http:.*\n$/);
    const samePort = start(newHome(), { PORT: String(port) });
    expect(await samePort.ended).toBe(1);
    expect(samePort.errors()).toMatch(new RegExp(`^error: Port ${port} on 127.0.0.1 is taken.*PORT=\\d+ npm start\\n$`));

    expect(await stop(first, 'SIGINT')).toBe(0);
    expect(processesOf(home)).toEqual([]);

    const second = await startAndWait(home, port);
    expect(readFileSync(secrets, 'utf8')).toBe(made);
    await stop(second, 'SIGKILL');
    await until(
      () => processesOf(home),
      (left) => left.length === 0,
      30_000,
    );

    // at once after the next kill, while the guards are still at work
    const third = await startAndWait(home, port);
    await stop(third, 'SIGKILL');
    const fourth = await startAndWait(home, port);
    expect(await stop(fourth, 'SIGTERM')).toBe(0);
    expect(processesOf(home)).toEqual([]);
  });

  it.each([
    ['a setting that is not valid', { QUERY_TIMEOUT: 'soon' }, /^error: QUERY_TIMEOUT is not valid: .*\n$/],
    ['a port that is none', { PORT: 'http' }, /^error: PORT=http is not a port\..*\n$/],
    [
      'an address of another machine',
      { HOST: '192.0.2.1' },
      /^error: HOST=192\.0\.2\.1 is not an address of this machine\..*\n$/,
    ],
    [
      'a home that can not be written',
      { QUARRY_HOME: '/proc/quarry' },
      /^error: Cannot write to \/proc\/quarry: .*QUARRY_HOME.*\n$/,
    ],
  ])('says in one line what is wrong: %s', { timeout: 300_000 }, async (_name, env, expected) => {
    const one = start(newHome(), { PORT: String(await freePort()), ...env });
    expect(await one.ended).toBe(1);
    expect(one.errors()).toMatch(expected);
  });

  it('keeps a database whose secrets are gone', { timeout: 60_000 }, async () => {
    const home = newHome();
    const { ensureHome, ensureSecrets } = await import('./services.mjs');
    ensureHome(home);
    const made = ensureSecrets(home);
    expect(ensureSecrets(home)).toEqual(made);
    mkdirSync(path.join(home, 'postgres'));
    writeFileSync(path.join(home, 'postgres/PG_VERSION'), '18\n');
    rmSync(path.join(home, 'secrets.json'));
    expect(() => ensureSecrets(home)).toThrow(/secrets\.json is missing.*backup/);
  });
});
