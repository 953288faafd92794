import { systemDb } from '../db';
import type { Clock } from '../kernel/clock';
import { newId } from '../kernel/ids';
import { settings } from '../kernel/settings';
import type { Ctx } from './context';

/** However much it is used, a session ends after 30 days; the person proves who they are again. */
export const SESSION_MAX_MS = 30 * 24 * 3_600_000;

/** Makes the row of a signed-in session; its id, a UUID v4, is all that the cookie holds (B1). */
export async function createSession(userId: string, options: { clock: Clock; userAgent?: string }): Promise<string> {
  const id = newId();
  const now = options.clock.date();
  const expiresAt = new Date(now.getTime() + SESSION_MAX_MS);
  const userAgent = options.userAgent?.slice(0, 300) ?? null;
  await systemDb().$transaction([
    systemDb().session.create({ data: { id, userId, createdAt: now, lastAccessedAt: now, expiresAt, userAgent } }),
    systemDb().user.update({ where: { id: userId }, data: { lastSignInAt: now } }),
  ]);
  return id;
}

/** Ends one session (sign out). It doesn't matter whether it was still alive. */
export async function revokeSession(sessionId: string, clock: Clock): Promise<void> {
  await systemDb().session.updateMany({ where: { id: sessionId, revokedAt: null }, data: { revokedAt: clock.date() } });
}

/**
 * Signs the caller out everywhere (B4): each of their sessions refuses its next request, whichever instance it meets.
 * @returns how many sessions ended
 */
export async function revokeOwnSessions(ctx: Ctx): Promise<{ revoked: number }> {
  const { count } = await systemDb().session.updateMany({
    where: { userId: ctx.principal.userId, revokedAt: null },
    data: { revokedAt: ctx.clock.date() },
  });
  return { revoked: count };
}

/**
 * Removes sessions that have ended: idle, past their absolute end, or signed out (B2).
 * @returns how many were removed
 */
export async function sweepSessions(clock: Clock): Promise<number> {
  const now = clock.date();
  const idleSince = new Date(clock.now() - settings().sessionIdleMs);
  const { count } = await systemDb().session.deleteMany({
    where: { OR: [{ lastAccessedAt: { lte: idleSince } }, { expiresAt: { lte: now } }, { revokedAt: { not: null } }] },
  });
  return count;
}

export interface SessionStats {
  active: number;
  byUser: { userId: string; email: string; name: string; active: number; lastAccessedAt: string }[];
}

/** Living sessions of the members of the caller's organisation, and of nobody else (B3). */
export async function sessionStats(ctx: Ctx): Promise<SessionStats> {
  const now = ctx.clock.date();
  const idleSince = new Date(ctx.clock.now() - settings().sessionIdleMs);
  const sessions = await systemDb().session.findMany({
    where: {
      revokedAt: null,
      expiresAt: { gt: now },
      lastAccessedAt: { gt: idleSince },
      user: { active: true, memberships: { some: { organizationId: ctx.organization.id, active: true } } },
    },
    select: { lastAccessedAt: true, user: { select: { id: true, email: true, name: true } } },
    orderBy: { lastAccessedAt: 'desc' },
  });
  const byUser = new Map<string, SessionStats['byUser'][number]>();
  for (const { user, lastAccessedAt } of sessions) {
    const known = byUser.get(user.id);
    if (known) known.active += 1;
    else {
      const { id, email, name } = user;
      byUser.set(id, { userId: id, email, name, active: 1, lastAccessedAt: lastAccessedAt.toISOString() });
    }
  }
  return { active: sessions.length, byUser: [...byUser.values()] };
}
