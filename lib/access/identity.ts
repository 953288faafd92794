import { createHash } from 'node:crypto';
import { systemDb } from '../db';
import type { Clock } from '../kernel/clock';
import { QuarryError } from '../kernel/errors';
import { isId } from '../kernel/ids';
import { settings } from '../kernel/settings';
import type { Principal } from './context';
import { isRoleName, type Permission, type RoleName } from './permissions';

/** An organisation in which the person is an active member. */
export interface Place {
  organization: { id: string; slug: string; name: string };
  role: RoleName;
}

/** Who knocks, before it is known in which organisation they act. Read from the database for every request (B4). */
export interface Identity {
  principal: Principal;
  places: Place[];
  /** Permissions that the credential is limited to; null: whatever the role has. */
  scopes: Permission[] | null;
}

export const TOKEN_PREFIX = 'qry_';

/** Use is written down at most this often, so that a busy session isn't a busy row. */
const SESSION_TOUCH_MS = 1_000;
const TOKEN_TOUCH_MS = 60_000;

/** What the database keeps of a token. Tokens are 256 random bits, so one plain SHA-256 can't be searched. */
export function hashToken(token: string): string {
  return createHash('sha256').update(token).digest('hex');
}

interface PlaceRow {
  userId: string;
  email: string;
  name: string;
  userActive: boolean;
  role: string | null;
  organizationId: string | null;
  slug: string | null;
  organizationName: string | null;
}

interface SessionRow extends PlaceRow {
  lastAccessedAt: Date;
  expiresAt: Date;
  revokedAt: Date | null;
}

interface TokenRow extends PlaceRow {
  id: string;
  scopes: string[];
  expiresAt: Date | null;
  revokedAt: Date | null;
}

function placesOf(rows: PlaceRow[]): Place[] {
  return rows.flatMap(({ organizationId, slug, organizationName, role }) =>
    organizationId && slug && organizationName !== null && role && isRoleName(role)
      ? [{ organization: { id: organizationId, slug, name: organizationName }, role }]
      : [],
  );
}

/**
 * The person behind a signed-in session, with every organisation they belong to, in one round trip which also moves
 * lastAccessedAt (B3). Roles and deactivation are read here each time, hence they act at once on every instance (B4).
 * @throws QuarryError auth.invalid (unknown, revoked, deactivated), auth.expired (idle or past its absolute end)
 */
export async function identifySession(sessionId: string, clock: Clock): Promise<Identity> {
  if (!isId(sessionId)) throw new QuarryError('auth.invalid', 'This sign-in is not valid. Sign in again.');
  const now = clock.date();
  const idleSince = new Date(clock.now() - settings().sessionIdleMs);
  const touchBefore = new Date(clock.now() - SESSION_TOUCH_MS);
  const rows = await systemDb().$queryRaw<SessionRow[]>`
    WITH touched AS (
      UPDATE "sessions" SET "lastAccessedAt" = ${now}::timestamptz
      WHERE "id" = ${sessionId}::uuid AND "revokedAt" IS NULL AND "expiresAt" > ${now}::timestamptz
        AND "lastAccessedAt" > ${idleSince}::timestamptz AND "lastAccessedAt" <= ${touchBefore}::timestamptz
    )
    SELECT s."lastAccessedAt", s."expiresAt", s."revokedAt", u."id" AS "userId", u."email", u."name", u."active" AS "userActive",
           m."role", o."id" AS "organizationId", o."slug", o."name" AS "organizationName"
    FROM "sessions" s
    JOIN "users" u ON u."id" = s."userId"
    LEFT JOIN "memberships" m ON m."userId" = u."id" AND m."active"
    LEFT JOIN "organizations" o ON o."id" = m."organizationId"
    WHERE s."id" = ${sessionId}::uuid
    ORDER BY m."createdAt", o."id"`;
  const first = rows[0];
  if (!first || first.revokedAt || !first.userActive) {
    throw new QuarryError('auth.invalid', 'You have been signed out. Sign in again.');
  }
  if (first.expiresAt <= now || first.lastAccessedAt <= idleSince) {
    throw new QuarryError('auth.expired', 'Your session has ended because it was not used. Sign in again.');
  }
  return {
    principal: { kind: 'session', userId: first.userId, email: first.email, name: first.name, credentialId: sessionId },
    places: placesOf(rows),
    scopes: null,
  };
}

/**
 * The person behind a bearer token, in the one organisation it is bound to. One round trip; lastUsedAt moves at most once a minute.
 * @throws QuarryError auth.invalid, auth.expired
 */
export async function identifyToken(token: string, clock: Clock): Promise<Identity> {
  const hash = hashToken(token);
  const now = clock.date();
  const touchBefore = new Date(clock.now() - TOKEN_TOUCH_MS);
  const rows = await systemDb().$queryRaw<TokenRow[]>`
    WITH touched AS (
      UPDATE "access_tokens" SET "lastUsedAt" = ${now}::timestamptz
      WHERE "tokenHash" = ${hash} AND "revokedAt" IS NULL AND ("expiresAt" IS NULL OR "expiresAt" > ${now}::timestamptz)
        AND ("lastUsedAt" IS NULL OR "lastUsedAt" <= ${touchBefore}::timestamptz)
    )
    SELECT t."id", t."scopes", t."expiresAt", t."revokedAt", u."id" AS "userId", u."email", u."name", u."active" AS "userActive",
           m."role", o."id" AS "organizationId", o."slug", o."name" AS "organizationName"
    FROM "access_tokens" t
    JOIN "users" u ON u."id" = t."userId"
    LEFT JOIN "memberships" m ON m."userId" = u."id" AND m."organizationId" = t."organizationId" AND m."active"
    LEFT JOIN "organizations" o ON o."id" = m."organizationId"
    WHERE t."tokenHash" = ${hash}`;
  const row = rows[0];
  if (!row || row.revokedAt || !row.userActive || !row.organizationId) {
    throw new QuarryError(
      'auth.invalid',
      'This token is not valid. It may have been revoked, or its owner is no longer a member.',
    );
  }
  if (row.expiresAt && row.expiresAt <= now) throw new QuarryError('auth.expired', 'This token has expired. Create a new one.');
  return {
    principal: { kind: 'token', userId: row.userId, email: row.email, name: row.name, credentialId: row.id },
    places: placesOf(rows),
    scopes: row.scopes.length > 0 ? (row.scopes as Permission[]) : null,
  };
}
