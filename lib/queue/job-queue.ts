import { jobContext } from '../access';
import type { Clock } from '../kernel/clock';
import { logger } from '../kernel/log';
import { quarryVersion } from '../kernel/version';
import { Heart } from './heart';
import type { JobTable, QueueName } from './job-definition';
import { ProcessTransport } from './process-transport';
import { RedisTransport, type RedisTransportOptions } from './redis-transport';
import { type JobHandler, JobRunner, type RunnerParts } from './runner';
import { QUESTION } from './schema';
import { type NewWorkflow, type Waiting, WorkflowStore } from './store';
import type { Transport, TransportPlan } from './transport';
import { forgetWorker, recordWorker, type SweepReport } from './worker-rows';

/** Milliseconds after which news of a row that still waits is told again. */
const REDELIVER_MS = 60_000;
/** Milliseconds that a row of an unknown kind waits for a process of another version. */
const UNKNOWN_GRACE_MS = 60_000;

export interface QueueOptions {
  jobs: JobTable;
  /** Of BullMQ; null: without Redis. */
  redis: RedisTransportOptions | null;
  clock: Clock;
  slots: Record<QueueName, number>;
  /** In tests: time for the rows too, instead of the database's. */
  storeClock?: Clock;
  beatMs?: number;
  leaseMs?: number;
  pollMs?: number;
  unknownGraceMs?: number;
  redeliverMs?: number;
  contextOf?: RunnerParts['contextOf'];
  random?: () => number;
}

/**
 * The queue of one process: asks for jobs and, once started, runs them. Rows in the builder database are the truth, whichever
 * transport carries the news.
 */
export class JobQueue {
  readonly jobs: JobTable;
  readonly store: WorkflowStore;
  readonly heart: Heart;
  readonly transport: Transport;
  readonly #options: QueueOptions;
  readonly #startedAt: Date;
  readonly #sweeps: Record<string, SweepReport> = {};
  #runner: JobRunner | undefined;
  #upkeep: ReturnType<typeof setInterval> | undefined;
  #onLost: (() => Promise<unknown>) | undefined;

  constructor(options: QueueOptions) {
    this.#options = options;
    this.jobs = options.jobs;
    this.#startedAt = options.clock.date();
    this.store = new WorkflowStore(options.storeClock);
    this.heart = new Heart(this.store, options);
    const schedules = Object.entries(options.jobs).flatMap(([kind, job]) =>
      job.everyMs ? [{ kind, queue: job.queue, everyMs: Math.round(job.everyMs()) }] : [],
    );
    const plan: TransportPlan = { slots: options.slots, schedules, queueOf: (kind) => options.jobs[kind]?.queue };
    this.transport = options.redis ? new RedisTransport(plan, options.redis) : new ProcessTransport(plan, options);
  }

  /** @returns the workflow's id: of a new one, or of the unfinished one with the same key; null when a onceKey was used before */
  async add(workflow: NewWorkflow): Promise<{ id: string; created: boolean } | null> {
    const added = await this.store.add(workflow);
    if (added?.created) {
      await this.announce([{ id: added.id, kind: workflow.kind, attempt: 0, delayMs: workflow.delayMs ?? 0 }]);
    }
    return added;
  }

  /** Tells that rows wait; what can't be told now is told by the outbox. Never throws. */
  async announce(rows: Waiting[]): Promise<void> {
    if (rows.length === 0 || !(await this.transport.deliver(rows))) return;
    try {
      await this.store.markDelivered(rows.map(({ id }) => id));
    } catch (error) {
      logger().warn({ err: error }, 'jobs were told to the queue, which could not be noted; they are told again');
    }
  }

