import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import os from 'node:os';

/** Durations of repeated work, in milliseconds. */
export interface Timing {
  p50: number;
  p95: number;
}

/** Nearest-rank percentile. */
export function percentile(values: readonly number[], p: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.max(0, Math.ceil(p * sorted.length) - 1)] ?? Number.NaN;
}

/** Runs work one at a time; the first tenth warms up and isn't counted. */
export async function timeEach(times: number, work: () => Promise<unknown>): Promise<Timing> {
  const durations: number[] = [];
  const warmUp = Math.ceil(times / 10);
  for (let i = 0; i < times + warmUp; i += 1) {
    const started = performance.now();
    await work();
    if (i >= warmUp) durations.push(performance.now() - started);
  }
  return { p50: percentile(durations, 0.5), p95: percentile(durations, 0.95) };
}

/** Requests per second of `clients` that each ask again as soon as they are answered. */
export async function throughput(clients: number, seconds: number, work: () => Promise<unknown>): Promise<number> {
  await Promise.all(Array.from({ length: clients }, work));
  const started = performance.now();
  const end = started + seconds * 1000;
  let done = 0;
  const client = async () => {
    while (performance.now() < end) {
      await work();
      done += 1;
    }
  };
  await Promise.all(Array.from({ length: clients }, client));
  return done / ((performance.now() - started) / 1000);
}

/** Resident memory of a process and its descendants, in MiB. Linux. */
export function residentMib(root: number): number {
  const parents = new Map<number, number>();
  for (const name of readdirSync('/proc')) {
    if (!/^\d+$/.test(name)) continue;
    const parent = /^PPid:\s+(\d+)$/m.exec(readProc(name, 'status'))?.[1];
    if (parent) parents.set(Number(name), Number(parent));
  }
  let kib = 0;
  for (const pid of parents.keys()) {
    if (pid !== root && !descends(pid, root, parents)) continue;
    kib += Number(/^VmRSS:\s+(\d+) kB$/m.exec(readProc(String(pid), 'status'))?.[1] ?? 0);
  }
  return kib / 1024;
}

/** Resident memory of one process alone, in MiB. */
export function ownResidentMib(pid: number): number {
  return Number(/^VmRSS:\s+(\d+) kB$/m.exec(readProc(String(pid), 'status'))?.[1] ?? 0) / 1024;
}

/** Proportional set size of one process in MiB: shared pages counted by their share. Undefined where it can't be read. */
export function proportionalMib(pid: number): number | undefined {
  const kib = /^Pss:\s+(\d+) kB$/m.exec(readProc(String(pid), 'smaps_rollup'))?.[1];
  return kib === undefined ? undefined : Number(kib) / 1024;
}

function descends(pid: number, root: number, parents: Map<number, number>): boolean {
  for (let at = parents.get(pid); at !== undefined && at > 1; at = parents.get(at)) if (at === root) return true;
  return false;
}

function readProc(pid: string, file: string): string {
  try {
    return readFileSync(`/proc/${pid}/${file}`, 'utf8');
  } catch {
    // The process has ended, or isn't ours to look at.
    return '';
  }
}

/** Runs work and samples the resident memory of a process tree meanwhile. @returns duration in ms, memory in MiB before and at its peak */
export async function withMemory<T>(
  pid: number,
  work: () => Promise<T>,
): Promise<{ value: T; durationMs: number; before: number; peak: number }> {
  const before = residentMib(pid);
  let peak = before;
  const timer = setInterval(() => {
    peak = Math.max(peak, residentMib(pid));
  }, 50);
  const started = performance.now();
  try {
    const value = await work();
    return { value, durationMs: performance.now() - started, before, peak: Math.max(peak, residentMib(pid)) };
  } finally {
    clearInterval(timer);
  }
}

/** "2 × Intel Xeon @ 2.60GHz, 23.5 GiB, Linux 6.1, Node 20.20.2, commit abc1234". */
export function machineLine(): string {
  const cpus = os.cpus();
  const memory = (os.totalmem() / 1024 ** 3).toFixed(1);
  let commit = '';
  try {
    commit = `, commit ${execFileSync('git', ['rev-parse', '--short', 'HEAD'], { encoding: 'utf8' }).trim()}`;
  } catch {
    // not a clone
  }
  return `${cpus.length} × ${cpus[0]?.model.trim() ?? 'unknown processor'}, ${memory} GiB, ${os.type()} ${os.release()}, Node ${process.versions.node}${commit}`;
}
