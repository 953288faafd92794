'use client';

import { X } from 'lucide-react';
import { useEffect, useState } from 'react';
import type { JobDetails, JobEvent, JobView } from '@/lib/jobs/schema';
import { type ApiError, toApiError } from '../../../_ui/api';
import { Button, Dots } from '../../../_ui/button';
import { Sheet } from '../../../_ui/dialog';
import { formatDuration, formatInstant } from '../../../_ui/figures';
import { Notice } from '../../../_ui/notice';
import { useWorkspace } from '../../../_ui/workspace';
import { durationOf, JobButton, sourceName } from './job-row';
import { lookOf, Status } from './status';

interface Props {
  id: string | null;
  /** The row as the list has it: when it changes, the history is read again. */
  row: JobView | null;
  onClose(): void;
  onRetry(job: JobView): void;
  onCancel(job: JobView): void;
}

/** One job with every change of it. */
export function JobDrawer({ id, row, onClose, onRetry, onCancel }: Props) {
  const { can } = useWorkspace();
  const { details, error } = useDetails(id, row);
  const job = row && details && row.id === details.id ? { ...details, ...row } : details;
  return (
    <Sheet side="right" open={id !== null} onOpenChange={(open) => !open && onClose()} title={job?.label ?? 'Job'}>
      <header className="flex h-12 shrink-0 items-center gap-2 border-b pr-2 pl-4">
        <p className="min-w-0 flex-1 truncate font-semibold text-ink text-sm" aria-hidden="true">
          {job?.label ?? 'Job'}
        </p>
        {job ? <JobButton job={job} canManage={can('job.manage')} onRetry={onRetry} onCancel={onCancel} /> : null}
        <Button look="ghost" size="icon-sm" aria-label="Close" onClick={onClose}>
          <X className="size-4" />
        </Button>
      </header>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by keys (WCAG 2.1.1). */}
      <section aria-label="Details" tabIndex={0} className="scroll-thin min-h-0 flex-1 overflow-y-auto p-4">
        {error ? (
          <Notice tone="danger" title="The job could not be shown" live>
            {error.message}
          </Notice>
        ) : job && details ? (
          <Body job={job} history={details.history} result={details.result} />
        ) : (
          <Dots className="text-ink-3" />
        )}
      </section>
    </Sheet>
  );
}

function useDetails(id: string | null, row: JobView | null): { details: JobDetails | null; error: ApiError | null } {
  const { api } = useWorkspace();
  const [state, setState] = useState<{ details: JobDetails | null; error: ApiError | null }>({ details: null, error: null });
  const version = row ? `${row.status} ${row.step} ${row.attempt} ${row.cancelling}` : '';
  // biome-ignore lint/correctness/useExhaustiveDependencies: a change of the row means another history.
  useEffect(() => {
    if (id === null) return;
    const stop = new AbortController();
    setState((old) => (old.details?.id === id ? old : { details: null, error: null }));
    api.json<JobDetails>(`/api/jobs/${encodeURIComponent(id)}`, { signal: stop.signal }).then(
      (details) => setState({ details, error: null }),
      (cause: unknown) => !stop.signal.aborted && setState({ details: null, error: toApiError(cause) }),
    );
    return () => stop.abort();
  }, [api, id, version]);
  return state;
}

