/** The code of every job, one line each. The compiler asks for a line per name in lib/queue/jobs.ts, the architecture test for each file. */
import type { JobHandlers } from '@/lib/queue';
import { run as cleanHistory } from './jobs/history-clean';
import { run as cleanResults } from './jobs/results-clean';
import { run as refreshSchema } from './jobs/schema-refresh';
import { run as warmSchemas } from './jobs/schema-warm';
import { run as sweepSessions } from './jobs/sessions-sweep';
import { run as cleanWorkflows } from './jobs/workflows-clean';

export const HANDLERS: JobHandlers = {
  'schema.refresh': refreshSchema,
  'schema.warm': warmSchemas,
  'sessions.sweep': sweepSessions,
  'results.clean': cleanResults,
  'history.clean': cleanHistory,
  'workflows.clean': cleanWorkflows,
};
