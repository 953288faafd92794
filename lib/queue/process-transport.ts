import { logger } from '../kernel/log';
import type { QueueName } from './job-definition';
import type { Waiting } from './store';
import type { Transport, TransportPlan, Work } from './transport';

/** Milliseconds between looks at the table, for rows of other processes, of an earlier life, and for schedules. */
const POLL_MS = 5_000;

/**
 * Without Redis: a process looks at the table itself, at once when it asked for the job, else every few seconds. Several processes
 * on one builder database share the work.
 */
export class ProcessTransport implements Transport {
  readonly name = 'process' as const;
  readonly #plan: TransportPlan;
  readonly #pollMs: number;
  readonly #busy: Record<QueueName, number> = { sources: 0, upkeep: 0 };
  readonly #again = new Set<QueueName>();
  readonly #timers = new Set<ReturnType<typeof setTimeout>>();
  #work: Work | undefined;
  #poll: ReturnType<typeof setInterval> | undefined;

  constructor(plan: TransportPlan, options: { pollMs?: number } = {}) {
    this.#plan = plan;
    this.#pollMs = options.pollMs ?? POLL_MS;
  }

  async deliver(rows: Waiting[]): Promise<boolean> {
    for (const row of rows) {
      const queue = this.#plan.queueOf(row.kind);
      if (!this.#work || !queue) continue;
      if (row.delayMs <= 0) this.#fill(queue);
      else if (row.delayMs < this.#pollMs) this.#later(queue, row.delayMs);
    }
    return true;
  }

  async start(work: Work): Promise<void> {
    this.#work = work;
    const look = () => {
      for (const { kind } of this.#plan.schedules) void work.tick(kind).catch(report);
      for (const queue of Object.keys(this.#busy) as QueueName[]) this.#fill(queue);
    };
    look();
    this.#poll = setInterval(look, this.#pollMs).unref();
  }

  /** Nothing is remembered elsewhere. */
  async refresh(): Promise<void> {}

  async stop(): Promise<void> {
    this.#work = undefined;
    clearInterval(this.#poll);
    for (const timer of this.#timers) clearTimeout(timer);
    this.#timers.clear();
  }

  async close(): Promise<void> {
    await this.stop();
  }

  #later(queue: QueueName, delayMs: number): void {
    const timer = setTimeout(() => {
      this.#timers.delete(timer);
      this.#fill(queue);
    }, delayMs + 1).unref();
    this.#timers.add(timer);
  }

  /** Uses one more slot, if there is one free: whoever finds a job lets the next slot look too, and looks again afterwards. */
  #fill(queue: QueueName): void {
    const work = this.#work;
    if (!work) return;
    if (this.#busy[queue] >= this.#plan.slots[queue]) {
      this.#again.add(queue);
      return;
    }
    this.#busy[queue] += 1;
    this.#again.delete(queue);
    work
      .runNext(queue, () => this.#fill(queue))
      .catch(report)
      .then((found) => {
        this.#busy[queue] -= 1;
        if (found || this.#again.has(queue)) this.#fill(queue);
      });
  }
}

function report(error: unknown): undefined {
  logger().warn({ err: error }, 'jobs could not be taken; it is tried again');
}
