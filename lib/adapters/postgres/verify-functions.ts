import { QuarryError } from '../../kernel/errors';
import type { PostgresConnection, Shared } from './connection';

/** How long what a function is declared as is believed. */
const BELIEVED_MS = 300_000;

/**
 * Refuses the customer's own functions that are VOLATILE, the only kind that may change something (manual, 36.7). A name that
 * isn't found is left to the server, which knows the error best.
 * @param names as they stand in the query, lower case unless quoted there
 * @throws QuarryError query.refused
 */
export async function verifyFunctions(connection: PostgresConnection, shared: Shared, names: readonly string[]): Promise<void> {
  const now = Date.now();
  const unknown = names.filter((name) => (shared.volatility.get(name)?.until ?? 0) < now);
  if (unknown.length > 0) {
    const rows = await connection.rows(
      `SELECT asked.name, bool_or(p.provolatile = 'v')
       FROM unnest($1::text[]) AS asked(name)
       JOIN pg_catalog.pg_proc p ON p.proname = regexp_replace(asked.name, '^.*\\.', '')
       JOIN pg_catalog.pg_namespace n ON n.oid = p.pronamespace
       WHERE CASE WHEN asked.name LIKE '%.%' THEN n.nspname = split_part(asked.name, '.', 1) ELSE pg_catalog.pg_function_is_visible(p.oid) END
       GROUP BY 1`,
      [`{${unknown.map((name) => `"${name.replace(/[\\"]/g, '\\$&')}"`).join(',')}}`],
    );
    for (const [name, volatile] of rows)
      shared.volatility.set(name ?? '', { volatile: volatile === 't', until: now + BELIEVED_MS });
  }
  const refused = names.find((name) => shared.volatility.get(name)?.volatile);
  if (refused !== undefined) {
    throw new QuarryError(
      'query.refused',
      `The function ${refused} is declared VOLATILE, so it may change data, and Quarry does not run it. If it only reads, its owner can declare it STABLE.`,
      { stage: 'validate', details: { function: refused } },
    );
  }
}
