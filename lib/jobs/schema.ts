/** Shapes of the jobs API; browser-safe. */
import { z } from 'zod';
import { QUESTION, type WorkflowStatus, workflowStatusSchema } from '../queue/schema';

export { type WorkflowStatus, workflowStatusSchema };

/** Filter values of GET /api/jobs?kind=: all jobs, all questions, or one job's name. */
export const ALL_JOBS = 'job';
export const ALL_QUESTIONS = QUESTION;

export const listJobsSchema = z.object({
  status: workflowStatusSchema.optional(),
  kind: z.string().min(1).max(60).optional(),
  cursor: z.string().max(200).optional(),
  limit: z.coerce.number().int().min(1).max(100).optional(),
});
export type ListJobsInput = z.output<typeof listJobsSchema>;

export const requestJobSchema = z.strictObject({ kind: z.literal('schema.refresh'), dataSourceId: z.uuid() });
export type RequestJobInput = z.output<typeof requestJobSchema>;

export interface JobView {
  id: string;
  /** Name of a job, or "question". */
  kind: string;
  label: string;
  status: WorkflowStatus;
  /** The current step, or the last one. */
  step: string;
  /** Of the newest attempt that failed; a job that waits for another attempt has one too. */
  error: { code: string; message: string } | null;
  attempt: number;
  maxAttempts: number;
  source: { id: string; name: string; removed: boolean } | null;
  /** Who asked for it; null: Quarry itself. */
  requestedBy: string | null;
  createdAt: string;
  /** When it may begin: later than now for a pause before another attempt. */
  runAt: string;
  startedAt: string | null;
  finishedAt: string | null;
  /** Its end was asked for, and it is on its way. */
  cancelling: boolean;
  canRetry: boolean;
  canCancel: boolean;
}

export interface JobEvent {
  status: WorkflowStatus;
  step: string;
  at: string;
  attempt: number;
  detail: Record<string, unknown>;
}

export interface JobDetails extends JobView {
  result: unknown;
  history: JobEvent[];
}

export interface QueueFigures {
  name: string;
  label: string;
  waiting: number;
  delayed: number;
  running: number;
  /** In the last 24 hours. */
  failed: number;
}

export interface QueueOverview {
  /** How news of jobs travel: by Redis, or by looking at the table. */
  backend: 'redis' | 'process';
  redis: { state: 'off' | 'up' | 'down'; since: string; reason?: string };
  /** What is wrong with the machinery, as a sentence; null when nothing is. */
  trouble: string | null;
  /** Of the organisation. */
  queues: QueueFigures[];
  /** Processes of the installation with a recent sign of life. */
  workers: {
    id: string;
    runsJobs: boolean;
    version: string;
    startedAt: string;
    seenAt: string;
    sweeps: { name: string; at: string; ok: boolean }[];
  }[];
  /** Jobs that Quarry asks for by itself, for the whole installation: whether and when, nothing of what they found. */
  schedules: { kind: string; label: string; everyMs: number; last: { status: WorkflowStatus; at: string } | null }[];
}
