import type { ConnectionReport } from '../contract';
import type { PostgresConnection } from './connection';
import { quoteIdentifier } from './identifiers';
import { READABLE_RELATIONS } from './introspect';
import type { PostgresConfig } from './manifest';

/** What a connection test shows (A3), in two round trips. */
export async function inspectConnection(connection: PostgresConnection, config: PostgresConfig): Promise<ConnectionReport> {
  const started = performance.now();
  await connection.rows('SELECT 1');
  const latencyMs = Math.round((performance.now() - started) * 100) / 100;
  const [row = []] = await connection.rows(`
    SELECT current_setting('server_version'), current_database(),
      (SELECT count(*) ${READABLE_RELATIONS}),
      (SELECT CASE WHEN s.ssl THEN s.version || ' ' || s.cipher ELSE 'off' END FROM pg_catalog.pg_stat_ssl s WHERE s.pid = pg_backend_pid()),
      (SELECT r.rolsuper OR r.rolcreatedb OR r.rolcreaterole FROM pg_catalog.pg_roles r WHERE r.rolname = current_user)
        OR has_database_privilege(current_database(), 'CREATE')
        OR EXISTS (SELECT FROM pg_catalog.pg_namespace n WHERE n.nspname !~ '^pg_' AND n.nspname <> 'information_schema' AND has_schema_privilege(n.oid, 'CREATE'))
        OR EXISTS (SELECT ${READABLE_RELATIONS} AND (has_table_privilege(c.oid, 'INSERT, UPDATE, DELETE, TRUNCATE') OR has_any_column_privilege(c.oid, 'INSERT, UPDATE'))),
      (SELECT array_to_json(array_agg(DISTINCT n.nspname)) ${READABLE_RELATIONS})`);
  const [serverVersion, database, tableCount, tls, canWrite, schemas] = row;
  const report: ConnectionReport = {
    serverVersion: serverVersion ?? '',
    database: database ?? config.database,
    tableCount: Number(tableCount),
    tls: tls ?? 'off',
    latencyMs,
    canWrite: canWrite === 't',
  };
  if (report.canWrite)
    report.readOnlyUserSql = readOnlyUserSql(report.database, schemas ? (JSON.parse(schemas) as string[]) : []);
  return report;
}

/** Statements for psql or any other client that make a login which may read everything and change nothing. */
function readOnlyUserSql(database: string, schemas: string[]): string {
  const perSchema = (schemas.length > 0 ? schemas : ['public'])
    .map(quoteIdentifier)
    .flatMap((schema) => [
      `GRANT USAGE ON SCHEMA ${schema} TO quarry_reader;`,
      `GRANT SELECT ON ALL TABLES IN SCHEMA ${schema} TO quarry_reader;`,
      `ALTER DEFAULT PRIVILEGES IN SCHEMA ${schema} GRANT SELECT ON TABLES TO quarry_reader;`,
    ]);
  return [
    'CREATE ROLE quarry_reader LOGIN;',
    '-- Give it a password of your choice: in psql, \\password quarry_reader',
    'ALTER ROLE quarry_reader SET default_transaction_read_only = on;',
    `GRANT CONNECT ON DATABASE ${quoteIdentifier(database)} TO quarry_reader;`,
    ...perSchema,
  ].join('\n');
}
