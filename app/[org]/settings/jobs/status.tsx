import clsx from 'clsx';
import type { JobView, WorkflowStatus } from '@/lib/jobs/schema';

type Look = WorkflowStatus | 'paused' | 'cancelling' | 'cancelled';

const LOOKS: Record<Look, { word: string; dot: string; ink: string }> = {
  pending: { word: 'Waiting', dot: 'border border-line-3', ink: 'text-ink-2' },
  paused: { word: 'Trying again', dot: 'bg-warning', ink: 'text-warning-ink' },
  running: { word: 'Running', dot: 'animate-pulse-dot bg-accent', ink: 'text-accent-ink' },
  cancelling: { word: 'Stopping', dot: 'animate-pulse-dot bg-ink-3', ink: 'text-ink-2' },
  completed: { word: 'Done', dot: 'bg-success', ink: 'text-ink-2' },
  failed: { word: 'Failed', dot: 'bg-danger', ink: 'text-danger-ink' },
  cancelled: { word: 'Cancelled', dot: 'bg-ink-3', ink: 'text-ink-2' },
};

/** What a job looks like: its status, told apart by word, and by colour beside it. */
export function lookOf(job: Pick<JobView, 'status' | 'error' | 'cancelling'>): Look {
  if (job.cancelling) return 'cancelling';
  if (job.status === 'pending' && job.error) return 'paused';
  if (job.status === 'failed' && job.error?.code === 'job.cancelled') return 'cancelled';
  return job.status;
}

export function Status({ look, className }: { look: Look; className?: string }) {
  const { word, dot, ink } = LOOKS[look];
  return (
    <span className={clsx('inline-flex items-center gap-2 whitespace-nowrap font-medium text-xs', ink, className)}>
      <span className={clsx('size-2 shrink-0 rounded-full', dot)} aria-hidden="true" />
      {word}
    </span>
  );
}
