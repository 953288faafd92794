import type { Ctx } from '../access';
import { JOBS, type JobName } from '../queue';
import { QUESTION, type WorkflowStatus } from '../queue/schema';
import type { JobView } from './schema';

/** A row of workflows as ctx.db reads it. */
export interface JobRow {
  id: string;
  kind: string;
  status: string;
  step: string;
  data: unknown;
  error: unknown;
  attempt: number;
  maxAttempts: number;
  requestedById: string | null;
  cancelledAt: Date | null;
  runAt: Date;
  startedAt: Date | null;
  finishedAt: Date | null;
  createdAt: Date;
}

export const jobNameOf = (kind: string): JobName | null => (Object.hasOwn(JOBS, kind) ? (kind as JobName) : null);

export function labelOf(kind: string): string {
  const name = jobNameOf(kind);
  return name ? JOBS[name].label : kind === QUESTION ? 'Question' : kind;
}

/** Rows as views, with the names of their sources and people: two look-ups, however many rows. */
export async function toJobViews(ctx: Ctx, rows: readonly JobRow[]): Promise<JobView[]> {
  const sourceIds = rows.flatMap((row) => sourceIdOf(row) ?? []);
  const userIds = rows.flatMap(({ requestedById }) => requestedById ?? []);
  const [sources, members] = await Promise.all([
    sourceIds.length === 0
      ? []
      : ctx.db.dataSource.findMany({ where: { id: { in: sourceIds } }, select: { id: true, name: true, deletedAt: true } }),
    userIds.length === 0
      ? []
      : ctx.db.membership.findMany({
          where: { userId: { in: userIds } },
          select: { userId: true, user: { select: { name: true } } },
        }),
  ]);
  const known = new Map(
    sources.map(({ id, name, deletedAt }) => {
      // A source that was removed has its id in its name, which makes room for another of that name.
      const removed = deletedAt !== null;
      return [id, { id, name: removed ? name.replace(/ \(deleted [0-9a-f-]{36}\)$/, '') : name, removed }];
    }),
  );
  const people = new Map(members.map(({ userId, user }) => [userId, user.name]));
  return rows.map((row) => {
    const sourceId = sourceIdOf(row);
    return toView(
      row,
      sourceId ? (known.get(sourceId) ?? null) : null,
      row.requestedById ? (people.get(row.requestedById) ?? 'A former member') : null,
    );
  });
}

function toView(row: JobRow, source: JobView['source'], requestedBy: string | null): JobView {
  const unfinished = row.status === 'pending' || row.status === 'running';
  return {
    id: row.id,
    kind: row.kind,
    label: labelOf(row.kind),
    status: row.status as WorkflowStatus,
    step: row.step,
    error: (row.error as JobView['error']) ?? null,
    attempt: row.attempt,
    maxAttempts: row.maxAttempts,
    source,
    requestedBy,
    createdAt: row.createdAt.toISOString(),
    runAt: row.runAt.toISOString(),
    startedAt: row.startedAt?.toISOString() ?? null,
    finishedAt: row.finishedAt?.toISOString() ?? null,
    cancelling: row.status === 'running' && row.cancelledAt !== null,
    // A question belongs to the person who waits for its answer: they stop it, and ask again.
    canRetry: row.status === 'failed' && jobNameOf(row.kind) !== null && !source?.removed,
    canCancel: unfinished && row.cancelledAt === null && row.kind !== QUESTION,
  };
}

function sourceIdOf({ data }: JobRow): string | null {
  const id = (data as { dataSourceId?: unknown } | null)?.dataSourceId;
  return typeof id === 'string' ? id : null;
}
