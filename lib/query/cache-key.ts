import { createHash } from 'node:crypto';

/** Everything that a result depends on. Two runs with equal parts give equal rows until the data changes. */
export interface CacheKeyParts {
  organizationId: string;
  environmentId: string;
  dataSourceId: string;
  credentialVersion: number;
  /** Moves when the caches of the source or of the organisation are cleared. */
  cacheEpoch: string;
  schemaFingerprint: string;
  policyFingerprint: string;
  /** The statement with white space and comments normalised, literals kept. */
  normalised: string;
  parameters: readonly unknown[];
  limit: number;
}

/**
 * The key of a result: the organisation and the source (so that their entries can be counted and cleared) and a SHA-256 over all
 * parts, each with its type and length, so that no two different lists of parts give the same text.
 */
export function cacheKey(parts: CacheKeyParts): string {
  const hash = createHash('sha256').update(
    canonical([
      parts.organizationId,
      parts.environmentId,
      parts.dataSourceId,
      parts.credentialVersion,
      parts.cacheEpoch,
      parts.schemaFingerprint,
      parts.policyFingerprint,
      parts.normalised,
      parts.parameters,
      parts.limit,
    ]),
  );
  return `${parts.organizationId}:${parts.dataSourceId}:${hash.digest('base64url')}`;
}

/** JSON with keys sorted; JSON itself keeps 1, "1", true, null and [1] apart. */
function canonical(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonical).join(',')}]`;
  if (typeof value === 'object' && value !== null) {
    const entries = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
    return `{${entries.map(([key, item]) => `${JSON.stringify(key)}:${canonical(item)}`).join(',')}}`;
  }
  return JSON.stringify(value) ?? 'undefined';
}
