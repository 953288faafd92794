import { createIORedisClient, DelayedError, type Job, Queue, RedisConnection, Worker } from 'bullmq';
import { Redis, type RedisOptions } from 'ioredis';
import { logger } from '../kernel/log';
import type { QueueName } from './job-definition';
import type { Waiting } from './store';
import type { Transport, TransportPlan, Work } from './transport';

// BullMQ finds ioredis by `require`, which ES modules don't have.
RedisConnection.clientFactory = (options) => {
  const client = new Redis(options as RedisOptions);
  // BullMQ listens only while it uses a connection; lib/redis says when Redis is away.
  client.on('error', () => undefined);
  return createIORedisClient(client);
};

export type RedisTransportOptions = { connection: RedisOptions; prefix: string };
/** A message of the queue: a row waits, or a period of a schedule began. */
interface News {
  workflowId?: string;
  schedule?: string;
}

/** Milliseconds that telling Redis may take: a request that asks for a job doesn't wait longer. */
const PATIENCE_MS = 1_000;
/** Milliseconds for which nobody asks a Redis that has just failed; what comes meanwhile waits for the outbox. */
const AWAY_MS = 2_000;
/** Milliseconds after which BullMQ takes a message from a worker that was killed and gives it to another. */
const STALLED_MS = 15_000;

const QUEUES: QueueName[] = ['sources', 'upkeep'];
/** What a message leaves behind in Redis: nothing. The rows are the history. */
const FORGET = { removeOnComplete: true, removeOnFail: true };

/**
 * With Redis: BullMQ carries the news to whichever worker is free, and the ticks of schedules. A message is a reason to take the
 * next row of its queue by the rules of fairness, not that very row, so there are at least as many messages as rows that wait. News
 * that Redis lost are told again by the outbox (see JobQueue.upkeep).
 */
export class RedisTransport implements Transport {
  readonly name = 'redis' as const;
  readonly #plan: TransportPlan;
  readonly #redis: RedisTransportOptions;
  /** Opened by the first who needs one: a process that only records questions holds no connection. */
  readonly #queues = new Map<QueueName, Queue<News>>();
  #workers: Worker<News>[] = [];
  #work: Work | undefined;
  /** Queues whose schedules this process has said once, with the periods of its settings. */
  readonly #scheduled = new Set<QueueName>();
  #awayUntil = 0;

  constructor(plan: TransportPlan, redis: RedisTransportOptions) {
    this.#plan = plan;
    this.#redis = redis;
  }

  #queue(name: QueueName): Queue<News> {
    const known = this.#queues.get(name);
    if (known) return known;
    // A producer fails at once on a connection that is gone; workers wait for it.
    const failFast = { enableOfflineQueue: false, maxRetriesPerRequest: 0, commandTimeout: PATIENCE_MS };
    const connection = { ...forBullmq(this.#redis.connection), ...failFast };
    const queue: Queue<News> = new Queue<News>(name, { connection, prefix: this.#redis.prefix });
    queue.on('error', () => undefined);
    this.#queues.set(name, queue);
    return queue;
  }

  async deliver(rows: Waiting[]): Promise<boolean> {
    if (performance.now() < this.#awayUntil) return false;
    try {
      const adding = QUEUES.map((name) => {
        const own = rows.filter(({ kind }) => this.#plan.queueOf(kind) === name);
        return own.length === 0 ? null : this.#queue(name).addBulk(own.map(toMessage));
      });
      await inTime(Promise.all(adding));
      return true;
    } catch {
      this.#awayUntil = performance.now() + AWAY_MS;
      return false; // lib/redis says that it is away, and the driver's text names the host
    }
  }

  async start(work: Work): Promise<void> {
    this.#work = work;
    const connection = { ...forBullmq(this.#redis.connection), maxRetriesPerRequest: null };
    this.#workers = QUEUES.map((name) => {
      const worker = new Worker<News>(name, (job, token) => this.#hear(name, job, token), {
        connection,
        prefix: this.#redis.prefix,
        concurrency: this.#plan.slots[name],
        lockDuration: STALLED_MS,
        stalledInterval: STALLED_MS,
        maxStalledCount: 10,
        ...({ removeOnComplete: { count: 0 }, removeOnFail: { count: 0 } } as const),
      });
      worker.on('error', () => undefined);
      return worker;
    });
    await this.refresh();
  }

  async refresh(): Promise<void> {
    if (!this.#work) return;
    await Promise.all(
      QUEUES.map(async (name) => {
        const wanted = this.#plan.schedules.filter(({ queue }) => queue === name).length;
        const there = await inTime(this.#queue(name).getJobSchedulersCount()).catch(() => null);
        if (there !== null && (there !== wanted || !this.#scheduled.has(name))) await this.#schedule(name);
      }),
    );
  }

  async stop(): Promise<void> {
    this.#work = undefined;
    await Promise.all(this.#workers.map((worker) => inTime(worker.pause(true)).catch(() => undefined)));
  }

  async close(): Promise<void> {
    this.#work = undefined;
    const closing = [
      ...this.#workers.map((worker) => worker.close(true)),
      ...[...this.#queues.values()].map((queue) => queue.close()),
    ];
    await Promise.all(closing.map((one) => inTime(one).catch(() => undefined)));
  }

  /** @throws the database's error: the row stays, and the outbox tells of it again */
  async #hear(queue: QueueName, job: Job<News>, token?: string): Promise<void> {
    const { schedule } = job.data;
    if (!this.#work) {
      // A look at the queue that was under way when this process stopped: somebody else's, then.
      await job.moveToDelayed(Date.now() + 50, token);
      throw new DelayedError();
    }
    if (schedule !== undefined) {
      if (this.#plan.schedules.some(({ kind }) => kind === schedule)) await this.#work.tick(schedule);
      else logger().warn({ job: schedule }, 'this version has no such scheduled job; nothing was done');
    }
    await this.#work.runNext(queue);
  }

  /** One scheduler per scheduled job, the same by whichever process says it; those of jobs that are gone are removed. */
  async #schedule(name: QueueName): Promise<void> {
    const own = this.#plan.schedules.filter(({ queue }) => queue === name);
    const queue = this.#queue(name);
    try {
      for (const { kind, everyMs } of own) {
        await inTime(queue.upsertJobScheduler(kind, { every: everyMs }, { name: kind, data: { schedule: kind }, opts: FORGET }));
      }
      for (const { key } of await inTime(queue.getJobSchedulers())) {
        if (!own.some(({ kind }) => kind === key)) await inTime(queue.removeJobScheduler(key));
      }
      this.#scheduled.add(name);
    } catch {
      // said again with the next refresh
    }
  }
}

/** The same options as BullMQ's types want them. */
const forBullmq = ({ retryStrategy, ...rest }: RedisOptions) => ({ ...rest, ...(retryStrategy ? { retryStrategy } : {}) });

/**
 * One message per attempt: BullMQ drops a second one with the same id while it has the first. A moment late rather than early: whoever
 * comes before the row is due finds nothing.
 */
const toMessage = ({ id, kind, attempt, delayMs }: Waiting) => ({
  name: kind,
  data: { workflowId: id },
  opts: { jobId: `${id}-${attempt}`, delay: delayMs > 0 ? Math.ceil(delayMs) + 20 : 0, ...FORGET },
});

function inTime<T>(work: Promise<T>): Promise<T> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error('Redis is late.')), PATIENCE_MS);
  });
  return Promise.race([work, late]).finally(() => clearTimeout(timer));
}
