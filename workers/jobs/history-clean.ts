import { cleanHistory } from '@/lib/query';
import type { RunOf } from '@/lib/queue';

/** Removes query history that is older than it is kept. */
export async function run({ clock }: RunOf<'history.clean'>): Promise<{ handled: number }> {
  return { handled: await cleanHistory(clock) };
}
