import { cleanResults } from '@/lib/query';
import type { RunOf } from '@/lib/queue';

/** Removes expired results from the cache that instances share. */
export async function run({ clock }: RunOf<'results.clean'>): Promise<{ handled: number }> {
  return { handled: await cleanResults(clock) };
}
