import { failLostExchanges } from '@/lib/conversations';
import { cleanWorkflows, type RunOf } from '@/lib/queue';

/** Removes jobs and questions' records that ended long ago, and fails answers that were never recorded and whose process is gone. */
export async function run({ clock }: RunOf<'workflows.clean'>): Promise<{ handled: number; lost: number }> {
  return { handled: await cleanWorkflows(), lost: await failLostExchanges(clock) };
}
