import type { ZodType } from 'zod';

/** Where a job waits. `sources` talks to customers' databases and may be slow; `upkeep` works on Quarry's own. */
export type QueueName = 'sources' | 'upkeep';

export interface JobDefinition<Data = unknown> {
  /** A few words for the jobs page. */
  label: string;
  queue: QueueName;
  /** Whose it is: an organisation's, or the installation's, which no organisation sees. */
  scope: 'organization' | 'installation';
  data: ZodType<Data>;
  /** How often it is begun at most; a crash counts, a graceful stop doesn't. */
  attempts: number;
  /** Milliseconds before the second attempt; doubled before each further one, with jitter, ten minutes at most. */
  backoffMs: number;
  /** Milliseconds that one attempt may take; then its signal aborts. */
  timeoutMs: number;
  /** At most one unfinished job of the organisation has the same key; a second request for it gets the first one's id. */
  key?(data: Data): string;
  /** Milliseconds between runs, for a job that Quarry asks for by itself. Read when the process starts. */
  everyMs?(): number;
}

export type JobTable = Record<string, JobDefinition>;
