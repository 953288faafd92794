import { notFound } from 'next/navigation';
import type { Ctx } from '@/lib/access';
import { QuarryError } from '@/lib/kernel/errors';
import { getSource, type SourceSummary } from '@/lib/sources';

/** The source of a page's address; the not-found page when the organisation has none like it. */
export async function findSource(ctx: Ctx, id: string): Promise<SourceSummary> {
  try {
    return await getSource(ctx, id);
  } catch (error) {
    if (error instanceof QuarryError && error.code === 'not_found') notFound();
    throw error;
  }
}
