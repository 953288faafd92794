import { QuarryError, toQuarryError } from '../kernel/errors';
import type { StageSpan } from './types';

/** The stages of one run, in the order in which they began. An error is marked with the stage that it arose in. */
export class Trace {
  readonly spans: StageSpan[] = [];

  /** Runs one stage, timed. */
  async run<T>(stage: StageSpan['stage'], work: () => Promise<T> | T): Promise<T> {
    const started = performance.now();
    const span: StageSpan = { stage, durationMs: 0 };
    this.spans.push(span);
    try {
      return await work();
    } catch (error) {
      throw atStage(error, stage);
    } finally {
      span.durationMs = round(performance.now() - started);
    }
  }

  /** Records a stage that was timed elsewhere (execute and format alternate, batch by batch). */
  add(stage: StageSpan['stage'], durationMs: number): void {
    this.spans.push({ stage, durationMs: round(durationMs) });
  }
}

function round(ms: number): number {
  return Math.round(ms * 1000) / 1000;
}

/** The same error with the stage set, unless it has one already. */
export function atStage(thrown: unknown, stage: StageSpan['stage']): QuarryError {
  const error = toQuarryError(thrown);
  if (error.stage !== undefined || stage === 'metrics') return error;
  const { code, message, hints, details, retryAfterS, cause } = error;
  return new QuarryError(code, message, { stage, hints, details, retryAfterS, cause });
}
