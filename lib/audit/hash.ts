import { createHash } from 'node:crypto';

interface HashedEvent {
  organizationId: string;
  sequence: bigint;
  at: Date;
  actorId: string | null;
  actorKind: string;
  action: string;
  target: string | null;
  outcome: string;
  address: string | null;
  detail: unknown;
  previousHash: string;
}

/** The previous hash of an organisation's first event. */
export const GENESIS = '0'.repeat(64);

/** SHA-256 (hex) over every field of the event and the hash of the one before, in a form that storing as jsonb doesn't change. */
export function hashEvent(event: HashedEvent): string {
  const fields = [
    event.organizationId,
    event.sequence.toString(),
    event.at.toISOString(),
    event.actorId,
    event.actorKind,
    event.action,
    event.target,
    event.outcome,
    event.address,
    sorted(event.detail),
    event.previousHash,
  ];
  return createHash('sha256').update(JSON.stringify(fields)).digest('hex');
}

/** Keys in alphabetical order at every level: jsonb keeps no order of its own. */
function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (value === null || typeof value !== 'object') return value;
  const entries = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
  return Object.fromEntries(entries.map(([key, item]) => [key, sorted(item)]));
}
