import type { Ctx } from '../access';
import type { Clock } from '../kernel/clock';
import { QuarryError, toQuarryError } from '../kernel/errors';
import { type Logger, logger } from '../kernel/log';
import { type Heart, Run } from './heart';
import type { JobDefinition, JobTable, QueueName } from './job-definition';
import type { Ending, WorkflowRow, WorkflowStore } from './store';
import type { Work } from './transport';

/** What a job's code gets. */
export interface JobRun<Data = unknown, Context = Ctx | null> {
  id: string;
  data: Data;
  /** Of the job's organisation, as the system; null for a job of the installation. */
  ctx: Context;
  clock: Clock;
  /** 1 for the first. A job may have run in part, or to its end, before: it must do no harm twice. */
  attempt: number;
  /** Aborts when the job was cancelled, takes too long, or its process stops. */
  signal: AbortSignal;
  log: Logger;
  /** Notes that another step begins: the page shows it within seconds, the history keeps it. */
  step(name: string, detail?: Record<string, unknown>): void;
}

export type JobHandler = (job: JobRun) => Promise<unknown>;

export interface RunnerParts {
  store: WorkflowStore;
  heart: Heart;
  jobs: JobTable;
  handlers: Record<string, JobHandler>;
  clock: Clock;
  /** The context of an organisation's job. */
  contextOf: (organizationId: string, options: { clock: Clock; signal: AbortSignal; requestId: string }) => Promise<Ctx>;
  /** Tells that a row waits again. */
  announce: (rows: { id: string; kind: string; attempt: number; delayMs: number }[]) => Promise<void>;
  /** 0 to 1; Math.random unless a test wants to know. */
  random?: () => number;
}

const MAX_BACKOFF_MS = 600_000;
/** Milliseconds that a job which was told to end gets for it, before its slot is given to another. */
const ABORT_PATIENCE_MS = 5_000;
/** Bytes of JSON kept of a job's result. */
const MAX_RESULT_BYTES = 16_384;

/** Milliseconds before the attempt after the given one: doubled each time, with a quarter of jitter either way, capped. */
export function backoffMs(definition: Pick<JobDefinition, 'backoffMs'>, attempt: number, random: () => number): number {
  const delay = Math.min(MAX_BACKOFF_MS, definition.backoffMs * 2 ** Math.min(attempt - 1, 20));
  return Math.round(delay * (0.75 + random() / 2));
}

/** Takes rows and runs them to their end, whatever that is. */
export class JobRunner implements Pick<Work, 'runNext'> {
  readonly #parts: RunnerParts;
  readonly #kinds: Record<QueueName, string[]>;
  readonly #runs = new Set<Run>();
  #stopping = false;

  constructor(parts: RunnerParts) {
    this.#parts = parts;
    const of = (queue: QueueName) => Object.keys(parts.jobs).filter((kind) => parts.jobs[kind]?.queue === queue);
    this.#kinds = { sources: of('sources'), upkeep: of('upkeep') };
  }

