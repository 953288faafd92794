/**
 * Owns workflows: jobs, and the record of questions. Promises: a workflow is a row of the builder database with every change of it in
 * its history; a job that was asked for is run, also after a crash of whoever ran it, a restart, or a time without Redis; it may run
 * more than once, so its code must do no harm twice, but never twice at the same time while its process gives signs of life. Nobody's
 * jobs wait behind another organisation's thousand.
 */
import { z } from 'zod';
import type { Ctx } from '../access';
import { processClock } from '../kernel/clock';
import { settings } from '../kernel/settings';
import { dropSingleton, singleton } from '../kernel/singleton';
import { defineTopic, publish, queueConnection, subscribe } from '../redis';
import { JobQueue } from './job-queue';
import { JOBS, type JobData, type JobName } from './jobs';
import { beginQuestion, type QuestionRecord } from './question-record';
import type { JobHandler, JobRun } from './runner';
import type { WorkflowStatus } from './schema';

export type { QueueName } from './job-definition';
export { JobQueue } from './job-queue';
export { JOBS, type JobData, type JobName } from './jobs';
export type { QuestionRecord } from './question-record';
export type { JobHandler, JobRun } from './runner';
export { listWorkers, type SweepReport, type WorkerRow } from './worker-rows';

const NAME = 'queue.jobs';
const DAY_MS = 86_400_000;

/** One that another process should end at once, rather than with its next heartbeat. */
const cancelTopic = defineTopic('job.cancel', z.object({ id: z.uuid() }));

/** The queue of this process. */
export function jobQueue(): JobQueue {
  return singleton(NAME, () => {
    const clock = { now: () => processClock().now(), date: () => processClock().date() };
    const slots = { sources: settings().workerConcurrency, upkeep: 2 };
    const leaseMs = settings().workerLeaseMs;
    return new JobQueue({ jobs: JOBS, redis: queueConnection(), clock, slots, leaseMs, beatMs: Math.round(leaseMs / 3) });
  });
}

/** Who asks for a job without a person behind it, such as a sweep that finds work for an organisation. */
export interface SystemActor {
  organizationId: string;
}

/**
 * Asks for a job of the organisation. It is in the builder database when this returns, and runs soon, here or elsewhere. Check the
 * permission before: the job acts as the system.
 * @param options.delayMs milliseconds to wait at least
 * @param options.activeKey at most one unfinished job of this name and organisation has it; its id is returned then. Unless given,
 *   the table's.
 * @throws QuarryError database.unavailable
 */
export async function enqueue<N extends JobName>(
  who: Ctx | SystemActor,
  name: N,
  data: JobData<N>,
  options: { delayMs?: number; activeKey?: string } = {},
): Promise<{ id: string }> {
  const organizationId = 'organization' in who ? who.organization.id : who.organizationId;
  const person = 'principal' in who && who.principal.credentialId !== null ? { requestedById: who.principal.userId } : {};
  const key = options.activeKey ?? keyOf(name, data);
  const added = await jobQueue().add({
    organizationId,
    kind: name,
    data,
    maxAttempts: JOBS[name].attempts,
    ...person,
    ...(options.delayMs === undefined ? {} : { delayMs: options.delayMs }),
    ...(key === undefined ? {} : { activeKey: activeKeyOf(organizationId, name, key) }),
  });
  return { id: added?.id ?? '' };
}

/** Lets a failed job of the organisation wait again. @returns false when there is no such failed job; 'busy' when its like waits or runs */
export async function enqueueAgain(ctx: Ctx, id: string, name: JobName, data: unknown): Promise<boolean | 'busy'> {
  const key = keyOf(name, data);
  const activeKey = key === undefined ? null : activeKeyOf(ctx.organization.id, name, key);
  const queue = jobQueue();
  try {
    const attempt = await queue.store.again(ctx.organization.id, id, JOBS[name].attempts, ctx.principal.name, activeKey);
    if (attempt === null) return false;
    await queue.announce([{ id, kind: name, attempt, delayMs: 0 }]);
    return true;
  } catch (error) {
    if (String((error as { meta?: unknown; message?: unknown }).message).includes('workflows_activeKey_key')) return 'busy';
    throw error;
  }
}

/** Ends a job of the organisation that waits or runs. @returns its status now, or null when there is none such */
export async function cancelWorkflow(ctx: Ctx, id: string): Promise<'failed' | 'running' | null> {
  const status = await jobQueue().store.cancel(ctx.organization.id, id, ctx.principal.name);
  if (status === 'running') await publish(cancelTopic, { id });
  return status;
}

function keyOf(name: JobName, data: unknown): string | undefined {
  const definition: { key?(data: unknown): string; data: z.ZodType } = JOBS[name];
  const parsed = definition.data.safeParse(data);
  return parsed.success ? definition.key?.(parsed.data) : undefined;
}

const activeKeyOf = (organizationId: string, name: JobName, key: string) => `${organizationId}:${name}:${key}`;

/** Records a question as a workflow; see QuestionRecord. @param id the answer's message */
export function recordQuestion(ctx: Ctx, id: string, data: { conversationId: string; dataSourceId: string }): QuestionRecord {
  return beginQuestion(jobQueue(), ctx, id, data);
}

/**
 * This process gives signs of life from now on and, with handlers, runs jobs.
 * @param options.onLost called after questions were lost with their process
 */
export async function startQueue(options: { handlers?: JobHandlers; onLost?: () => Promise<unknown> }): Promise<void> {
  const queue = jobQueue();
  singleton('queue.cancel-heard', () => subscribe(cancelTopic, ({ id }) => queue.cancelHere(id)));
  const { handlers, ...rest } = options;
  // The runner gives each job's code what its line in the table says: data that its schema has read, a context when it has an organisation.
  await queue.start(handlers ? { ...rest, handlers: handlers as unknown as Record<string, JobHandler> } : rest);
}

/** Whether a web server runs jobs, as WORKERS says; unless told, it does when there is no Redis. */
export function runsJobs(): boolean {
  const { workers, redisUrl } = settings();
  return (workers ?? (redisUrl === undefined ? 'in-process' : 'separate')) === 'in-process';
}

/** Takes no new jobs; those that run end within the grace (milliseconds) or are put back. */
export async function drainQueue(graceMs: number): Promise<void> {
  dropSingleton<() => void>('queue.cancel-heard')?.();
  await dropSingleton<JobQueue>(NAME)?.drain(graceMs);
}

/** Removes workflows older than HISTORY_RETENTION_DAYS, and the installation's that went well after a day. @returns how many */
export async function cleanWorkflows(): Promise<number> {
  return jobQueue().store.clean(settings().historyRetentionDays * DAY_MS, DAY_MS);
}

/** When each scheduled job of the installation was last asked for, and how that went. */
export async function lastRuns(): Promise<Map<string, { status: WorkflowStatus; at: string }>> {
  return jobQueue().store.lastRuns(Object.keys(JOBS));
}

/** The code of each job; see workers/registry.ts. */
export type JobHandlers = { [N in JobName]: (job: RunOf<N>) => Promise<unknown> };

/** The run of a job by its name, for workers/jobs: data typed, and a context where the job belongs to an organisation. */
export type RunOf<N extends JobName> = JobRun<JobData<N>, (typeof JOBS)[N]['scope'] extends 'organization' ? Ctx : null>;
