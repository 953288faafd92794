'use client';

import { Ban, RotateCw } from 'lucide-react';
import type { JobView } from '@/lib/jobs/schema';
import { Button } from '../../../_ui/button';
import { formatDuration } from '../../../_ui/figures';
import { RelativeTime } from '../../../_ui/relative-time';
import { lookOf, Status } from './status';

interface JobActions {
  canManage: boolean;
  onRetry(job: JobView): void;
  onCancel(job: JobView): void;
}

interface Props extends JobActions {
  job: JobView;
  onOpen(job: JobView): void;
}

export function JobRow({ job, onOpen, ...actions }: Props) {
  return (
    <li className="relative grid grid-cols-[minmax(0,1fr)_auto] items-center gap-x-3 px-3 py-2 hover:bg-hover md:grid-cols-[104px_minmax(0,1fr)_116px_88px] md:px-4">
      <Status look={lookOf(job)} className="col-span-2 mb-0.5 md:col-span-1 md:mb-0" />
      <div className="min-w-0">
        <button
          type="button"
          data-item
          onClick={() => onOpen(job)}
          className="max-w-full truncate rounded-sm text-left font-medium text-ink text-sm after:absolute after:inset-0 after:rounded-sm focus-visible:outline-none focus-visible:after:outline-2 focus-visible:after:outline-accent focus-visible:after:-outline-offset-2"
        >
          {job.label}
          {job.source ? <span className="font-normal text-ink-2"> · {sourceName(job.source)}</span> : null}
        </button>
        <p className="truncate text-ink-3 text-xs" title={job.error?.message}>
          {lineOf(job)}
        </p>
      </div>
      <p className="hidden text-right text-ink-3 text-xs tabular-nums md:block">
        <RelativeTime at={job.finishedAt ?? job.startedAt ?? job.createdAt} className="block" />
        <span className="block">{durationOf(job) ?? ' '}</span>
      </p>
      <div className="relative z-10 flex min-h-7 justify-end">
        <JobButton job={job} {...actions} />
      </div>
    </li>
  );
}

/** Its one action, if it has one now. */
export function JobButton({ job, canManage, onRetry, onCancel }: JobActions & { job: JobView }) {
  if (!canManage) return null;
  if (job.canRetry) {
    return (
      <Button size="sm" onClick={() => onRetry(job)} aria-label={`Retry ${job.label}`}>
        <RotateCw className="size-3.5" aria-hidden="true" />
        Retry
      </Button>
    );
  }
  if (!job.canCancel) return null;
  return (
    <Button size="sm" look="ghost" onClick={() => onCancel(job)} aria-label={`Cancel ${job.label}`}>
      <Ban className="size-3.5" aria-hidden="true" />
      Cancel
    </Button>
  );
}

export const sourceName = ({ name, removed }: { name: string; removed: boolean }) => (removed ? `${name} (removed)` : name);

function lineOf(job: JobView): string {
  if (job.error)
    return job.status === 'pending'
      ? `Attempt ${job.attempt} of ${job.maxAttempts} failed: ${job.error.message}`
      : job.error.message;
  if (job.status === 'running') return job.step || 'Started';
  const by = job.requestedBy ? `Asked for by ${job.requestedBy}` : 'Asked for by Quarry';
  return job.status === 'completed' && job.attempt > 1 ? `${by}, done at attempt ${job.attempt}` : by;
}

/** How long the last attempt took. */
export function durationOf({ startedAt, finishedAt }: JobView): string | null {
  if (!startedAt || !finishedAt) return null;
  const ms = Date.parse(finishedAt) - Date.parse(startedAt);
  return ms >= 0 ? formatDuration(ms) : null;
}
