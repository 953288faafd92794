'use client';

import { usePathname, useSearchParams } from 'next/navigation';
import { useCallback, useEffect, useRef, useState } from 'react';
import { toast } from 'sonner';
import type { JobView, QueueOverview } from '@/lib/jobs/schema';
import { toApiError } from '../../../_ui/api';
import { useWorkspace } from '../../../_ui/workspace';
import { type Filters, readFilters, toQuery, writeFilters } from './filters';

export interface JobList {
  jobs: JobView[];
  nextCursor: string | null;
}

interface JobsState {
  list: JobList;
  overview: QueueOverview;
  filters: Filters;
  setFilters(next: Partial<Filters>): void;
  /** What is shown is of before a failed look; it is tried again. */
  stale: boolean;
  loadMore(): Promise<void>;
  /** Shows the outcome at once, and takes it back when the server refuses. */
  retry(job: JobView): Promise<void>;
  cancel(job: JobView): Promise<void>;
  refresh(): void;
}

/** Milliseconds between looks: often while something moves. */
const LIVELY_MS = 1_500;
const CALM_MS = 6_000;

/** The list as the address filters it, kept up to date while the page is seen. */
export function useJobs(initial: { list: JobList; overview: QueueOverview }): JobsState {
  const { api } = useWorkspace();
  const [list, setList] = useState(initial.list);
  const [overview, setOverview] = useState(initial.overview);
  const [stale, setStale] = useState(false);
  const [round, setRound] = useState(0);
  const { filters, setFilters } = useFilters();
  const { status, kind } = filters;
  const lively = list.jobs.some((job) => job.status === 'pending' || job.status === 'running');
  const latest = useRef({ lively });
  latest.current = { lively };
  const first = useRef(true);

  // biome-ignore lint/correctness/useExhaustiveDependencies: another round means: look now.
  useEffect(() => {
    const stop = new AbortController();
    let timer: ReturnType<typeof setTimeout> | undefined;
    const look = async () => {
      if (document.visibilityState === 'visible') {
        try {
          const query = toQuery({ status, kind, open: null });
          const [page, queues] = await Promise.all([
            api.json<JobList>('/api/jobs', { query, signal: stop.signal }),
            api.json<QueueOverview>('/api/jobs/queues', { signal: stop.signal }),
          ]);
          setList((old) => mergePage(old, page));
          setOverview(queues);
          setStale(false);
        } catch {
          if (stop.signal.aborted) return;
          setStale(true);
        }
      }
      if (!stop.signal.aborted) timer = setTimeout(look, latest.current.lively ? LIVELY_MS : CALM_MS);
    };
    // The server has just sent what the first look would find.
    if (first.current) timer = setTimeout(look, LIVELY_MS);
    else void look();
    first.current = false;
    const seen = () => {
      if (document.visibilityState !== 'visible') return;
      clearTimeout(timer);
      void look();
    };
    document.addEventListener('visibilitychange', seen);
    return () => {
      stop.abort();
      clearTimeout(timer);
      document.removeEventListener('visibilitychange', seen);
    };
  }, [api, status, kind, round]);

  const change = useCallback(
    async (job: JobView, verb: 'retry' | 'cancel', expected: Partial<JobView>, failure: string) => {
      const put = (next: JobView) =>
        setList((old) => ({ ...old, jobs: old.jobs.map((row) => (row.id === job.id ? { ...row, ...next } : row)) }));
      put({ ...job, ...expected, canRetry: false, canCancel: false });
      try {
        put(await api.json<JobView>(`/api/jobs/${job.id}/${verb}`, { method: 'POST' }));
        setRound((value) => value + 1);
      } catch (cause) {
        put(job);
        toast.error(failure, { description: toApiError(cause).message });
      }
    },
    [api],
  );

  const changeFilters = useCallback(
    (next: Partial<Filters>) => {
      // Rows of another filter are not shown under the new one, not even for a moment.
      if ('status' in next || 'kind' in next) setList({ jobs: [], nextCursor: null });
      setFilters(next);
    },
    [setFilters],
  );

  return {
    list,
    overview,
    filters,
    setFilters: changeFilters,
    stale,
    refresh: () => setRound((value) => value + 1),
    retry: (job) =>
      change(
        job,
        'retry',
        { status: 'pending', error: null, step: '', startedAt: null, finishedAt: null },
        'The job was not asked for again',
      ),
    cancel: (job) =>
      change(
        job,
        'cancel',
        job.status === 'pending'
          ? { status: 'failed', error: { code: 'job.cancelled', message: 'You cancelled it.' } }
          : { cancelling: true },
        'The job goes on',
      ),
    async loadMore() {
      if (!list.nextCursor) return;
      try {
        const page = await api.json<JobList>('/api/jobs', { query: { ...toQuery(filters), cursor: list.nextCursor } });
        setList((old) => ({ jobs: [...old.jobs, ...page.jobs], nextCursor: page.nextCursor }));
      } catch (cause) {
        toast.error('Older jobs could not be read', { description: toApiError(cause).message });
      }
    },
  };
}

/** The newest page, followed by the older rows that were loaded before. */
function mergePage(old: JobList, page: JobList): JobList {
  const last = page.jobs.at(-1);
  const known = new Set(page.jobs.map(({ id }) => id));
  const older = last && page.nextCursor ? old.jobs.filter((job) => job.createdAt <= last.createdAt && !known.has(job.id)) : [];
  return { jobs: [...page.jobs, ...older], nextCursor: older.length > 0 ? old.nextCursor : page.nextCursor };
}

function useFilters(): { filters: Filters; setFilters(next: Partial<Filters>): void } {
  const params = useSearchParams();
  const pathname = usePathname();
  const filters = readFilters((name) => params.get(name));
  const setFilters = useCallback(
    (next: Partial<Filters>) => {
      const now = readFilters((name) => params.get(name));
      window.history.replaceState(null, '', `${pathname}${writeFilters({ ...now, ...next })}`);
    },
    [params, pathname],
  );
  return { filters, setFilters };
}
