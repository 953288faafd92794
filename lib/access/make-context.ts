import { systemDb, tenantDb } from '../db';
import { type Clock, processClock } from '../kernel/clock';
import { QuarryError } from '../kernel/errors';
import { newId } from '../kernel/ids';
import { type Logger, logger } from '../kernel/log';
import type { Ctx, Principal } from './context';
import type { Identity, Place } from './identity';
import { PERMISSIONS, type Permission, ROLES, type RoleName } from './permissions';

interface ContextParts {
  principal: Principal;
  organization: Ctx['organization'];
  role: RoleName;
  permissions: ReadonlySet<Permission>;
  requestId: string;
  clock: Clock;
  signal: AbortSignal;
}

function assemble(parts: ContextParts): Ctx {
  let log: Logger | undefined;
  return {
    ...parts,
    db: tenantDb(parts.organization.id),
    // Made by the first who asks: most requests log nothing.
    get log() {
      log ??= logger().child({ requestId: parts.requestId, organizationId: parts.organization.id });
      return log;
    },
  };
}

/** The context of an identified person in one of their places: role's permissions, cut down to the token's scopes. */
export function contextFor(
  identity: Identity,
  place: Place,
  request: { requestId: string; clock: Clock; signal: AbortSignal },
): Ctx {
  const granted: readonly Permission[] = ROLES[place.role].permissions;
  const scopes = identity.scopes;
  const permissions = new Set(scopes ? granted.filter((permission) => scopes.includes(permission)) : granted);
  return assemble({ ...request, principal: identity.principal, organization: place.organization, role: place.role, permissions });
}

/**
 * The organisation in which a request acts. A foreign or unknown slug looks the same: not found.
 * @param slug of x-quarry-organization or of the page's address; may be absent when there is only one place
 * @throws QuarryError not_found, input.invalid (several places and no slug), access.denied (no place at all)
 */
export function choosePlace(identity: Identity, slug: string | undefined): Place {
  if (slug !== undefined) {
    const place = identity.places.find(({ organization }) => organization.slug === slug);
    if (!place) throw new QuarryError('not_found', 'There is no such organisation, or you are not a member of it.');
    return place;
  }
  const [only, second] = identity.places;
  if (!only) throw new QuarryError('access.denied', 'You are not a member of any organisation. Ask an owner to add you.');
  if (second) {
    throw new QuarryError(
      'input.invalid',
      'You belong to several organisations: say which one in the header x-quarry-organization.',
      {
        details: { organizations: identity.places.map(({ organization }) => organization.slug) },
      },
    );
  }
  return only;
}

/**
 * Refuses what the caller may not do. The door checks the permission of a route; features call this for what depends on input.
 * @throws QuarryError access.denied naming the permission
 */
export function requirePermission(ctx: Ctx, permission: Permission): void {
  if (ctx.permissions.has(permission)) return;
  throw new QuarryError(
    'access.denied',
    `You don't have the permission ${permission}. ${PERMISSIONS[permission]} Ask an admin for it.`,
    {
      details: { permission },
    },
  );
}

export interface JobOptions {
  /** Acts as this member, with their role and their log lines. Without it: as the system. */
  userId?: string;
  clock?: Clock;
  signal?: AbortSignal;
  requestId?: string;
}

const NOBODY = '00000000-0000-0000-0000-000000000000';

/**
 * The context of work that no request stands behind: set-up, jobs, sweeps.
 * @throws QuarryError not_found when there is no such organisation, or the user isn't its active member
 */
export async function jobContext(organizationId: string, options: JobOptions = {}): Promise<Ctx> {
  const organization = await systemDb().organization.findUnique({
    where: { id: organizationId },
    select: { id: true, slug: true, name: true },
  });
  if (!organization) throw new QuarryError('not_found', 'There is no such organisation.');
  const request = {
    requestId: options.requestId ?? newId(),
    clock: options.clock ?? processClock(),
    signal: options.signal ?? new AbortController().signal,
  };
  if (options.userId === undefined) {
    const principal: Principal = { kind: 'system', userId: NOBODY, email: 'system', name: 'Quarry', credentialId: null };
    return assemble({ ...request, principal, organization, role: 'owner', permissions: new Set(ROLES.owner.permissions) });
  }
  const membership = await systemDb().membership.findFirst({
    where: { organizationId, userId: options.userId, active: true, user: { active: true } },
    select: { role: true, user: { select: { id: true, email: true, name: true } } },
  });
  const role = Object.keys(ROLES).find((name): name is RoleName => name === membership?.role);
  if (!membership || !role) throw new QuarryError('not_found', 'The user is not an active member of the organisation.');
  const { id: userId, email, name } = membership.user;
  const principal: Principal = { kind: 'system', userId, email, name, credentialId: null };
  return assemble({ ...request, principal, organization, role, permissions: new Set(ROLES[role].permissions) });
}
