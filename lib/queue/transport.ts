import type { QueueName } from './job-definition';
import type { Waiting } from './store';

/** What a transport asks for when it is time. */
export interface Work {
  /**
   * Takes the next row that is due in this queue and runs it to its end.
   * @param onTaken called when there was one, before it runs
   * @returns false when there was none
   */
  runNext(queue: QueueName, onTaken?: () => void): Promise<boolean>;
  /** Asks for a scheduled job once per period, whoever else does so too. */
  tick(kind: string): Promise<void>;
}

export interface TransportPlan {
  /** How many jobs of each queue this process runs at once. */
  slots: Record<QueueName, number>;
  schedules: { kind: string; queue: QueueName; everyMs: number }[];
  queueOf: (kind: string) => QueueName | undefined;
}

/**
 * How a process learns that work waits. Rows are the truth; a transport carries only the news, so that news may come twice or late
 * and nothing is lost with it.
 */
export interface Transport {
  readonly name: 'redis' | 'process';
  /** Tells that rows wait. @returns false when it couldn't: then it is told again later. Never throws. */
  deliver(rows: Waiting[]): Promise<boolean>;
  /** From now on this process works. */
  start(work: Work): Promise<void>;
  /** Puts right what the carrier may have forgotten. Called every few seconds while this process works. Never throws. */
  refresh(): Promise<void>;
  /** Takes nothing new; what runs goes on. */
  stop(): Promise<void>;
  close(): Promise<void>;
}
