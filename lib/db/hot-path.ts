import pg from 'pg';
import { QuarryError } from '../kernel/errors';
import { isId } from '../kernel/ids';
import type { BuilderPool } from './builder-pool';
import type { DataSource, Environment, QueryRun } from './generated/client';
import type { TenantPool } from './tenant-pool';
import { runInOrganization } from './tenant-scope';

/** A person with one of their organisations; its fields are null when they belong to none. */
export interface HolderRow {
  userId: string;
  email: string;
  name: string;
  userActive: boolean;
  role: string | null;
  organizationId: string | null;
  slug: string | null;
  organizationName: string | null;
}

export interface SessionHolderRow extends HolderRow {
  lastAccessedAt: Date;
  expiresAt: Date;
  revokedAt: Date | null;
}

export interface TokenHolderRow extends HolderRow {
  id: string;
  scopes: string[];
  expiresAt: Date | null;
  revokedAt: Date | null;
}

export interface SourceRead {
  row: DataSource;
  environment: Pick<Environment, 'id' | 'slug' | 'name' | 'kind'>;
  /** What its organisation set for itself, as it is stored. */
  organizationSettings: unknown;
}

/** A row of the query history; `stages` is JSON as it stands. */
export type QueryRunRow = Omit<QueryRun, 'organizationId' | 'stages'> & { stages: unknown };

/**
 * What every request pays for, each as one prepared statement on the driver: through Prisma these cost more than all the rest of
 * a small query. Nothing is remembered: reads see the database as it is now.
 */
export interface HotPath {
  /**
   * The holder of a signed-in session, once per organisation, oldest membership first; empty for an unknown session. Moves
   * lastAccessedAt when the session lives (not revoked, used after `idleSince`) and was last touched at or before `touchBefore`.
   */
  readSessionHolder(sessionId: string, at: { now: Date; idleSince: Date; touchBefore: Date }): Promise<SessionHolderRow[]>;
  /** The holder of an access token by its hash; null for an unknown one. Moves lastUsedAt under the same conditions. */
  readTokenHolder(tokenHash: string, at: { now: Date; touchBefore: Date }): Promise<TokenHolderRow | null>;
  /** A source that isn't deleted, with its environment, as the organisation's tenant role sees it; null when there is none. */
  readSource(organizationId: string, id: string): Promise<SourceRead | null>;
  /** Adds rows to the organisation's query history, all or none, as its tenant role. */
  appendQueryRuns(organizationId: string, rows: readonly QueryRunRow[]): Promise<void>;
}

const HOLDER = `u."id" AS "userId", u."email", u."name", u."active" AS "userActive",
  m."role", o."id" AS "organizationId", o."slug", o."name" AS "organizationName"`;

const SESSION_HOLDER = `
  WITH touched AS (
    UPDATE "sessions" SET "lastAccessedAt" = $2::timestamptz
    WHERE "id" = $1::uuid AND "revokedAt" IS NULL AND "expiresAt" > $2::timestamptz
      AND "lastAccessedAt" > $3::timestamptz AND "lastAccessedAt" <= $4::timestamptz
  )
  SELECT s."lastAccessedAt", s."expiresAt", s."revokedAt", ${HOLDER}
  FROM "sessions" s
  JOIN "users" u ON u."id" = s."userId"
  LEFT JOIN "memberships" m ON m."userId" = u."id" AND m."active"
  LEFT JOIN "organizations" o ON o."id" = m."organizationId"
  WHERE s."id" = $1::uuid
  ORDER BY m."createdAt", o."id"`;

const TOKEN_HOLDER = `
  WITH touched AS (
    UPDATE "access_tokens" SET "lastUsedAt" = $2::timestamptz
    WHERE "tokenHash" = $1 AND "revokedAt" IS NULL AND ("expiresAt" IS NULL OR "expiresAt" > $2::timestamptz)
      AND ("lastUsedAt" IS NULL OR "lastUsedAt" <= $3::timestamptz)
  )
  SELECT t."id", t."scopes", t."expiresAt", t."revokedAt", ${HOLDER}
  FROM "access_tokens" t
  JOIN "users" u ON u."id" = t."userId"
  LEFT JOIN "memberships" m ON m."userId" = u."id" AND m."organizationId" = t."organizationId" AND m."active"
  LEFT JOIN "organizations" o ON o."id" = m."organizationId"
  WHERE t."tokenHash" = $1`;

