import { sweepSessions } from '@/lib/access';
import type { RunOf } from '@/lib/queue';

/** Removes sessions that have ended. */
export async function run({ clock }: RunOf<'sessions.sweep'>): Promise<{ handled: number }> {
  return { handled: await sweepSessions(clock) };
}
