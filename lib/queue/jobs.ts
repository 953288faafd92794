import { z } from 'zod';
import { settings } from '../kernel/settings';
import type { JobDefinition } from './job-definition';

const MINUTE = 60_000;
const nothing = z.object({});

const job = <S extends z.ZodType, const Scope extends JobDefinition['scope']>(
  definition: Omit<JobDefinition<z.output<S>>, 'data' | 'scope'> & { data: S; scope: Scope },
) => definition;

/** What all scheduled jobs of the installation share: each run does what is due, so one that was lost is made up by the next. */
const upkeep = {
  queue: 'upkeep',
  scope: 'installation',
  data: nothing,
  attempts: 3,
  backoffMs: 5_000,
  timeoutMs: 5 * MINUTE,
} as const;

/**
 * Every job, one line each; names are noun.verb and never reused for something else: a row may be older than the code that reads it.
 * The code of a job is workers/jobs/<noun>-<verb>.ts, registered in workers/registry.ts.
 */
export const JOBS = {
  'schema.refresh': job({
    label: 'Read a schema again',
    queue: 'sources',
    scope: 'organization',
    data: z.object({ dataSourceId: z.uuid() }),
    attempts: 4,
    backoffMs: 2_000,
    timeoutMs: 3 * MINUTE,
    key: ({ dataSourceId }) => dataSourceId,
  }),
  'schema.warm': job({
    ...upkeep,
    label: 'Warm schemas that expire soon',
    queue: 'sources',
    everyMs: () => Math.min(60 * MINUTE, Math.max(MINUTE, settings().cacheSchemaTtlMs / 6)),
  }),
  'sessions.sweep': job({ ...upkeep, label: 'Remove ended sessions', everyMs: () => settings().sweepIntervalMs }),
  'results.clean': job({ ...upkeep, label: 'Remove expired results', everyMs: () => 15 * MINUTE }),
  'history.clean': job({ ...upkeep, label: 'Remove old query history', everyMs: () => 60 * MINUTE }),
  'workflows.clean': job({ ...upkeep, label: 'Remove old jobs', everyMs: () => 60 * MINUTE }),
} as const;

export type JobName = keyof typeof JOBS;
export type JobData<N extends JobName> = z.output<(typeof JOBS)[N]['data']>;
