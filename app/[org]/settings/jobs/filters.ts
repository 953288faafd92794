import { ALL_JOBS, type ListJobsInput, type WorkflowStatus, workflowStatusSchema } from '@/lib/jobs/schema';

/** What the page's address says: which jobs are listed, and which one is open. */
export interface Filters {
  status: WorkflowStatus | null;
  kind: string;
  open: string | null;
}

/** @param read a parameter of the address; what isn't one of ours counts as not there */
export function readFilters(read: (name: string) => string | null): Filters {
  const kind = read('kind');
  return {
    status: workflowStatusSchema.safeParse(read('status')).data ?? null,
    kind: kind !== null && /^[a-z.]{1,60}$/.test(kind) ? kind : ALL_JOBS,
    open: read('job'),
  };
}

/** The address's query for filters; what is as usual is left out. */
export function writeFilters({ status, kind, open }: Filters): string {
  const search = new URLSearchParams();
  if (status) search.set('status', status);
  if (kind !== ALL_JOBS) search.set('kind', kind);
  if (open) search.set('job', open);
  return search.size > 0 ? `?${search}` : '';
}

/** The same as the API's query. */
export function toQuery({ status, kind }: Filters): Record<keyof Pick<ListJobsInput, 'status' | 'kind'>, string | undefined> {
  return { status: status ?? undefined, kind };
}
