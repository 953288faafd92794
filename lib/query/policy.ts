import type { StatementFacts } from '../adapters/contract';

/** What remains of a statement after the access policy, and what the policy did to it. */
export interface PolicyOutcome {
  text: string;
  /** Part of the cache key: users under different policies never share a result. */
  fingerprint: string;
  masked: string[];
  filtered: string[];
}

/** The fingerprint of "no policy". */
const NO_POLICY = 'none';

/** What is in force for a source now: part of the key of whatever is remembered of it. */
export function policyFingerprint(_dataSourceId: string): string {
  return NO_POLICY;
}

/**
 * The single place where an access policy rewrites a statement. Quarry has no policies yet (table lists, masks and row filters come
 * with issue 4), so every statement passes unchanged.
 */
export function applyPolicy(text: string, _facts: StatementFacts): PolicyOutcome {
  return { text, fingerprint: NO_POLICY, masked: [], filtered: [] };
}
