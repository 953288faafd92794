import type { Attempt, StepEvent, StepName } from '../conversations/schema';
import type { QuarryError } from '../kernel/errors';

/** What the page hears while a question is worked on; the same steps are stored as the trace [C2]. */
export type AskEvent = { type: 'step'; step: StepEvent } | { type: 'token'; text: string };
export type AskSink = (event: AskEvent) => void;

/** Records attempts and their steps, and tells each change to the sink. */
export class Trace {
  readonly attempts: Attempt[] = [];
  readonly #sink: AskSink;
  #startedAt = performance.now();

  constructor(sink: AskSink) {
    this.#sink = sink;
  }

  begin(): void {
    this.#startedAt = performance.now();
    this.attempts.push({ query: null, stage: 'link', durationMs: 0, tokens: { prompt: 0, completion: 0 }, steps: [] });
  }

  get current(): Attempt {
    const last = this.attempts.at(-1);
    if (!last) throw new Error('A trace begins with an attempt.');
    return last;
  }

  /** Runs one step of the current attempt, timed and announced; a failure is announced and passed on. */
  async step<T>(name: StepName, stage: string, run: () => Promise<T>, detail?: (value: T) => string | undefined): Promise<T> {
    const attempt = this.attempts.length;
    const started = performance.now();
    this.current.stage = stage;
    this.#sink({ type: 'step', step: { name, state: 'running', attempt } });
    const finish = (state: 'done' | 'failed', text?: string) => {
      const durationMs = elapsed(started);
      this.current.steps.push({ name, durationMs });
      this.current.durationMs = elapsed(this.#startedAt);
      this.#sink({ type: 'step', step: { name, state, attempt, durationMs, ...(text ? { detail: text } : {}) } });
    };
    try {
      const value = await run();
      finish('done', detail?.(value));
      return value;
    } catch (error) {
      finish('failed', error instanceof Error ? error.message : undefined);
      throw error;
    }
  }

  /** Notes why the current attempt failed. */
  fail(error: Pick<QuarryError, 'code' | 'message'>, hints: string[]): void {
    this.current.error = { code: error.code, message: error.message };
    if (hints.length) this.current.hints = hints;
    this.current.durationMs = elapsed(this.#startedAt);
  }
}

/** Milliseconds since `started`, to a tenth. */
export const elapsed = (started: number) => Math.round((performance.now() - started) * 10) / 10;
