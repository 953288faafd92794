import type { Ctx } from '../access';
import { QuarryError } from '../kernel/errors';
import { isId } from '../kernel/ids';
import { ALL_JOBS, ALL_QUESTIONS, type JobView, type ListJobsInput } from './schema';
import { toJobViews } from './view';

const DEFAULT_PAGE = 50;

/** Workflows of the organisation, newest first. `cursor` is the last answer's nextCursor. @throws QuarryError input.invalid */
export async function listJobs(ctx: Ctx, input: ListJobsInput = {}): Promise<{ jobs: JobView[]; nextCursor: string | null }> {
  const limit = input.limit ?? DEFAULT_PAGE;
  const after = input.cursor ? readCursor(input.cursor) : null;
  const rows = await ctx.db.workflow.findMany({
    where: {
      ...(input.status ? { status: input.status } : {}),
      ...kindFilter(input.kind),
      ...(after ? { OR: [{ createdAt: { lt: after.createdAt } }, { createdAt: after.createdAt, id: { lt: after.id } }] } : {}),
    },
    orderBy: [{ createdAt: 'desc' }, { id: 'desc' }],
    take: limit + 1,
  });
  const page = rows.slice(0, limit);
  const last = page.at(-1);
  const nextCursor =
    rows.length > limit && last ? Buffer.from(`${last.createdAt.toISOString()}|${last.id}`).toString('base64url') : null;
  return { jobs: await toJobViews(ctx, page), nextCursor };
}

function kindFilter(kind: string | undefined) {
  if (kind === undefined) return {};
  return kind === ALL_JOBS ? { kind: { not: ALL_QUESTIONS } } : { kind };
}

function readCursor(cursor: string): { createdAt: Date; id: string } {
  const [time = '', id = ''] = Buffer.from(cursor, 'base64url').toString('utf8').split('|');
  const createdAt = new Date(time);
  if (Number.isNaN(createdAt.getTime()) || !isId(id)) {
    throw new QuarryError('input.invalid', 'The cursor is not one that Quarry gave out. Start from the first page.', {
      details: { field: 'cursor' },
    });
  }
  return { createdAt, id };
}
