import { createHash } from 'node:crypto';
import { type HolderRow, readSessionHolder, readTokenHolder } from '../db';
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

function placesOf(rows: readonly HolderRow[]): Place[] {
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
  const rows = await readSessionHolder(sessionId, { now, idleSince, touchBefore });
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
  const now = clock.date();
  const row = await readTokenHolder(hashToken(token), { now, touchBefore: new Date(clock.now() - TOKEN_TOUCH_MS) });
  if (!row || row.revokedAt || !row.userActive || !row.organizationId) {
    throw new QuarryError(
      'auth.invalid',
      'This token is not valid. It may have been revoked, or its owner is no longer a member.',
    );
  }
  if (row.expiresAt && row.expiresAt <= now) throw new QuarryError('auth.expired', 'This token has expired. Create a new one.');
  return {
    principal: { kind: 'token', userId: row.userId, email: row.email, name: row.name, credentialId: row.id },
    places: placesOf([row]),
    scopes: row.scopes.length > 0 ? (row.scopes as Permission[]) : null,
  };
}
