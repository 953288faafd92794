/**
 * Owns what administrators see and do about jobs and questions' records. Promises: of the own organisation only; a failed job can be
 * asked for again and one that waits or runs can be cancelled, both with an entry in the audit log; of the installation's own jobs
 * only whether and when they ran, since their figures and errors are about every organisation.
 */
export { listJobs } from './list-jobs';
export { cancelJob, getJob, requestJob, retryJob } from './manage-jobs';
export { queueOverview } from './overview';
