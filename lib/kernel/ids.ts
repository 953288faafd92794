import { randomBytes, randomUUID } from 'node:crypto';

/** A random UUID v4: the only kind of id Quarry hands out. */
export function newId(): string {
  return randomUUID();
}

/** A URL-safe random string with the given number of random bytes (32 = 256 bits). */
export function newSecret(bytes = 32): string {
  return randomBytes(bytes).toString('base64url');
}

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[1-8][0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/i;

/** True for a well-formed UUID. Check before a look-up: Postgres answers a malformed one with an error, not with "no row". */
export function isId(value: string): boolean {
  return UUID.test(value);
}
