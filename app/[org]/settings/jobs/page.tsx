import type { Metadata } from 'next';
import { page } from '@/lib/access';
import { listJobs, queueOverview } from '@/lib/jobs';
import { readFilters } from './filters';
import { JobsView } from './jobs-view';

export const metadata: Metadata = { title: 'Jobs' };

interface Props {
  params: Promise<{ org: string }>;
  searchParams: Promise<Record<string, string | string[] | undefined>>;
}

export default async function JobsPage({ params, searchParams }: Props) {
  const ctx = await page({ permission: 'job.read', organization: (await params).org });
  const given = await searchParams;
  const filters = readFilters((name) => {
    const value = given[name];
    return typeof value === 'string' ? value : null;
  });
  const { kind, status } = filters;
  const [list, overview] = await Promise.all([listJobs(ctx, { kind, ...(status ? { status } : {}) }), queueOverview(ctx)]);
  return <JobsView list={list} overview={overview} />;
}
