import { type Ctx, checkPassword, hashPassword, isRoleName, ROLES, type RoleName } from '../access';
import { type Prisma, systemDb } from '../db';
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
  try {
    const row = await systemDb().$transaction(async (tx) => {
      const name = input.name ?? input.email.split('@')[0] ?? input.email;
      const user = known ?? (await tx.user.create({ data: { email: input.email, name, passwordHash }, select: { id: true } }));
      const data = { organizationId: ctx.organization.id, userId: user.id, role: input.role };
      return tx.membership.create({ data, select: withUser });
    });
    return present(row);
  } catch (error) {
    if (!isDuplicate(error)) throw error;
    throw new QuarryError(
      'conflict',
      `${input.email} is a member already. Change the role instead, or activate the member again.`,
    );
  }
}

/**
 * Changes role or activity; it acts on the member's next request (B4).
 * @throws QuarryError not_found, access.denied, conflict (the last owner)
 */
export async function changeMember(ctx: Ctx, id: string, input: ChangeMemberInput): Promise<Member> {
  return withMember(ctx, id, async (tx, current) => {
    if (input.role !== undefined) requireReach(ctx, input.role);
    if ((input.role !== undefined && input.role !== 'owner') || input.active === false) await keepAnOwner(tx, current);
    const data = {
      ...(input.role === undefined ? {} : { role: input.role }),
      ...(input.active === undefined ? {} : { active: input.active }),
    };
    const row = await tx.membership.update({ where: { id: current.id }, data, select: withUser });
    return present(row);
  });
}

/**
 * Ends a membership and the member's tokens in this organisation. The account and what they wrote stay.
 * @throws QuarryError not_found, access.denied, conflict (the last owner)
 */
export async function removeMember(ctx: Ctx, id: string): Promise<void> {
  await withMember(ctx, id, async (tx, current) => {
    await keepAnOwner(tx, current);
    const { organizationId, userId } = current;
    await tx.accessToken.updateMany({
      where: { organizationId, userId, revokedAt: null },
      data: { revokedAt: ctx.clock.date() },
    });
    await tx.membership.delete({ where: { id: current.id } });
  });
}

type Tx = Prisma.TransactionClient;
interface Current {
  id: string;
  organizationId: string;
  userId: string;
  role: string;
  active: boolean;
}

/** Runs a change of one member while nobody else changes members of the organisation: two owners can't demote each other at once. */
async function withMember<T>(ctx: Ctx, id: string, change: (tx: Tx, current: Current) => Promise<T>): Promise<T> {
  return systemDb().$transaction(async (tx) => {
    await tx.$queryRaw`SELECT "id" FROM "organizations" WHERE "id" = ${ctx.organization.id}::uuid FOR NO KEY UPDATE`;
    const current = await tx.membership.findFirst({
      where: { id, organizationId: ctx.organization.id },
      select: { id: true, organizationId: true, userId: true, role: true, active: true },
    });
    if (!current) throw new QuarryError('not_found', 'There is no such member in this organisation.');
    requireReach(ctx, current.role);
    return change(tx, current);
  });
}

async function keepAnOwner(tx: Tx, { id, organizationId, role }: Current): Promise<void> {
  if (role !== 'owner') return;
  const where = { organizationId, role, active: true, id: { not: id }, user: { active: true } };
  if ((await tx.membership.count({ where })) > 0) return;
  throw new QuarryError('conflict', 'An organisation needs an active owner. Make somebody else an owner first.');
}
