import { randomUUID } from 'node:crypto';
import { type Ctx, createTokenFor, hashPassword, jobContext, type RoleName } from '../access';
import { systemDb } from '../db';
import { type Clock, systemClock } from '../kernel/clock';

export interface TestUser {
  id: string;
  email: string;
  role: RoleName;
  /** A token of theirs with all their permissions. */
  token: string;
  /** Their context in the organisation. */
  ctx: Ctx;
}

export interface TestOrganization {
  organization: { id: string; slug: string; name: string };
  environments: { id: string; slug: string }[];
  user: TestUser;
  token: string;
  ctx: Ctx;
  /** Another member, who may belong to other organisations too when `userId` is given. */
  addUser(options?: { role?: RoleName; password?: string; userId?: string }): Promise<TestUser>;
  /** Removes the organisation with all it holds, and the people made for it. */
  drop(): Promise<void>;
}

/**
 * An organisation of a test's own in the builder database (DATABASE_URL, migrated): three environments and one member.
 * @param options.role of the first member; owner unless told
 * @param options.password gives the first member a password, for tests which sign in (it costs a hash)
 */
export async function createTestOrganization(
  options: { role?: RoleName; password?: string; clock?: Clock } = {},
): Promise<TestOrganization> {
  const clock = options.clock ?? systemClock;
  const mark = randomUUID().slice(0, 8);
  const organization = await systemDb().organization.create({
    data: { name: `Test ${mark}`, slug: `test-${mark}` },
    select: { id: true, slug: true, name: true },
  });
  const organizationId = organization.id;
  const kinds = ['development', 'staging', 'production'];
  await systemDb().environment.createMany({
    data: kinds.map((kind, position) => ({ organizationId, slug: kind, name: kind, kind, position })),
  });
  const environments = await systemDb().environment.findMany({
    where: { organizationId },
    orderBy: { position: 'asc' },
    select: { id: true, slug: true },
  });
  const made: string[] = [];

  const addUser: TestOrganization['addUser'] = async ({ role = 'analyst', password, userId } = {}) => {
    const email = `${role}-${randomUUID().slice(0, 8)}@example.com`;
    const passwordHash = password === undefined ? null : await hashPassword(password);
    const user = userId
      ? await systemDb().user.findUniqueOrThrow({ where: { id: userId } })
      : await systemDb().user.create({ data: { email, name: `Test ${role}`, passwordHash } });
    if (!userId) made.push(user.id);
    await systemDb().membership.create({ data: { organizationId, userId: user.id, role } });
    const { token } = await createTokenFor({ organizationId, userId: user.id, name: 'test', clock });
    return { id: user.id, email: user.email, role, token, ctx: await jobContext(organizationId, { userId: user.id, clock }) };
  };

  const user = await addUser({ role: options.role ?? 'owner', password: options.password });
  return {
    organization,
    environments,
    user,
    token: user.token,
    ctx: user.ctx,
    addUser,
    async drop() {
      await systemDb().organization.delete({ where: { id: organizationId } });
      await systemDb().user.deleteMany({ where: { id: { in: made } } });
    },
  };
}