const SOURCE_COLUMNS = [
  'id',
  'organizationId',
  'environmentId',
  'name',
  'type',
  'access',
  'summary',
  'poolSettings',
  'limits',
  'cacheSettings',
  'tables',
  'replica',
  'sample',
  'credentialVersion',
  'schemaRevision',
  'createdById',
  'createdAt',
  'updatedAt',
  'deletedAt',
] as const satisfies readonly (keyof DataSource)[];

const SOURCE = `
  SELECT ${SOURCE_COLUMNS.map((column) => `d."${column}"`).join(', ')},
    e."slug" AS "environmentSlug", e."name" AS "environmentName", e."kind" AS "environmentKind",
    o."settings" AS "organizationSettings"
  FROM "data_sources" d
  JOIN "organizations" o ON o."id" = d."organizationId"
  JOIN "environments" e ON e."organizationId" = d."organizationId" AND e."id" = d."environmentId"
  WHERE d."organizationId" = $1::uuid AND d."id" = $2::uuid AND d."deletedAt" IS NULL`;

const QUERY_RUNS = `
  INSERT INTO "query_runs" ("organizationId", "id", "dataSourceId", "userId", "origin", "query", "fingerprint", "status", "errorCode",
    "rowCount", "durationMs", "cacheState", "stages", "startedAt")
  SELECT $1::uuid, r.* FROM jsonb_to_recordset($2::jsonb) AS r("id" uuid, "dataSourceId" uuid, "userId" uuid, "origin" text, "query" text,
    "fingerprint" text, "status" text, "errorCode" text, "rowCount" int, "durationMs" int, "cacheState" text, "stages" jsonb,
    "startedAt" timestamptz)`;

type SourceColumns = DataSource & {
  environmentSlug: string;
  environmentName: string;
  environmentKind: string;
  organizationSettings: unknown;
};

/** @param pools of one builder database; the source is read on a tenant connection, behind row-level security */
export function createHotPath(pools: { system: BuilderPool; tenant: TenantPool }): HotPath {
  return {
    readSessionHolder: (sessionId, { now, idleSince, touchBefore }) =>
      run<SessionHolderRow>(pools.system, {
        name: 'quarry_session_holder',
        text: SESSION_HOLDER,
        values: [sessionId, now, idleSince, touchBefore],
      }),
    async readTokenHolder(tokenHash, { now, touchBefore }) {
      const rows = await run<TokenHolderRow>(pools.system, {
        name: 'quarry_token_holder',
        text: TOKEN_HOLDER,
        values: [tokenHash, now, touchBefore],
      });
      return rows[0] ?? null;
    },
    async readSource(organizationId, id) {
      const own = checkedId(organizationId);
      const statement = { name: 'quarry_source', text: SOURCE, values: [own, id] };
      const [found] = await runInOrganization(own, () => run<SourceColumns>(pools.tenant, statement));
      if (!found) return null;
      const { environmentSlug: slug, environmentName: name, environmentKind: kind, organizationSettings, ...row } = found;
      return { row, environment: { id: row.environmentId, slug, name, kind }, organizationSettings };
    },
    async appendQueryRuns(organizationId, rows) {
      const own = checkedId(organizationId);
      const statement = { name: 'quarry_query_runs', text: QUERY_RUNS, values: [own, JSON.stringify(rows)] };
      await runInOrganization(own, () => run(pools.tenant, statement));
    },
  };
}

function checkedId(organizationId: string): string {
  if (!isId(organizationId)) throw new QuarryError('internal', 'An organisation is named by its id.');
  return organizationId.toLowerCase();
}

async function run<Row extends pg.QueryResultRow>(pool: BuilderPool, statement: pg.QueryConfig): Promise<Row[]> {
  const client = await pool.connect();
  try {
    const { rows } = await client.query<Row>(statement);
    client.release();
    return rows;
  } catch (error) {
    // What the server says of our constant text or its values is our own to handle; all else is a connection that was lost.
    const lost = !(error instanceof pg.DatabaseError) || /^(57P|08)/.test(error.code ?? '');
    client.release(lost);
    if (!lost) throw error;
    throw new QuarryError('database.unavailable', 'The connection to the builder database was lost. Try again.', {
      cause: error,
      retryAfterS: 5,
    });
  }
}