  /** See Work. @throws the database's error when no row could be taken */
  async runNext(queue: QueueName, onTaken: () => void = () => undefined): Promise<boolean> {
    const { store, heart } = this.#parts;
    if (this.#stopping) return false;
    const row = await store.claim(this.#kinds[queue], heart.workerId);
    if (!row) return false;
    const run = new Run(row.id, row.attempt);
    this.#runs.add(run);
    heart.hold(run);
    if (this.#stopping) run.end(DRAIN);
    onTaken();
    const ending = await this.#attempt(row, run);
    const held = await heart.release(run, ending);
    this.#runs.delete(run);
    if (held && (ending.kind === 'retry' || ending.kind === 'back')) {
      const delayMs = ending.kind === 'retry' ? ending.delayMs : 0;
      await this.#parts.announce([{ id: row.id, kind: row.kind, attempt: row.attempt, delayMs }]);
    }
    return true;
  }

  /** From now on nothing is taken, and what still runs is told to end and is put back. */
  putBack(): void {
    this.#stopping = true;
    for (const run of this.#runs) run.end(DRAIN);
  }

  stopTaking(): void {
    this.#stopping = true;
  }

  /** Jobs that run now. */
  get running(): number {
    return this.#runs.size;
  }

  async #attempt(row: WorkflowRow, run: Run): Promise<Ending> {
    const definition = this.#parts.jobs[row.kind];
    const handler = this.#parts.handlers[row.kind];
    const log = logger().child({ job: row.kind, workflow: row.id, attempt: row.attempt });
    if (!definition || !handler) {
      log.warn('a job has no code in this process');
      return { kind: 'completed', result: { warning: 'This process has no code for the job; nothing was done.' } };
    }
    const timer = setTimeout(() => run.end(timeoutError(definition.timeoutMs)), definition.timeoutMs).unref();
    try {
      const data = readData(definition, row.data);
      const result = await untilEnded(this.#call(handler, row, run, data, log), run.signal);
      return { kind: 'completed', result: short(result) };
    } catch (thrown) {
      return this.#judge(definition, row, run, thrown, log);
    } finally {
      clearTimeout(timer);
    }
  }

  async #call(handler: JobHandler, row: WorkflowRow, run: Run, data: unknown, log: Logger): Promise<unknown> {
    const { clock, contextOf } = this.#parts;
    const { signal } = run;
    const ctx = row.organizationId === null ? null : await contextOf(row.organizationId, { clock, signal, requestId: row.id });
    const step = (name: string, detail?: Record<string, unknown>) => run.note(name, detail);
    return handler({ id: row.id, data, ctx, clock, attempt: row.attempt, signal, log, step });
  }

  /** What follows from a failure: the end, another attempt, or going back to the queue. */
  #judge(definition: JobDefinition, row: WorkflowRow, run: Run, thrown: unknown, log: Logger): Ending {
    // Whatever a job throws once it was told to end, the reason is why it was told.
    const problem = run.signal.aborted ? toQuarryError(run.signal.reason) : toQuarryError(thrown);
    if (run.signal.reason === DRAIN) return { kind: 'back' };
    const error = { code: problem.code, message: problem.message };
    const final = problem.code === 'job.cancelled' || isPermanent(problem) || row.attempt >= row.maxAttempts;
    if (problem.code === 'internal') log.error({ err: problem.cause ?? thrown }, 'a job failed');
    else log.info({ code: problem.code, final }, problem.message);
    if (final) return { kind: 'failed', error };
    // Asked for again, a job begins with short pauses again.
    const first = Math.max(0, row.maxAttempts - definition.attempts);
    const wait = backoffMs(definition, Math.max(1, row.attempt - first), this.#parts.random ?? Math.random);
    return { kind: 'retry', error, delayMs: Math.max(wait, (problem.retryAfterS ?? 0) * 1000) };
  }
}

/** What another attempt can't mend: the input, or that the thing is gone. */
const isPermanent = ({ code, status }: QuarryError) =>
  code !== 'source.file_missing' && [400, 401, 403, 404, 409, 413].includes(status);

function readData(definition: JobDefinition, data: unknown): unknown {
  const parsed = definition.data.safeParse(data);
  if (parsed.success) return parsed.data;
  throw new QuarryError('input.invalid', 'What the job was asked with has another form than this version of Quarry expects.');
}

/** The promise's value, or the signal's reason when the promise doesn't end soon after the signal. */
function untilEnded<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    let patience: ReturnType<typeof setTimeout> | undefined;
    const abandon = () => {
      patience = setTimeout(() => reject(signal.reason), ABORT_PATIENCE_MS);
    };
    if (signal.aborted) abandon();
    else signal.addEventListener('abort', abandon, { once: true });
    work.then(resolve, reject).finally(() => {
      clearTimeout(patience);
      signal.removeEventListener('abort', abandon);
    });
  });
}

function short(result: unknown): unknown {
  const text = JSON.stringify(result);
  return text !== undefined && text.length <= MAX_RESULT_BYTES ? result : null;
}

/** One for all, to be known by itself. */
const DRAIN = new QuarryError('job.lost', 'The process stops.');
const timeoutError = (ms: number) =>
  new QuarryError('job.timeout', `It was not done within ${Math.round(ms / 1000)} s, and was stopped.`);
