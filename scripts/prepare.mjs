/** Steps that make a clone ready to run: packages, the generated database client, the production build. Each is skipped when it is done. */
import { createHash } from 'node:crypto';
import { appendFileSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { run, withLock } from './processes.mjs';
import { duration, Problem, step } from './report.mjs';
import { ROOT } from './services.mjs';

const BIN = {
  next: path.join(ROOT, 'node_modules/next/dist/bin/next'),
  prisma: path.join(ROOT, 'node_modules/prisma/build/index.js'),
};

/** @throws Problem when Node is older than package.json's engines ask */
export function checkNode() {
  const wanted = JSON.parse(readFileSync(path.join(ROOT, 'package.json'), 'utf8')).engines.node.replace(/^>=/, '');
  const [major, minor] = process.versions.node.split('.').map(Number);
  const [wantedMajor, wantedMinor] = wanted.split('.').map(Number);
  if (major > wantedMajor || (major === wantedMajor && minor >= wantedMinor)) return;
  throw new Problem(
    `Quarry needs Node ${wanted} or newer; this is ${process.versions.node}. Install a newer Node, then start again.`,
  );
}

/** Whether node_modules holds what package-lock.json asks for: the same version of each package, optional ones apart. */
export function packagesInstalled() {
  const installedFile = path.join(ROOT, 'node_modules/.package-lock.json');
  if (!existsSync(installedFile)) return false;
  const { packages: wanted } = JSON.parse(readFileSync(path.join(ROOT, 'package-lock.json'), 'utf8'));
  const { packages: installed } = JSON.parse(readFileSync(installedFile, 'utf8'));
  return Object.entries(wanted).every(([name, { version, optional, devOptional, peer, link }]) => {
    if (name === '' || link) return true;
    const found = installed[name];
    if (!found) return Boolean(optional || devOptional || peer);
    return found.version === version;
  });
}

/**
 * Installs the locked packages unless they are there. Not with `npm ci`: it refuses a lock file which doesn't list the optional
 * packages of every other platform, and a registry that holds only some platforms can't give such a lock file.
 */
export async function ensurePackages() {
  if (packagesInstalled()) return;
  const began = Date.now();
  step('installing packages (one native module is compiled; this can take some minutes)');
  await locked('install', async () => {
    if (packagesInstalled()) return;
    const stop = heartbeat('still installing', began);
    const result = await run('npm', ['install', '--no-save', '--no-audit', '--no-fund', '--include=dev', '--include=optional'], {
      cwd: ROOT,
      env: { ...toolEnv(), ...nodeHeaders() },
    });
    stop();
    if (result.code === 0) return;
    const line = result.output
      .split('\n')
      .find((text) =>
        /npm (?:error|ERR!) (?!code|errno|syscall|path|command|gyp (?:info|http|verb|WARN)|A complete log|\()/.test(text),
      );
    throw new Problem(
      `Installing packages failed: ${line?.replace(/npm (?:error|ERR!)\s*/, '') ?? `npm ended with ${result.code}`}. Check the network, then start again; "npm install --no-save" shows all of it.`,
    );
  });
  step(`packages installed in ${duration(Date.now() - began)}`);
}

/** Generates the database client unless it was made from this schema. */
export async function ensureClient() {
  const stamp = path.join(ROOT, 'lib/db/generated/.made-from');
  const wanted = digest(['prisma/schema.prisma', 'prisma.config.ts', 'node_modules/prisma/package.json']);
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === wanted) return;
  await locked('generate', async () => {
    if (existsSync(stamp) && readFileSync(stamp, 'utf8') === wanted) return;
    // Prisma would download its schema engine here; generating doesn't use it, any existing file satisfies the look-up.
    const env = { ...toolEnv(), PRISMA_SCHEMA_ENGINE_BINARY: process.execPath };
    const result = await run(process.execPath, [BIN.prisma, 'generate'], { cwd: ROOT, env });
    if (result.code !== 0) throw new Problem(`Generating the database client failed: ${lastLine(result.output)}`);
    mkdirSync(path.dirname(stamp), { recursive: true });
    writeFileSync(stamp, wanted);
  });
  step('database client generated');
}

const SOURCES = ['app', 'lib', 'workers', 'public', 'prisma/schema.prisma', 'package.json', 'package-lock.json', 'tsconfig.json'];
const SOURCE_FILES = ['next.config.ts', 'postcss.config.mjs', 'proxy.ts', 'instrumentation.ts'];

/** Builds the web application unless .next was built from these sources. */
export async function ensureBuild({ logFile }) {
  const stamp = path.join(ROOT, '.next/quarry-build');
  const wanted = digest([...SOURCES, ...SOURCE_FILES]);
  const done = () => existsSync(stamp) && readFileSync(stamp, 'utf8') === wanted;
  if (done()) return;
  const began = Date.now();
  step('building the web application');
  await locked('build', async () => {
    if (done()) return;
    rmSync(stamp, { force: true });
    const stop = heartbeat('still building', began);
    writeFileSync(logFile, '', { mode: 0o600 });
    const onLine = (line) => appendFileSync(logFile, `${line}\n`);
    const env = { ...toolEnv(), NODE_ENV: 'production' };
    const result = await run(process.execPath, [BIN.next, 'build'], { cwd: ROOT, env, onLine });
    stop();
    if (result.code !== 0) throw new Problem(`The build failed: ${firstError(result.output)} (all of it: ${logFile}).`);
    writeFileSync(stamp, wanted);
  });
  step(`built in ${duration(Date.now() - began)}`);
}

/** Where Node came with its headers, native modules are built against those; node-gyp would download them. */
function nodeHeaders() {
  const prefix = path.resolve(process.execPath, '../..');
  const there = existsSync(path.join(prefix, 'include/node/node.h'));
  return there && !process.env.npm_config_nodedir ? { npm_config_nodedir: prefix } : {};
}

/** One at a time for this clone, whichever home asks. */
async function locked(name, work) {
  const folder = path.join(ROOT, '.cache');
  mkdirSync(folder, { recursive: true });
  let ran = false;
  const once = async () => {
    await work();
    ran = true;
    return true;
  };
  const onWait = () => step(`waiting for another ${name} of this clone`);
  if (!(await withLock(path.join(folder, `${name}.lock`), once, { waitMs: 900_000, onWait })) && !ran) {
    throw new Problem(`Another ${name} of this clone doesn't end. Stop it, then start again.`);
  }
}

function heartbeat(text, began) {
  const timer = setInterval(() => step(`${text} (${duration(Date.now() - began)})`), 30_000);
  return () => clearInterval(timer);
}

/** The environment for npm, Prisma and Next: no prompts, no telemetry, and nothing of a surrounding `npm start`. */
function toolEnv() {
  const env = {
    ...process.env,
    NEXT_TELEMETRY_DISABLED: '1',
    CHECKPOINT_DISABLE: '1',
    CI: '1',
    NO_COLOR: '1',
    FORCE_COLOR: undefined,
  };
  for (const name of Object.keys(env)) {
    if (/^npm_(?!config_)/.test(name) || env[name] === undefined || name === 'NODE_ENV') delete env[name];
  }
  return env;
}

function digest(entries) {
  const hash = createHash('sha256');
  for (const file of entries.flatMap((entry) => filesUnder(entry)).sort()) {
    hash
      .update(`${file}\0`)
      .update(readFileSync(path.join(ROOT, file)))
      .update('\0');
  }
  return hash.digest('hex');
}

function filesUnder(entry) {
  const full = path.join(ROOT, entry);
  if (!existsSync(full)) return [];
  if (path.extname(entry) !== '' && !entry.startsWith('app/') && !entry.startsWith('lib/')) return [entry];
  return readdirSync(full, { withFileTypes: true, recursive: true })
    .filter((file) => file.isFile() && !/\.(?:int\.)?test\.tsx?$/.test(file.name))
    .map((file) => path.relative(ROOT, path.join(file.parentPath ?? file.path, file.name)))
    .filter((file) => !file.startsWith('lib/db/generated') && !file.startsWith('lib/testing'));
}

function lastLine(output) {
  return output.trim().split('\n').at(-1) ?? 'no output';
}

/** "./lib/x.ts:6:1 Module not found: …" out of what Next prints. */
function firstError(output) {
  const lines = output.split('\n').map((line) => line.trim());
  const from = Math.max(
    0,
    lines.findIndex((line) => /Build error occurred|Build failed/i.test(line)),
  );
  const at = lines.findIndex((line, index) => index > from && /^(?:\w*Error|Error): (?!Turbopack build failed)/.test(line));
  if (at < 0) return lastLine(output);
  const place = lines.slice(from, at).findLast((line) => line.startsWith('./')) ?? '';
  return `${place} ${lines[at].replace(/^Error: /, '')}`.trim().slice(0, 300);
}
