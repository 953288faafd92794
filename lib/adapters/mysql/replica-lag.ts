import type { MysqlConnection } from './connection';
import { ServerError, type TextTable } from './wire';

/** Its name has changed with the times. */
const LAG_COLUMNS = new Set(['Seconds_Behind_Master', 'Seconds_Behind_Source']);

/**
 * How far this server is behind the one it copies, in seconds. Null when it copies none, has stopped to, or doesn't tell this login
 * (REPLICATION CLIENT, on MariaDB REPLICA MONITOR).
 */
export async function replicaLag(connection: MysqlConnection): Promise<number | null> {
  const statements = connection.isMariaDb ? ['SHOW ALL SLAVES STATUS'] : ['SHOW REPLICA STATUS', 'SHOW SLAVE STATUS'];
  for (const statement of statements) {
    try {
      return lagOf(await connection.table(statement));
    } catch (error) {
      if (!(error instanceof ServerError)) throw error;
    }
  }
  return null;
}

/** The longest of all that it copies from. Exported for its test. */
export function lagOf({ names, rows }: TextTable): number | null {
  const at = names.findIndex((name) => LAG_COLUMNS.has(name));
  const lags = rows.map((row) => row[at] ?? null);
  if (at < 0 || lags.length === 0 || lags.includes(null)) return null;
  return Math.max(...lags.map(Number));
}
