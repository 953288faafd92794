import type { ConnectionReport } from '../contract';
import { listCollections } from './collections';
import type { MongoConnection } from './connection';
import type { MongoConfig } from './manifest';

/** Actions that change data or its shape (MongoDB manual, "Privilege Actions"). */
const WRITING = new Set([
  'insert',
  'update',
  'remove',
  'createCollection',
  'createIndex',
  'dropCollection',
  'dropIndex',
  'dropDatabase',
  'collMod',
  'renameCollectionSameDB',
  'convertToCapped',
  'bypassDocumentValidation',
  'anyAction',
]);

interface Privilege {
  resource: { db?: string; collection?: string; anyResource?: boolean; cluster?: boolean };
  actions: string[];
}

/** What a connection test shows (A3), in four round trips. */
export async function inspectConnection(connection: MongoConnection, config: MongoConfig): Promise<ConnectionReport> {
  const started = performance.now();
  await connection.ask({ ping: 1 });
  const latencyMs = Math.round((performance.now() - started) * 100) / 100;
  const { version } = await connection.ask({ buildInfo: 1 }, 'admin');
  const { authInfo } = await connection.ask({ connectionStatus: 1, showPrivileges: true }, 'admin');
  const collections = await listCollections(connection, { nameOnly: true });
  const canWrite = mayWrite(authInfo, config.database);
  return {
    serverVersion: String(version),
    database: config.database,
    tableCount: collections.length,
    tls: connection.tls,
    latencyMs,
    canWrite,
    ...(canWrite ? { readOnlyUserSql: readOnlyUserText(config.database) } : {}),
  };
}

/** Nobody signed in: a server without access control, where everybody may do everything. */
function mayWrite(
  authInfo: { authenticatedUsers?: unknown[]; authenticatedUserPrivileges?: Privilege[] },
  database: string,
): boolean {
  if ((authInfo.authenticatedUsers ?? []).length === 0) return true;
  return (authInfo.authenticatedUserPrivileges ?? []).some(
    ({ resource, actions }) =>
      (resource.anyResource === true || resource.db === '' || resource.db === database) &&
      actions.some((action) => WRITING.has(action)),
  );
}

/** For mongosh: a login that may read this database and change nothing. */
function readOnlyUserText(database: string): string {
  return [
    '// In mongosh, as an administrator. It asks for a password of your choice.',
    'db.getSiblingDB("admin").createUser({',
    '  user: "quarry_reader",',
    '  pwd: passwordPrompt(),',
    `  roles: [{ role: "read", db: ${JSON.stringify(database)} }]`,
    '})',
  ].join('\n');
}
