import { encode } from 'next-auth/jwt';
import { cookieNames } from '../lib/access';
import { systemDb } from '../lib/db';
import { readEnv } from '../lib/kernel/env';
import { newId } from '../lib/kernel/ids';
import { createClient } from './client';
import type { Line } from './lines';
import { ownResidentMib } from './measure';
import type { Setting } from './run';

const SESSIONS = 100_000;
/** Of those, how many make requests here: each of them is met by the web process for the first time. */
const MET = 8_000;
const CLIENTS = 16;
const DAY_MS = 86_400_000;

/** What 100,000 signed-in sessions cost the web process: they live in the builder database. */
export async function sessionMemory({ org, target }: Setting): Promise<Line[]> {
  const ids = await signInMany(org.user.id);
  const secret = readEnv('NEXTAUTH_SECRET') ?? '';
  const cookies: string[] = [];
  for (const sid of ids.slice(0, MET)) {
    cookies.push(`${cookieNames().session}=${await encode({ token: { sub: org.user.id, sid }, secret, maxAge: DAY_MS / 1000 })}`);
  }
  const client = createClient(target.url, '');
  const visit = (list: readonly string[]) => {
    let next = 0;
    return Promise.all(
      Array.from({ length: CLIENTS }, async () => {
        for (let cookie = list[next++]; cookie !== undefined; cookie = list[next++]) await client.get('/api/me', { cookie });
      }),
    );
  };
  // The first requests warm up code and buffers, which aren't a session's doing: as many of one session as follow of others.
  await visit(Array.from({ length: MET / 2 }, () => cookies[0] ?? ''));
  const before = ownResidentMib(target.pid);
  await visit(Array.from({ length: MET }, () => cookies[0] ?? ''));
  const repeated = ownResidentMib(target.pid);
  await visit(cookies.slice(1));
  const after = ownResidentMib(target.pid);
  client.close();
  const each = (Math.max(0, after - repeated) * 1024) / MET;
  const line: Line = {
    what: `${(SESSIONS / 1000).toFixed(0)},000 signed-in sessions, ${MET / 1000},000 of them met by the web process`,
    measured: `${repeated.toFixed(0)} → ${after.toFixed(0)} MiB; as many requests of one session ${before.toFixed(0)} → ${repeated.toFixed(0)} MiB`,
    compared: 'less than 10 KiB each',
    ratio: `${each.toFixed(1)} KiB each`,
  };
  return [line];
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
