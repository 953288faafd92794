import type { ConnectionReport } from '../contract';
import type { MysqlConnection } from './connection';
import { READABLE_TABLES } from './introspect';
import type { MysqlConfig } from './manifest';

/** Privileges that change nothing of the data, its structure or its users. Every other one makes a login able to write. */
const HARMLESS = new Set([
  'USAGE',
  'SELECT',
  'SHOW VIEW',
  'SHOW DATABASES',
  'SHOW CREATE ROUTINE',
  'SHOW_ROUTINE',
  'EXECUTE',
  'PROCESS',
  'REFERENCES',
  'PROXY',
  'BINLOG MONITOR',
  'REPLICATION CLIENT',
]);

/** What a connection test shows (A3), in a few round trips. */
export async function inspectConnection(connection: MysqlConnection, config: MysqlConfig): Promise<ConnectionReport> {
  connection.markUsed();
  const started = performance.now();
  await connection.rows('SELECT 1');
  const latencyMs = Math.round((performance.now() - started) * 100) / 100;
  const [[version, database, tableCount] = []] = await connection.rows(
    `SELECT VERSION(), DATABASE(), (SELECT COUNT(*) ${READABLE_TABLES})`,
  );
  const report: ConnectionReport = {
    serverVersion: version ?? '',
    database: database ?? config.database,
    tableCount: Number(tableCount),
    tls: await tlsOf(connection),
    latencyMs,
    canWrite: (await grants(connection)).some(mayWrite),
  };
  if (report.canWrite) {
    const schemas = await connection.rows(`SELECT DISTINCT TABLE_SCHEMA ${READABLE_TABLES} ORDER BY 1`);
    report.readOnlyUserSql = readOnlyUserSql([...new Set([report.database, ...schemas.map(([schema]) => schema ?? '')])]);
  }
  return report;
}

async function tlsOf(connection: MysqlConnection): Promise<string> {
  const rows = await connection.rows("SHOW SESSION STATUS WHERE Variable_name IN ('Ssl_cipher', 'Ssl_version')");
  const status = new Map(rows.map(([name, value]) => [name?.toLowerCase(), value ?? '']));
  const cipher = status.get('ssl_cipher');
  return cipher ? `${status.get('ssl_version')} ${cipher}` : 'off';
}

/** The grants of this login and of its active roles, as statements. */
async function grants(connection: MysqlConnection): Promise<string[]> {
  const [[role = null] = []] = await connection.rows('SELECT CURRENT_ROLE()').catch(() => [[null]]); // MySQL 5.7 has no roles
  // MariaDB shows those of the active role by itself.
  const using = role !== null && role !== 'NONE' && !connection.isMariaDb ? ` USING ${role}` : '';
  return (await connection.rows(`SHOW GRANTS FOR CURRENT_USER()${using}`)).map(([grant]) => grant ?? '');
}

/** "GRANT SELECT, INSERT (`a`, `b`) ON `db`.* TO …": whether it lets change anything. Exported for its test. */
export function mayWrite(grant: string): boolean {
  // Names stand in backticks, and may hold " ON " themselves; before the first one there are only privileges and lists of columns.
  const list = /^GRANT ((?:[^`(]|\((?:`(?:[^`]|``)*`|[^)`])*\))+?) ON /.exec(grant)?.[1];
  if (list === undefined) return false; // the grant of a role; its privileges are rows of their own
  if (/ WITH GRANT OPTION/.test(grant) && !list.startsWith('PROXY')) return true;
  const privileges = list.replace(/\((?:`(?:[^`]|``)*`|[^)`])*\)/g, '').split(',');
  return privileges.some((privilege) => !HARMLESS.has(privilege.trim().toUpperCase()));
}

/** Statements for any client that make a login which may read everything and change nothing. An underscore in a grant is a wildcard. */
function readOnlyUserSql(schemas: string[]): string {
  return [
    "CREATE USER 'quarry_reader'@'%' ACCOUNT LOCK;",
    "-- Give it a password of your choice, then let it in: ALTER USER 'quarry_reader'@'%' IDENTIFIED BY …; ALTER USER 'quarry_reader'@'%' ACCOUNT UNLOCK;",
    '-- The privilege FILE, which lets a query write files of the server, is not given.',
    ...schemas.map(
      (schema) =>
        `GRANT SELECT, SHOW VIEW ON \`${schema.replaceAll('`', '``').replace(/[_%]/g, '\\$&')}\`.* TO 'quarry_reader'@'%';`,
    ),
  ].join('\n');
}
