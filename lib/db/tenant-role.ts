import pg from 'pg';
import { QuarryError } from '../kernel/errors';

/** The role as which tenant connections act: no login, no way around row-level security. */
export const TENANT_ROLE = 'quarry_tenant';

/** Roles belong to the whole server: two databases migrated at once may both be creating it. */
const RACE_CODES = new Set(['42710', '23505', 'XX000']);

/**
 * Makes sure that quarry_tenant exists and that the connecting login may act as it. Idempotent.
 * @throws QuarryError database.unavailable with the SQL that an administrator has to run
 */
export async function ensureTenantRole(client: pg.Client): Promise<void> {
  for (let attempt = 1; ; attempt++) {
    try {
      await createAndGrant(client);
      return;
    } catch (error) {
      if (attempt < 5 && error instanceof pg.DatabaseError && RACE_CODES.has(error.code ?? '')) continue;
      throw await explainMissingRole(client, error);
    }
  }
}

async function createAndGrant(client: pg.Client): Promise<void> {
  const role = await client.query<{ rolbypassrls: boolean; rolsuper: boolean }>(
    'SELECT rolbypassrls, rolsuper FROM pg_roles WHERE rolname = $1',
    [TENANT_ROLE],
  );
  const found = role.rows[0];
  if (found && (found.rolbypassrls || found.rolsuper)) {
    throw new QuarryError('database.unavailable', `The role ${TENANT_ROLE} must not bypass row-level security.`, {
      hints: [`ALTER ROLE ${TENANT_ROLE} NOSUPERUSER NOBYPASSRLS;`],
    });
  }
  if (!found) await client.query(`CREATE ROLE ${TENANT_ROLE} NOLOGIN NOBYPASSRLS`);
  // Since PostgreSQL 16, whoever creates a role may grant it but not yet act as it.
  if (!(await canActAsTenant(client))) await client.query(`GRANT ${TENANT_ROLE} TO CURRENT_USER`);
}

async function canActAsTenant(client: pg.Client): Promise<boolean> {
  try {
    await client.query(`SET ROLE ${TENANT_ROLE}`);
    return true;
  } catch (error) {
    if (error instanceof pg.DatabaseError && error.code === '42501') return false;
    throw error;
  } finally {
    await client.query('RESET ROLE');
  }
}

async function explainMissingRole(client: pg.Client, error: unknown): Promise<unknown> {
  if (!(error instanceof pg.DatabaseError) || error.code !== '42501') return error;
  const { rows } = await client.query<{ login: string; there: boolean }>(
    'SELECT quote_ident(current_user) AS login, EXISTS (SELECT FROM pg_roles WHERE rolname = $1) AS there',
    [TENANT_ROLE],
  );
  const create = rows[0]?.there ? '' : `CREATE ROLE ${TENANT_ROLE} NOLOGIN NOBYPASSRLS; `;
  const sql = `${create}GRANT ${TENANT_ROLE} TO ${rows[0]?.login ?? 'the login'};`;
  return new QuarryError(
    'database.unavailable',
    `The builder database's login may not act as the role ${TENANT_ROLE}. Let an administrator run: ${sql}`,
    { hints: [sql], cause: error },
  );
}
