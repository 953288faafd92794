import type { Ctx } from '../access';
import { Prisma } from '../db';
import { QuarryError } from '../kernel/errors';
import type { EnvironmentSummary } from './source-row';

function nameTaken(environment: EnvironmentSummary, name: string, cause?: unknown): QuarryError {
  return new QuarryError(
    'conflict',
    `The environment ${environment.name} already has a data source "${name}". Choose another name.`,
    {
      cause,
    },
  );
}

/** @throws QuarryError conflict */
export async function refuseTakenName(ctx: Ctx, environment: EnvironmentSummary, name: string): Promise<void> {
  const taken = await ctx.db.dataSource.count({ where: { environmentId: environment.id, name } });
  if (taken > 0) throw nameTaken(environment, name);
}

/** A unique key that was taken in between says the same as the check before. */
export function asConflict(error: unknown, environment: EnvironmentSummary, name: string): unknown {
  const taken = error instanceof Prisma.PrismaClientKnownRequestError && error.code === 'P2002';
  return taken ? nameTaken(environment, name, error) : error;
}
