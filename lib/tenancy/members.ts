import { type Ctx, checkPassword, hashPassword, isRoleName, ROLES, type RoleName } from '../access';
import { withAudit } from '../audit';
import { type Prisma, systemDb, type TenantDb } from '../db';
import { QuarryError } from '../kernel/errors';
import { isDuplicate } from './organizations';
import type { AddMemberInput, ChangeMemberInput } from './schema';

export interface Member {
  /** Of the membership: what PATCH and DELETE take. */
  id: string;
  userId: string;
  email: string;
  name: string;
  role: string;
  active: boolean;
  createdAt: string;
  lastSignInAt: string | null;
}

const withUser = {
  id: true,
  userId: true,
  role: true,
  active: true,
  createdAt: true,
  user: { select: { email: true, name: true, active: true, lastSignInAt: true } },
} as const;

type Row = Prisma.MembershipGetPayload<{ select: typeof withUser }>;

function present({ user, createdAt, active, ...row }: Row): Member {
  const { email, name, lastSignInAt } = user;
  const dates = { createdAt: createdAt.toISOString(), lastSignInAt: lastSignInAt?.toISOString() ?? null };
  return { ...row, email, name, active: active && user.active, ...dates };
}

/** Members of the organisation, longest-standing first. */
export async function listMembers(ctx: Ctx): Promise<Member[]> {
  const where = { organizationId: ctx.organization.id };
  const rows = await systemDb().membership.findMany({ where, select: withUser, orderBy: [{ createdAt: 'asc' }, { id: 'asc' }] });
  return rows.map(present);
}

/**
 * Nobody hands out, changes or takes away more than they have themselves: so only owners make and change owners.
 * @throws QuarryError access.denied
 */
function requireReach(ctx: Ctx, role: string): void {
  const beyond = isRoleName(role) && ROLES[role].permissions.find((permission) => !ctx.permissions.has(permission));
  if (beyond) {
    const label = ROLES[role as RoleName].label;
    throw new QuarryError('access.denied', `You can't manage the role ${label}, because it may do more than you (${beyond}).`, {
      details: { permission: beyond, role },
    });
  }
}

/**
 * Adds a person: an account is made with the given password; someone who has an account in this installation only becomes a member.
 * @throws QuarryError conflict (a member already), access.denied, input.invalid (new account without, or with a weak, password)
 */
export async function addMember(ctx: Ctx, input: AddMemberInput): Promise<Member> {
  requireReach(ctx, input.role);
  const known = await systemDb().user.findUnique({ where: { email: input.email }, select: { id: true } });
  if (!known && !input.password) {
    throw new QuarryError('input.invalid', 'This person has no account yet: give a first password for it.', {
      details: { fields: [{ field: 'password', message: 'needed for a new account' }] },
    });
  }
  if (!known && input.password) checkPassword(input.password, [input.email, input.name, ctx.organization.name]);
  const passwordHash = !known && input.password ? await hashPassword(input.password) : null;
  const taken = () =>
    new QuarryError('conflict', `${input.email} is a member already. Change the role instead, or activate the member again.`);
  try {
    const userId = known?.id ?? (await createAccount(input, passwordHash));
    return await joinOrganization(ctx, userId, input.role, known === null);
  } catch (error) {
    throw isDuplicate(error) ? taken() : error;
  }
}

async function createAccount({ email, name }: AddMemberInput, passwordHash: string | null): Promise<string> {
  const data = { email, name: name ?? email.split('@')[0] ?? email, passwordHash };
  return (await systemDb().user.create({ data, select: { id: true } })).id;
}

/** @param fresh the account was made for this: it doesn't stay behind when the membership fails */
async function joinOrganization(ctx: Ctx, userId: string, role: RoleName, fresh: boolean): Promise<Member> {
  try {
    const id = await withAudit(ctx, async (tx) => {
      const data = { organizationId: ctx.organization.id, userId, role };
      const { id } = await tx.membership.create({ data, select: { id: true } });
      return {
        result: id,
        event: { action: 'member.add', target: id, outcome: 'ok', detail: { userId, role, account: fresh ? 'new' : 'existing' } },
      };
    });
    return await readMember(id);
  } catch (error) {
    if (fresh) await systemDb().user.deleteMany({ where: { id: userId, memberships: { none: {} } } });
    throw error;
  }
}

async function readMember(id: string): Promise<Member> {
  return present(await systemDb().membership.findUniqueOrThrow({ where: { id }, select: withUser }));
}

/**
 * Changes role or activity; it acts on the member's next request (B4).
 * @throws QuarryError not_found, access.denied, conflict (the last owner)
 */
export async function changeMember(ctx: Ctx, id: string, input: ChangeMemberInput): Promise<Member> {
  await changeAsAudited(ctx, 'member.change', id, { ...input }, async (tx, current) => {
    if (input.role !== undefined) requireReach(ctx, input.role);
    if ((input.role !== undefined && input.role !== 'owner') || input.active === false) await keepAnOwner(tx, current);
    const role = input.role === undefined ? {} : { role: input.role };
    const active = input.active === undefined ? {} : { active: input.active };
    await tx.membership.update({ where: { id: current.id }, data: { ...role, ...active } });
  });
  return readMember(id);
}

/**
 * Ends a membership and the member's tokens in this organisation. The account and what they wrote stay.
 * @throws QuarryError not_found, access.denied, conflict (the last owner)
 */
export async function removeMember(ctx: Ctx, id: string): Promise<void> {
  await changeAsAudited(ctx, 'member.remove', id, {}, async (tx, current) => {
    await keepAnOwner(tx, current);
    await tx.accessToken.updateMany({
      where: { userId: current.userId, revokedAt: null },
      data: { revokedAt: ctx.clock.date() },
    });
    await tx.membership.delete({ where: { id: current.id } });
  });
}

interface Current {
  id: string;
  organizationId: string;
  userId: string;
  role: string;
  active: boolean;
}

/** Runs a change of one member together with its audit event: both happen or neither does. */
async function changeAsAudited(
  ctx: Ctx,
  action: string,
  id: string,
  detail: Record<string, string | boolean>,
  change: (tx: TenantDb, current: Current) => Promise<void>,
): Promise<void> {
  await withAudit(ctx, async (tx) => {
    const current = await tx.membership.findFirst({
      where: { id },
      select: { id: true, organizationId: true, userId: true, role: true, active: true },
    });
    if (!current) throw new QuarryError('not_found', 'There is no such member in this organisation.');
    requireReach(ctx, current.role);
    await change(tx, current);
    const event = {
      action,
      target: id,
      outcome: 'ok' as const,
      detail: { userId: current.userId, before: current.role, ...detail },
    };
    return { result: undefined, event };
  });
}

/**
 * Writing the owners' rows as they are locks them until the transaction ends: who demotes an owner waits for whoever is
 * demoting another, and counts what is left then.
 */
async function keepAnOwner(tx: TenantDb, { id, organizationId, role }: Current): Promise<void> {
  if (role !== 'owner') return;
  await tx.membership.updateMany({ where: { role }, data: { role } });
  const where = { organizationId, role, active: true, id: { not: id }, user: { active: true } };
  if ((await systemDb().membership.count({ where })) > 0) return;
  throw new QuarryError('conflict', 'An organisation needs an active owner. Make somebody else an owner first.');
}
