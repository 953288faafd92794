import { encode } from 'next-auth/jwt';
import { GET as describeMe } from '../app/api/me/route';
import { cookieNames } from '../lib/access';
import { systemDb } from '../lib/db';
import { readEnv } from '../lib/kernel/env';
import { newId } from '../lib/kernel/ids';
import { createClient } from './client';
import type { Line } from './lines';
import { ownResidentMib } from './measure';
import type { Setting, Target } from './run';

const SESSIONS = 100_000;
/** Of those, how many the real server meets. */
const MET = 8_000;
/** Requests of one session that come first: they warm up code and buffers, which aren't a session's doing. */
const WARM_UP = 5_000;
const CLIENTS = 16;
const DAY_MS = 86_400_000;

/**
 * What 100,000 signed-in sessions cost a web process; they live in the builder database. What a process keeps of them can be told only
 * where its garbage can be collected, so all of them pass through the product's own door here, in this process. What the resident
 * memory of the real server does meanwhile is the second line: it holds the garbage of so many requests too.
 */
export async function sessionMemory({ org, target }: Setting): Promise<Line[]> {
  const ids = await signInMany(org.user.id);
  const secret = readEnv('NEXTAUTH_SECRET') ?? '';
  const cookieOf = async (sid = '') =>
    `${cookieNames().session}=${await encode({ token: { sub: org.user.id, sid }, secret, maxAge: DAY_MS / 1000 })}`;
  return [await keptOf(ids, cookieOf), await residentOf(ids, cookieOf, target)];
}

type CookieOf = (id: string | undefined) => Promise<string>;

async function keptOf(ids: readonly string[], cookieOf: CookieOf): Promise<Line> {
  const visit = async (id: string | undefined) => {
    const answer = await describeMe(new Request('http://localhost/api/me', { headers: { cookie: await cookieOf(id) } }), {
      params: Promise.resolve({}),
    });
    if (answer.status !== 200) throw new Error(`GET /api/me answered ${answer.status}: ${await answer.text()}`);
    await answer.arrayBuffer();
  };
  await eachOf(
    Array.from({ length: WARM_UP }, () => ids[0]),
    visit,
  );
  const before = await heldMib();
  await eachOf(ids, visit);
  const after = await heldMib();
  return {
    what: `${SESSIONS.toLocaleString('en')} signed-in sessions, each through GET /api/me in one process: what it holds after garbage collection`,
    measured: `${before.toFixed(1)} → ${after.toFixed(1)} MiB`,
    compared: 'less than 10 KiB each',
    ratio: `${(((after - before) * 1024) / SESSIONS).toFixed(3)} KiB each`,
  };
}

async function residentOf(ids: readonly string[], cookieOf: CookieOf, target: Target): Promise<Line> {
  const cookies = await Promise.all(ids.slice(0, MET).map(cookieOf));
  const client = createClient(target.url, '');
  const visit = (list: readonly string[]) => eachOf(list, (cookie) => client.get('/api/me', { cookie }));
  const again = Array.from({ length: MET }, () => cookies[0] ?? '');
  await visit(again);
  const before = ownResidentMib(target.pid);
  await visit(again);
  const repeated = ownResidentMib(target.pid);
  await visit(cookies);
  const after = ownResidentMib(target.pid);
  client.close();
  return {
    what: `The web server's resident memory, garbage included, while ${MET.toLocaleString('en')} of them arrive`,
    measured: `${repeated.toFixed(0)} → ${after.toFixed(0)} MiB`,
    compared: `as many requests of one session ${before.toFixed(0)} → ${repeated.toFixed(0)} MiB`,
    ratio: '–',
  };
}

async function eachOf<T>(list: readonly T[], work: (item: T) => Promise<unknown>): Promise<void> {
  const items = list.values();
  const client = async () => {
    for (const item of items) await work(item);
  };
  await Promise.all(Array.from({ length: CLIENTS }, client));
}

/** What this process holds when nothing is left to collect, in MiB. */
async function heldMib(): Promise<number> {
  if (!global.gc) throw new Error('Start the benchmark with npm run bench: it needs node --expose-gc.');
  // What one collection sets free, finalisers among it, the next one takes.
  for (let i = 0; i < 5; i += 1) {
    global.gc();
    await new Promise((resolve) => setImmediate(resolve));
  }
  const { heapUsed, external } = process.memoryUsage();
  return (heapUsed + external) / 1024 ** 2;
}

async function signInMany(userId: string): Promise<string[]> {
  const ids = Array.from({ length: SESSIONS }, newId);
  const now = new Date();
  const expiresAt = new Date(now.getTime() + DAY_MS);
  for (let at = 0; at < SESSIONS; at += 5_000) {
    const data = ids.slice(at, at + 5_000).map((id) => ({ id, userId, createdAt: now, lastAccessedAt: now, expiresAt }));
    await systemDb().session.createMany({ data });
  }
  return ids;
}
