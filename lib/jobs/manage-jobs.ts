import type { Ctx } from '../access';
import { appendAudit } from '../audit';
import { QuarryError } from '../kernel/errors';
import { cancelWorkflow, enqueue, enqueueAgain } from '../queue';
import { QUESTION, type WorkflowStatus } from '../queue/schema';
import { getSource } from '../sources';
import type { JobDetails, JobView, RequestJobInput } from './schema';
import { type JobRow, jobNameOf, toJobViews } from './view';

/** A job or a question's record of the organisation, with every change of it. @throws QuarryError not_found */
export async function getJob(ctx: Ctx, id: string): Promise<JobDetails> {
  const { row, view } = await find(ctx, id);
  const events = await ctx.db.workflowEvent.findMany({
    where: { workflowId: row.id },
    orderBy: { sequence: 'asc' },
    take: 1_000,
  });
  const history = events.map(({ status, step, at, detail }) => {
    const { attempt, ...rest } = (detail ?? {}) as Record<string, unknown>;
    return { status: status as WorkflowStatus, step, at: at.toISOString(), attempt: Number(attempt ?? 0), detail: rest };
  });
  return { ...view, result: row.result ?? null, history };
}

/** Asks for a schema to be read again in the background. @throws QuarryError not_found */
export async function requestJob(ctx: Ctx, { kind, dataSourceId }: RequestJobInput): Promise<JobView> {
  await getSource(ctx, dataSourceId);
  const { id } = await enqueue(ctx, kind, { dataSourceId });
  return (await find(ctx, id)).view;
}

/**
 * Lets a failed job wait again, with all its attempts.
 * @throws QuarryError not_found; conflict when it hasn't failed, can't be repeated, or its like waits or runs already
 */
export async function retryJob(ctx: Ctx, id: string): Promise<JobView> {
  const { row, view } = await find(ctx, id);
  const name = jobNameOf(row.kind);
  if (row.kind === QUESTION) throw new QuarryError('conflict', 'A question is asked again by the person who asked it.');
  if (!name) throw new QuarryError('conflict', 'This version of Quarry has no such job.');
  const outcome = view.status === 'failed' && (await enqueueAgain(ctx, row.id, name, row.data));
  if (outcome === 'busy') throw new QuarryError('conflict', 'The same job waits or runs already.');
  if (!outcome) throw new QuarryError('conflict', 'Only a job that has failed can be asked for again.');
  await appendAudit(ctx, { action: 'job.retry', target: row.id, outcome: 'ok', detail: { kind: row.kind } });
  return (await find(ctx, row.id)).view;
}

/**
 * Ends a job: at once when it waits, by its signal when it runs.
 * @throws QuarryError not_found; conflict when it has ended, or is a question
 */
export async function cancelJob(ctx: Ctx, id: string): Promise<JobView> {
  const { row } = await find(ctx, id);
  if (row.kind === QUESTION) throw new QuarryError('conflict', 'A question is stopped by the person who asked it.');
  const status = await cancelWorkflow(ctx, row.id);
  if (status === null) throw new QuarryError('conflict', 'The job has ended already.');
  await appendAudit(ctx, { action: 'job.cancel', target: row.id, outcome: 'ok', detail: { kind: row.kind } });
  return (await find(ctx, row.id)).view;
}

async function find(ctx: Ctx, id: string): Promise<{ row: JobRow & { result: unknown }; view: JobView }> {
  const row = await ctx.db.workflow.findFirst({ where: { id } });
  if (!row) throw new QuarryError('not_found', 'There is no such job.');
  const [view] = await toJobViews(ctx, [row]);
  if (!view) throw new QuarryError('not_found', 'There is no such job.');
  return { row, view };
}
