/**
 * Child processes that never outlive us. Each child leads its own process group (a Ctrl+C in the terminal reaches only us, so that
 * we stop things in order) and has a guard: a shell that waits for the end of a pipe which only we hold. When we die, however
 * hard, the guard reads the end of the file, stops the child and, after a grace, kills what is left of its group.
 */
import { spawn } from 'node:child_process';
import { readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { setTimeout as wait } from 'node:timers/promises';

const children = new Set();

/** Stops every child that still runs, youngest first. */
export async function stopAll() {
  for (const child of [...children].reverse()) await child.stop();
}

const GUARD = `
read -r line && exit 0
kill -s "$2" "$1" 2>/dev/null
i=0
while kill -0 "$1" 2>/dev/null && [ "$i" -lt "$3" ]; do sleep 0.2; i=$((i + 1)); done
kill -s KILL "-$1" 2>/dev/null
kill -s KILL "$1" 2>/dev/null
exit 0
`;

/**
 * Starts a guarded child.
 * @param {string} command
 * @param {string[]} args
 * @param {{cwd?: string, env?: object, stdio?: any, uid?: number, gid?: number, stopSignal?: string, graceMs?: number}} options
 */
export function startChild(command, args, options = {}) {
  const { stopSignal = 'SIGTERM', graceMs = 10_000, ...rest } = options;
  const child = spawn(command, args, { ...rest, detached: true });
  const state = { child, pid: child.pid, exited: false, code: null, signal: null };
  state.exit = new Promise((resolve) => {
    child.once('error', (error) => {
      state.exited = true;
      state.error = error;
      resolve(state);
    });
    child.once('exit', (code, signal) => {
      Object.assign(state, { exited: true, code, signal });
      resolve(state);
    });
  });
  children.add(state);
  state.exit.then(() => children.delete(state));
  if (child.pid) {
    const args = [String(child.pid), stopSignal.replace(/^SIG/, ''), String(Math.ceil(graceMs / 200))];
    const guard = spawn('/bin/sh', ['-c', GUARD, 'quarry-guard', ...args], {
      detached: true,
      stdio: ['pipe', 'ignore', 'ignore'],
    });
    guard.on('error', () => {});
    guard.stdin.on('error', () => {});
    guard.unref();
    guard.stdin.unref?.();
    state.exit.then(() => guard.stdin.end('done\n'));
  }
  /** Asks the child to end; after the grace kills its group. Resolves when it is gone. */
  state.stop = async (graceForMs = graceMs) => {
    if (state.exited || !child.pid) return state;
    signal(child.pid, stopSignal);
    const patience = new AbortController();
    const gone = await Promise.race([state.exit, wait(graceForMs, null, { signal: patience.signal }).catch(() => null)]);
    patience.abort(); // a timer left behind would keep a short command alive for the whole grace
    if (!gone) signal(-child.pid, 'SIGKILL');
    await state.exit;
    signal(-child.pid, 'SIGKILL'); // what it may have left in its group
    return state;
  };
  return state;
}

function signal(pid, name) {
  try {
    process.kill(pid, name);
  } catch {
    // already gone
  }
}

/** True while a process with this id exists (also one that we may not signal). */
export function isAlive(pid) {
  if (!Number.isInteger(pid) || pid <= 1) return false;
  try {
    process.kill(pid, 0);
  } catch (error) {
    if (error.code !== 'EPERM') return false;
  }
  return processState(pid) !== 'Z';
}

function processState(pid) {
  try {
    return readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]?.[0];
  } catch {
    return undefined;
  }
}

/** Something that stays the same while a pid names the same process; null where the system doesn't tell. */
export function processIdentity(pid) {
  try {
    const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1].split(' ');
    return `${pid}:${fields[19]}`;
  } catch {
    return null;
  }
}

/** The parent's pid; null where the system doesn't tell. */
export function parentOf(pid) {
  try {
    return Number(readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1].split(' ')[1]);
  } catch {
    return null;
  }
}

/** The command line of a process, or '' when it can't be read. */
export function commandLine(pid) {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ');
  } catch {
    return '';
  }
}

/** Polls until `check` gives something truthy, or the time is over (then undefined). */
export async function waitFor(check, { timeoutMs, everyMs = 50 }) {
  const deadline = Date.now() + timeoutMs;
  for (;;) {
    const value = await check();
    if (value) return value;
    if (Date.now() >= deadline) return undefined;
    await wait(everyMs);
  }
}

/**
 * Runs a command to its end and gives its code and the end of its output. `onLine` sees each line as it comes.
 * @returns {Promise<{code: number, output: string}>}
 */
export async function run(command, args, { onLine, ...options } = {}) {
  const state = startChild(command, args, { stdio: ['ignore', 'pipe', 'pipe'], ...options });
  let output = '';
  let line = '';
  const take = (chunk) => {
    output = (output + chunk).slice(-200_000);
    if (!onLine) return;
    const lines = (line + chunk).split('\n');
    line = lines.pop() ?? '';
    for (const text of lines) onLine(text);
  };
  state.child.stdout?.setEncoding('utf8').on('data', take);
  state.child.stderr?.setEncoding('utf8').on('data', take);
  await Promise.all([state.exit, new Promise((resolve) => state.child.once('close', resolve).once('error', resolve))]);
  if (line && onLine) onLine(line);
  if (state.error) return { code: -1, output: `${output}${state.error.message}` };
  return { code: state.code ?? 128, output };
}

/**
 * Holds a lock file while `work` runs, so that two starts don't do the same thing at once. A lock whose owner has died is taken over.
 * @param {string} file
 * @param {() => Promise<T>} work
 * @param {{waitMs?: number, onWait?: () => void}} options
 * @returns {Promise<T | undefined>} undefined when the lock stayed taken
 * @template T
 */
export async function withLock(file, work, { waitMs = 60_000, onWait } = {}) {
  let told = false;
  const taken = await waitFor(
    () => {
      if (tryLock(file)) return true;
      if (!told) onWait?.();
      told = true;
      return false;
    },
    { timeoutMs: waitMs, everyMs: 100 },
  );
  if (!taken) return undefined;
  try {
    return await work();
  } finally {
    rmSync(file, { force: true });
  }
}

function tryLock(file) {
  const mine = JSON.stringify({ pid: process.pid, identity: processIdentity(process.pid) });
  try {
    writeFileSync(file, mine, { flag: 'wx', mode: 0o600 });
    return true;
  } catch (error) {
    if (error.code !== 'EEXIST') throw error;
  }
  let owner = {};
  try {
    owner = JSON.parse(readFileSync(file, 'utf8'));
  } catch {
    // half-written: its owner is just making it, or died doing so
    if (Date.now() - (statSync(file, { throwIfNoEntry: false })?.mtimeMs ?? 0) < 2000) return false;
  }
  if (sameProcess(owner)) return false;
  rmSync(file, { force: true });
  return tryLock(file);
}

/** Whether a recorded {pid, identity} still names the same living process. */
export function sameProcess({ pid, identity } = {}) {
  if (!isAlive(pid)) return false;
  return !identity || processIdentity(pid) === null || processIdentity(pid) === identity;
}
