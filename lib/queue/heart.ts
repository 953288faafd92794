import { QuarryError } from '../kernel/errors';
import { newId } from '../kernel/ids';
import { logger } from '../kernel/log';
import type { Ending, Pulse, WorkflowNote, WorkflowStore } from './store';

/** Milliseconds between signs of life. */
const BEAT_MS = 10_000;
/** Milliseconds of silence after which a run counts as lost: two beats may be late. */
const LEASE_MS = 30_000;
/** Changes that are kept of one run between two beats; a run that notes more loses the middle. */
const MAX_NOTES = 200;

/** A workflow that this process runs: its lease, its steps, and the signal that ends it. */
export class Run {
  readonly id: string;
  readonly attempt: number;
  step: string;
  /** Its end is being written, and its notes with it. */
  ending = false;
  readonly #notes: WorkflowNote[] = [];
  readonly #abort = new AbortController();

  constructor(id: string, attempt: number, step = '') {
    this.id = id;
    this.attempt = attempt;
    this.step = step;
  }

  get signal(): AbortSignal {
    return this.#abort.signal;
  }

  /** Notes that another step began, or something about the current one. Written with the next beat, or with the end. */
  note(step: string, detail?: Record<string, unknown>): void {
    this.step = step;
    if (this.#notes.length < MAX_NOTES) {
      this.#notes.push({ status: 'running', step, at: new Date(), ...(detail ? { detail } : {}) });
    }
  }

  /** @param reason becomes the signal's reason; the first one counts */
  end(reason: QuarryError): void {
    this.#abort.abort(reason);
  }

  pulse(): Pulse {
    return { id: this.id, attempt: this.attempt, step: this.step, notes: [...this.#notes] };
  }

  /** Forgets the notes of a pulse that was written. */
  written({ notes }: Pulse): void {
    this.#notes.splice(0, notes.length);
  }
}

/**
 * The leases of all workflows that this process runs, jobs and questions alike: one statement in ten seconds renews them and writes
 * their steps. It beats only while something runs. A run whose lease is gone is told to end, for somebody else has it by then.
 */
export class Heart {
  readonly workerId = newId();
  readonly #store: WorkflowStore;
  readonly #runs = new Map<string, Run>();
  readonly #beatMs: number;
  readonly #leaseMs: number;
  #timer: ReturnType<typeof setInterval> | undefined;
  #beating: Promise<void> | undefined;
  #renewedAt = 0;

  /** @param limits shorter ones, for tests */
  constructor(store: WorkflowStore, limits: { beatMs?: number; leaseMs?: number } = {}) {
    this.#store = store;
    this.#beatMs = limits.beatMs ?? BEAT_MS;
    this.#leaseMs = limits.leaseMs ?? LEASE_MS;
  }

  get leaseMs(): number {
    return this.#leaseMs;
  }

  get runs(): Run[] {
    return [...this.#runs.values()];
  }

  hold(run: Run): void {
    if (this.#runs.size === 0) this.#renewedAt = performance.now();
    this.#runs.set(run.id, run);
    this.#timer ??= setInterval(() => void this.beat(), this.#beatMs).unref();
  }

  find(id: string): Run | undefined {
    return this.#runs.get(id);
  }

  /**
   * Writes how a run ended. A builder database that is away for a moment is waited for.
   * @param patienceMs how long; the lease's length unless somebody waits for the answer
   * @returns false when the run was no longer this process's, or it could not be written
   */
  async release(run: Run, ending: Ending, patienceMs = this.#leaseMs): Promise<boolean> {
    const until = performance.now() + patienceMs;
    try {
      // What a beat under way writes must not be written again.
      await this.#beating;
      run.ending = true;
      for (;;) {
        try {
          return await this.#store.end(this.workerId, run.pulse(), ending);
        } catch (error) {
          if (performance.now() > until) throw error;
          await new Promise((resolve) => setTimeout(resolve, Math.min(1_000, this.#beatMs)));
        }
      }
    } catch (error) {
      logger().warn({ err: error, workflow: run.id }, 'the end of a workflow could not be written; it will count as lost');
      return false;
    } finally {
      this.#forget(run);
    }
  }

  #forget(run: Run): void {
    if (this.#runs.get(run.id) === run) this.#runs.delete(run.id);
    if (this.#runs.size > 0) return;
    clearInterval(this.#timer);
    this.#timer = undefined;
  }

  /** Renews every lease now. Never throws: without the database leases run out, and then the runs are told. */
  beat(): Promise<void> {
    this.#beating ??= this.#renew().finally(() => {
      this.#beating = undefined;
    });
    return this.#beating;
  }

  async #renew(): Promise<void> {
    const runs = this.runs;
    if (runs.length === 0) return;
    const pulses = runs.map((run) => (run.ending ? { ...run.pulse(), notes: [] } : run.pulse()));
    try {
      const began = performance.now();
      const held = new Map((await this.#store.beat(this.workerId, pulses)).map((row) => [row.id, row]));
      this.#renewedAt = began;
      runs.forEach((run, at) => {
        const row = held.get(run.id);
        const pulse = pulses[at];
        if (row && pulse) run.written(pulse);
        // One that ended while we asked is neither held nor lost.
        if (!row && this.#runs.get(run.id) === run) run.end(lostError());
        if (row?.cancelled) run.end(cancelledError());
      });
    } catch (error) {
      logger().warn({ err: error }, 'the leases of running workflows could not be renewed; it is tried again');
      if (performance.now() - this.#renewedAt > this.#leaseMs) for (const run of runs) run.end(lostError());
    }
  }
}

const lostError = () => new QuarryError('job.lost', 'Another process has taken it over, since this one was silent for too long.');
export const cancelledError = () => new QuarryError('job.cancelled', 'It was cancelled.');