  /**
   * This process gives signs of life, and clears up after others that don't.
   * @param onLost called when questions were lost with their process
   * @param handlers of jobs: with them it runs jobs too
   */
  async start(options: { handlers?: Record<string, JobHandler>; onLost?: () => Promise<unknown> } = {}): Promise<void> {
    this.#onLost = options.onLost;
    const { clock, contextOf = jobContext, random, beatMs = 10_000 } = this.#options;
    if (options.handlers) {
      const announce = (rows: Waiting[]) => this.announce(rows);
      const { store, heart, jobs } = this;
      const parts = { store, heart, jobs, handlers: options.handlers, clock, contextOf, announce };
      this.#runner = new JobRunner(random ? { ...parts, random } : parts);
    }
    this.#upkeep = setInterval(() => void this.upkeep(), beatMs).unref();
    await this.upkeep();
    const runner = this.#runner;
    if (runner) {
      await this.transport.start({
        runNext: (queue, onTaken) => runner.runNext(queue, onTaken),
        tick: (kind) => this.tick(kind),
      });
    }
  }

  get runsJobs(): boolean {
    return this.#runner !== undefined;
  }

  /** What this process does for itself beside jobs; shown with its row. */
  reportSweep(name: string, report: SweepReport): void {
    this.#sweeps[name] = report;
  }

  /** Asks for a scheduled job, once per period whoever asks, and not while the last one is unfinished. */
  async tick(kind: string): Promise<void> {
    const job = this.jobs[kind];
    const everyMs = job?.everyMs?.();
    if (!job || everyMs === undefined) return;
    const period = Math.floor(this.#options.clock.now() / everyMs);
    await this.add({
      organizationId: null,
      kind,
      data: {},
      maxAttempts: job.attempts,
      activeKey: `schedule:${kind}`,
      onceKey: `${kind}@${Math.round(everyMs)}:${period}`,
    });
  }

  /**
   * Every few seconds, in every process: its sign of life, rows whose worker is silent, rows of which nobody was told, rows of
   * unknown kinds. Each is harmless when several processes do it at once. Never throws.
   */
  async upkeep(): Promise<void> {
    const { heart, store } = this;
    const { redeliverMs = REDELIVER_MS, unknownGraceMs = UNKNOWN_GRACE_MS } = this.#options;
    const known = Object.keys(this.jobs);
    try {
      await recordWorker({
        id: heart.workerId,
        runsJobs: this.runsJobs,
        running: this.#runner?.running ?? 0,
        sweeps: this.#sweeps,
        version: quarryVersion(),
        startedAt: this.#startedAt,
        seenAt: this.#options.clock.date(),
      });
      const lost = await store.recover(heart.leaseMs);
      if (lost.count > 0) logger().warn(lost, 'workflows lost their process; they are tried again, or have failed');
      if (lost.questions > 0) await this.#onLost?.();
      if (this.runsJobs) {
        for (const { id, kind } of await store.endUnknown([...known, QUESTION], unknownGraceMs))
          logger().warn({ workflow: id, job: kind }, 'this version has no such job; it was ended without being run');
      }
      await this.announce(await store.undelivered(known, redeliverMs));
      await this.transport.refresh();
    } catch (error) {
      logger().warn({ err: error }, 'the upkeep of jobs failed; it is tried again');
    }
  }

  /** Ends a run of this process at once; others hear of it with their next heartbeat. */
  cancelHere(id: string): void {
    if (this.heart.find(id)) void this.heart.beat();
  }

  /** Takes nothing new, gives what runs the grace, and puts back what still runs then. */
  async drain(graceMs: number): Promise<void> {
    clearInterval(this.#upkeep);
    this.#runner?.stopTaking();
    await this.transport.stop();
    if (this.#runner && !(await untilIdle(this.#runner, graceMs))) {
      this.#runner.putBack();
      await untilIdle(this.#runner, PUT_BACK_MS);
    }
    await this.transport.close();
    await forgetWorker(this.heart.workerId).catch(() => undefined);
  }
}

/** Milliseconds to write down that runs were put back: their patience with the signal, and a statement. */
const PUT_BACK_MS = 5_500;

async function untilIdle(runner: JobRunner, graceMs: number): Promise<boolean> {
  const until = performance.now() + graceMs;
  while (runner.running > 0) {
    if (performance.now() > until) return false;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  return true;
}
