import { QuarryError } from '@/lib/kernel/errors';
import type { RunOf } from '@/lib/queue';
import { refreshSchema } from '@/lib/schema';
import { checkSource } from '@/lib/sources';

/** Reads a source's schema again. Twice does no harm: a version is kept only when something changed. */
export async function run(job: RunOf<'schema.refresh'>): Promise<{ tables: number; version: number | null }> {
  // A job keeps pauses of its own: it asks the source also while it is known to be down, and so notices first that it is back.
  job.step('reach the source');
  await checkSource(job.ctx, job.data.dataSourceId);
  job.step('read the catalogue');
  const { catalogue, version } = await refreshSchema(job.ctx, job.data.dataSourceId);
  if (job.signal.aborted) throw new QuarryError('query.cancelled', 'The schema was not read to its end.');
  return { tables: catalogue.tables.length, version };
}
