import { checkPassword, hashPassword, jobContext } from '../access';
import { systemDb } from '../db';
import type { Clock } from '../kernel/clock';
import { QuarryError, toQuarryError } from '../kernel/errors';
import type { Logger } from '../kernel/log';
import { type EnvironmentSummary, insertOrganization, type OrganizationSummary } from './organizations';
import type { SetupInput } from './schema';

export interface SetupResult {
  userId: string;
  organization: OrganizationSummary;
  environments: EnvironmentSummary[];
  /** What became of the sample databases; null when they weren't wanted. */
  samples: { added: number } | { added: 0; error: string } | null;
}

/** True until the first account exists. */
export async function isSetupNeeded(): Promise<boolean> {
  return (await systemDb().user.findFirst({ select: { id: true } })) === null;
}

/**
 * The first run: owner account, organisation and its three environments, all or nothing. A lock makes two requests at the
 * same moment one owner. Sample databases come after; if they can't be connected, the owner stays and the answer says so.
 * @throws QuarryError setup.done when there is an account already, input.invalid for a weak password
 */
export async function setUpInstallation(input: SetupInput, options: { clock: Clock; log: Logger }): Promise<SetupResult> {
  const done = () => new QuarryError('setup.done', 'Quarry is set up already. Sign in, or ask an owner to add you.');
  if (!(await isSetupNeeded())) throw done();
  const name = input.name ?? input.email.split('@')[0] ?? input.email;
  checkPassword(input.password, [input.email, input.name, input.organization]);
  const passwordHash = await hashPassword(input.password);
  const made = await systemDb().$transaction(async (tx) => {
    await tx.$executeRaw`SELECT pg_advisory_xact_lock(hashtextextended('quarry.setup', 0))`;
    if (await tx.user.findFirst({ select: { id: true } })) throw done();
    const { id: userId } = await tx.user.create({ data: { email: input.email, name, passwordHash } });
    return { userId, ...(await insertOrganization(tx, { name: input.organization, ownerId: userId })) };
  });
  return { ...made, samples: input.samples ? await connectSamples(made, options) : null };
}

async function connectSamples(
  made: { userId: string; organization: OrganizationSummary },
  options: { clock: Clock; log: Logger },
) {
  try {
    const { addSampleSources } = await import('../sources');
    const added = await addSampleSources(await jobContext(made.organization.id, { userId: made.userId, clock: options.clock }));
    return { added: added.length };
  } catch (thrown) {
    options.log.error({ err: thrown }, 'The sample databases could not be connected.');
    return { added: 0 as const, error: toQuarryError(thrown).message };
  }
}