function Body({ job, history, result }: { job: JobView; history: JobEvent[]; result: unknown }) {
  const duration = durationOf(job);
  return (
    <>
      {job.error ? (
        <Notice
          tone={job.status === 'pending' ? 'warning' : job.error.code === 'job.cancelled' ? 'info' : 'danger'}
          className="mb-4"
        >
          <p className="text-ink">{job.error.message}</p>
          <p className="mt-1 text-xs">
            <code className="font-mono">{job.error.code}</code>
          </p>
        </Notice>
      ) : null}
      <dl className="grid grid-cols-[112px_minmax(0,1fr)] gap-x-3 gap-y-1.5 text-sm [&_dd]:min-w-0 [&_dd]:break-words [&_dd]:text-ink [&_dt]:text-ink-3">
        <dt>Status</dt>
        <dd>
          <Status look={lookOf(job)} />
        </dd>
        {job.source ? (
          <>
            <dt>Source</dt>
            <dd>{sourceName(job.source)}</dd>
          </>
        ) : null}
        <dt>Asked for</dt>
        <dd>
          {formatInstant(seconds(job.createdAt))} by {job.requestedBy ?? 'Quarry'}
        </dd>
        <dt>Attempts</dt>
        <dd className="tabular-nums">
          {job.attempt} of {job.maxAttempts}
        </dd>
        {duration ? (
          <>
            <dt>Took</dt>
            <dd className="tabular-nums">{duration}</dd>
          </>
        ) : null}
        {resultOf(result).map(([name, value]) => (
          <Pair key={name} name={name} value={value} />
        ))}
        <dt>Id</dt>
        <dd>
          <code className="break-all font-mono text-xs">{job.id}</code>
        </dd>
      </dl>
      <h3 className="mt-6 mb-2 font-semibold text-ink text-sm">History</h3>
      <ol className="relative ml-1 border-l pl-4">
        {history.map((event, at) => (
          <Change key={`${event.at} ${event.status} ${event.step} ${String(at)}`} event={event} before={history[at - 1]} />
        ))}
      </ol>
    </>
  );
}

function Pair({ name, value }: { name: string; value: string }) {
  return (
    <>
      <dt className="first-letter:uppercase">{name}</dt>
      <dd className="tabular-nums">{value}</dd>
    </>
  );
}

function Change({ event, before }: { event: JobEvent; before: JobEvent | undefined }) {
  const error = event.detail.error as { message?: string } | undefined;
  const gap = before ? Date.parse(event.at) - Date.parse(before.at) : null;
  return (
    <li className="relative pb-3 text-sm">
      <span className="-left-[21px] absolute top-1.5 size-2 rounded-full border border-line-3 bg-work" aria-hidden="true" />
      <p className="flex items-baseline gap-2">
        <span className="min-w-0 flex-1 break-words text-ink">{before ? wordsOf(event) : 'Asked for'}</span>
        <time dateTime={event.at} title={event.at} className="shrink-0 text-ink-3 text-xs tabular-nums">
          {gap === null ? event.at.slice(11, 19) : gap >= 1 ? `+${formatDuration(gap)}` : null}
        </time>
      </p>
      {error?.message ? <p className="break-words text-danger-ink text-xs">{error.message}</p> : null}
      {typeof event.detail.warning === 'string' ? <p className="text-warning-ink text-xs">{event.detail.warning}</p> : null}
    </li>
  );
}

/** A change in words: what happened, not what the row says. */
function wordsOf({ status, step, attempt, detail }: JobEvent): string {
  if (status === 'pending') {
    if (typeof detail.delayMs === 'number') return `Waits ${formatDuration(detail.delayMs)} before another attempt`;
    if (typeof detail.by === 'string') return `${detail.by} asked for it again`;
    if (typeof detail.reason === 'string') return `Put back: ${detail.reason}`;
    return 'Waits for another attempt';
  }
  if (status === 'running') {
    if (step) return detail.outcome === 'failed' ? `${sentence(step)}: failed` : sentence(step);
    if (typeof detail.by === 'string') return `${detail.by} asked for its end`;
    return attempt > 1 ? `Attempt ${attempt} began` : 'Began';
  }
  if (status === 'completed') return 'Done';
  return typeof detail.by === 'string' ? 'Cancelled' : attempt > 0 ? `Attempt ${attempt} failed` : 'Failed';
}

const sentence = (text: string) => text.charAt(0).toUpperCase() + text.slice(1);
const seconds = (iso: string) => iso.replace(/\.\d+/, '');

function resultOf(result: unknown): [string, string][] {
  if (typeof result !== 'object' || result === null) return [];
  return Object.entries(result).flatMap(([name, value]): [string, string][] => {
    if (name === 'durationMs' && typeof value === 'number') return [];
    return typeof value === 'number' || typeof value === 'string' ? [[name, String(value)]] : [];
  });
}
