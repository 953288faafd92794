import type { RunOf } from '@/lib/queue';
import { warmSchemas } from '@/lib/schema';

/** Reads schemas of sources in use again before they expire; those that are fresh are left alone. */
export async function run({ clock }: RunOf<'schema.warm'>): Promise<{ handled: number }> {
  return { handled: await warmSchemas(clock) };
}
