/** One running operation: what it is limited by, and what it has done. */
import { ServerError } from './values';

export class Operation {
  docsExamined = 0;
  returned = 0;
  /** Time spent working, for limits that span several getMores. */
  spentMs = 0;
  readonly startedAt = performance.now();
  private reason: ServerError | null = null;

  constructor(
    readonly id: number,
    /** Milliseconds of work allowed; 0 for any. */
    private readonly limitMs: number,
  ) {}

  kill(reason: ServerError): void {
    this.reason ??= reason;
  }

  get killed(): boolean {
    return this.reason !== null;
  }

  /** @throws what ended the operation: killed, or over its time */
  check(): void {
    if (this.reason) throw this.reason;
    if (this.limitMs > 0 && this.spentMs + performance.now() - this.startedAt > this.limitMs)
      throw new ServerError(50, 'MaxTimeMSExpired', 'operation exceeded time limit');
  }
}

export const interrupted = (): ServerError => new ServerError(11601, 'Interrupted', 'operation was interrupted');

/** Between documents of heavy work: the event loop gets its turn, so that the operation can be killed. */
export const PAUSE: unique symbol = Symbol('pause');
