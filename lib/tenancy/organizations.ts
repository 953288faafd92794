import { type Ctx, jobContext, type Permission, type RoleName } from '../access';
import { Prisma, systemDb } from '../db';
import { QuarryError } from '../kernel/errors';
import type { CreateEnvironmentInput, CreateOrganizationInput, EnvironmentKind } from './schema';
import { freeSlug, slugify } from './slug';

type Tx = Prisma.TransactionClient;

export interface OrganizationSummary {
  id: string;
  slug: string;
  name: string;
}

export interface EnvironmentSummary {
  id: string;
  slug: string;
  name: string;
  kind: EnvironmentKind;
}

const FIRST_ENVIRONMENTS = [
  { slug: 'development', name: 'Development', kind: 'development' },
  { slug: 'staging', name: 'Staging', kind: 'staging' },
  { slug: 'production', name: 'Production', kind: 'production' },
] as const;

const environmentFields = { id: true, slug: true, name: true, kind: true } as const;

/** True when a unique key refused a row: somebody was there first. */
export function isDuplicate(error: unknown): boolean {
  return error instanceof Prisma.PrismaClientKnownRequestError && error.code === 'P2002';
}

/**
 * An organisation with its three environments (H2) and its first owner, within the caller's transaction.
 * Slugs are given out under a lock, so that two "Acme" made at once become acme and acme-2.
 */
export async function insertOrganization(
  tx: Tx,
  input: { name: string; ownerId: string },
): Promise<{ organization: OrganizationSummary; environments: EnvironmentSummary[] }> {
  await tx.$executeRaw`SELECT pg_advisory_xact_lock(hashtextextended('quarry.organization.slug', 0))`;
  const base = slugify(input.name, 'organisation');
  const similar = await tx.organization.findMany({ where: { slug: { startsWith: base } }, select: { slug: true } });
  const slug = freeSlug(base, new Set(similar.map((row) => row.slug)));
  const { id } = await tx.organization.create({ data: { name: input.name, slug } });
  await tx.membership.create({ data: { organizationId: id, userId: input.ownerId, role: 'owner' satisfies RoleName } });
  await tx.environment.createMany({
    data: FIRST_ENVIRONMENTS.map((environment, position) => ({ ...environment, organizationId: id, position })),
  });
  const environments = await tx.environment.findMany({
    where: { organizationId: id },
    orderBy: { position: 'asc' },
    select: environmentFields,
  });
  return { organization: { id, slug, name: input.name }, environments: environments as EnvironmentSummary[] };
}

/** Another organisation, whose owner is the caller. */
export async function createOrganization(
  ctx: Ctx,
  input: CreateOrganizationInput,
): Promise<OrganizationSummary & { environments: EnvironmentSummary[] }> {
  const made = await systemDb().$transaction((tx) => insertOrganization(tx, { name: input.name, ownerId: ctx.principal.userId }));
  return { ...made.organization, environments: made.environments };
}

/** The organisation's environments in their order. */
export async function listEnvironments(ctx: Ctx): Promise<EnvironmentSummary[]> {
  const rows = await ctx.db.environment.findMany({ orderBy: [{ position: 'asc' }, { slug: 'asc' }], select: environmentFields });
  return rows as EnvironmentSummary[];
}

/** @throws QuarryError conflict when an environment has this name already */
export async function createEnvironment(ctx: Ctx, input: CreateEnvironmentInput): Promise<EnvironmentSummary> {
  const slug = slugify(input.name, 'environment');
  const position = await ctx.db.environment.count();
  try {
    const data = { organizationId: ctx.organization.id, name: input.name, slug, kind: input.kind, position };
    const row = await ctx.db.environment.create({ data, select: environmentFields });
    return row as EnvironmentSummary;
  } catch (error) {
    if (!isDuplicate(error)) throw error;
    throw new QuarryError('conflict', `There is an environment "${slug}" already. Choose another name.`);
  }
}

export interface Caller {
  user: { id: string; email: string; name: string };
  organization: OrganizationSummary;
  role: RoleName;
  permissions: Permission[];
  /** Where else they can go. A token is bound to its own organisation. */
  organizations: { slug: string; name: string; role: string }[];
}

/** Who the caller is, what they may do here, and in which organisations they are. */
export async function describeCaller(ctx: Ctx): Promise<Caller> {
  const { userId, email, name, kind } = ctx.principal;
  const memberships = await systemDb().membership.findMany({
    where: { userId, active: true, ...(kind === 'session' ? {} : { organizationId: ctx.organization.id }) },
    orderBy: { createdAt: 'asc' },
    select: { role: true, organization: { select: { slug: true, name: true } } },
  });
  return {
    user: { id: userId, email, name },
    organization: ctx.organization,
    role: ctx.role,
    permissions: [...ctx.permissions],
    organizations: memberships.map(({ role, organization }) => ({ ...organization, role })),
  };
}

/** The system's context for an organisation named by slug, for the command line. @throws QuarryError not_found */
export async function contextOfOrganization(slug: string): Promise<Ctx> {
  const row = await systemDb().organization.findUnique({ where: { slug }, select: { id: true } });
  if (!row) throw new QuarryError('not_found', `There is no organisation "${slug}".`);
  return jobContext(row.id);
}
