import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readEnv } from '../kernel/env';
import { newId } from '../kernel/ids';
import { type Database, migrate, openDatabase, TENANT_MODELS, type TenantDb } from '.';
import { createScratchDatabase, type ScratchDatabase } from './scratch';
import { TENANT_ROLE } from './tenant-role';

/** Two organisations in a database of their own; each test tries one known way from A into B. */
interface Seeded {
  organizationId: string;
  userId: string;
  environmentId: string;
  dataSourceId: string;
  conversationId: string;
  db: TenantDb;
}

let scratch: ScratchDatabase;
let database: Database;
let a: Seeded;
let b: Seeded;

async function seed(name: string): Promise<Seeded> {
  const system = database.systemDb();
  const { id: organizationId } = await system.organization.create({ data: { slug: name, name } });
  const user = await system.user.create({ data: { email: `${name}@example.com`, name, passwordHash: `hash of ${name}` } });
  const db = database.tenantDb(organizationId);
  await db.membership.create({ data: { userId: user.id, role: 'owner' } });
  const environment = await db.environment.create({ data: { slug: 'dev', name: 'Dev', kind: 'development', position: 0 } });
  const source = await db.dataSource.create({
    data: { environmentId: environment.id, name: `source of ${name}`, type: 'x', summary: {} },
  });
  const conversation = await db.conversation.create({
    data: { userId: user.id, title: `title of ${name}`, dataSourceId: source.id, environmentId: environment.id },
  });
  await db.auditEvent.create({
    data: { sequence: 1n, actorKind: 'system', action: 'seed', outcome: 'ok', previousHash: '', hash: name },
  });
  return {
    organizationId,
    userId: user.id,
    environmentId: environment.id,
    dataSourceId: source.id,
    conversationId: conversation.id,
    db,
  };
}

/** A connection that acts as the tenant role with no help from the scoped client: row-level security alone. */
async function asTenant<T>(organizationId: string | null, work: (client: pg.Client) => Promise<T>): Promise<T> {
  const client = new pg.Client({ connectionString: scratch.url });
  await client.connect();
  try {
    await client.query(`SET ROLE ${TENANT_ROLE}`);
    if (organizationId) await client.query("SELECT set_config('quarry.organization_id', $1, false)", [organizationId]);
    return await work(client);
  } finally {
    await client.end();
  }
}

beforeAll(async () => {
  scratch = await createScratchDatabase(readEnv('TEST_POSTGRES_URL') ?? '');
  await migrate({ url: scratch.url });
  database = openDatabase(scratch.url);
  a = await seed('alpha');
  b = await seed('beta');
});

afterAll(async () => {
  await database?.close();
  await scratch?.drop();
});

describe('reading through the scoped client', () => {
  it('does not find a foreign row by id, by compound key or by filter', async () => {
    const { dataSource } = a.db;
    expect(await dataSource.findUnique({ where: { id: b.dataSourceId } })).toBeNull();
    expect(
      await dataSource.findUnique({
        where: { organizationId_id: { organizationId: b.organizationId, id: b.dataSourceId } },
      }),
    ).toBeNull();
    await expect(dataSource.findUniqueOrThrow({ where: { id: b.dataSourceId } })).rejects.toMatchObject({ code: 'P2025' });
    expect(await dataSource.findFirst({ where: { id: b.dataSourceId } })).toBeNull();
    expect(
      await dataSource.findMany({ where: { OR: [{ organizationId: b.organizationId }, { name: { contains: 'beta' } }] } }),
    ).toEqual([]);
    expect(await dataSource.findMany({ where: { NOT: { organizationId: a.organizationId } } })).toEqual([]);
  });

  it('finds own rows by id and by compound key', async () => {
    expect((await a.db.dataSource.findUnique({ where: { id: a.dataSourceId } }))?.name).toBe('source of alpha');
    const key = { organizationId: a.organizationId, slug: 'dev' };
    expect((await a.db.environment.findUnique({ where: { organizationId_slug: key } }))?.id).toBe(a.environmentId);
  });

  it('keeps counts, aggregates and groups apart', async () => {
    expect(await a.db.dataSource.count()).toBe(1);
    expect(await a.db.dataSource.count({ where: { organizationId: b.organizationId } })).toBe(0);
    expect((await a.db.environment.aggregate({ _count: { _all: true } }))._count._all).toBe(1);
    const groups = await a.db.conversation.groupBy({ by: ['organizationId'], _count: true });
    expect(groups.map((group) => group.organizationId)).toEqual([a.organizationId]);
  });

  it('keeps includes, relation filters and relation counts apart', async () => {
    const environments = await a.db.environment.findMany({ include: { dataSources: true, _count: true } });
    expect(environments.flatMap((row) => row.dataSources.map((source) => source.id))).toEqual([a.dataSourceId]);
    expect(environments[0]?._count.dataSources).toBe(1);
    expect(await a.db.conversation.findMany({ where: { dataSource: { name: 'source of beta' } } })).toEqual([]);
    const own = await a.db.membership.findMany({ include: { organization: { include: { dataSources: true } } } });
    expect(own.flatMap((row) => row.organization.dataSources.map((source) => source.id))).toEqual([a.dataSourceId]);
  });

  it('shows of people only the members, and never a password hash', async () => {
    const members = await a.db.membership.findMany({ include: { user: true } });
    expect(members.map((row) => row.user.email)).toEqual(['alpha@example.com']);
    expect(JSON.stringify(members)).not.toContain('hash of');
    const shared = await a.db.membership.findMany({ include: { user: { include: { memberships: true } } } });
    expect(shared.flatMap((row) => row.user.memberships.map((one) => one.organizationId))).toEqual([a.organizationId]);
    await expect(a.db.membership.findMany({ where: { user: { passwordHash: { startsWith: 'h' } } } })).rejects.toThrow();
    await expect(a.db.membership.findMany({ include: { user: { include: { sessions: true } } } })).rejects.toThrow();
  });

  it('refuses an undefined filter instead of returning everything', async () => {
    const missing = undefined as unknown as string;
    await expect(a.db.dataSource.findMany({ where: { id: missing } })).rejects.toThrow();
    await expect(a.db.dataSource.findFirst({ where: undefined as unknown as { id: string } })).rejects.toMatchObject({
      code: 'internal',
    });
    await expect(a.db.dataSource.deleteMany({ where: { id: missing } })).rejects.toThrow();
    expect(await b.db.dataSource.count()).toBe(1);
  });
});

describe('writing through the scoped client', () => {
  const source = () => ({ environmentId: a.environmentId, name: newId(), type: 'x', summary: {} });

  it('gives a new row the own organisation and refuses to name another', async () => {
    const made = await a.db.dataSource.create({ data: source() });
    expect(made.organizationId).toBe(a.organizationId);
    await expect(a.db.dataSource.create({ data: { ...source(), organizationId: b.organizationId } })).rejects.toMatchObject({
      code: 'internal',
    });
    await expect(
      a.db.dataSource.createMany({ data: [source(), { ...source(), organizationId: b.organizationId }] }),
    ).rejects.toMatchObject({ code: 'internal' });
    await a.db.dataSource.delete({ where: { id: made.id } });
  });

  it('does not let a new row point at a foreign one', async () => {
    await expect(a.db.dataSource.create({ data: { ...source(), environmentId: b.environmentId } })).rejects.toMatchObject({
      code: 'P2003',
    });
    await expect(
      a.db.conversation.update({ where: { id: a.conversationId }, data: { dataSourceId: b.dataSourceId } }),
    ).rejects.toMatchObject({
      code: 'P2003',
    });
    await expect(
      a.db.dataSource.create({
        data: { name: newId(), type: 'x', summary: {}, environment: { connect: { id: b.environmentId } } },
      }),
    ).rejects.toMatchObject({ code: 'internal' });
    await expect(
      a.db.environment.update({ where: { id: a.environmentId }, data: { dataSources: { connect: { id: b.dataSourceId } } } }),
    ).rejects.toMatchObject({ code: 'internal' });
  });

  it('creates children with their parent in the own organisation', async () => {
    const credentials = { create: { version: 1, keyId: newId(), sealed: 'x' } };
    const made = await a.db.dataSource.create({ data: { ...source(), credentials }, include: { credentials: true } });
    expect(made.credentials.map((row) => row.organizationId)).toEqual([a.organizationId]);
    await a.db.dataSource.delete({ where: { id: made.id } });
  });

  it('does not update, upsert or delete a foreign row', async () => {
    const where = { id: b.dataSourceId };
    await expect(a.db.dataSource.update({ where, data: { name: 'taken' } })).rejects.toMatchObject({ code: 'P2025' });
    await expect(a.db.dataSource.delete({ where })).rejects.toMatchObject({ code: 'P2025' });
    await expect(
      a.db.dataSource.upsert({ where, create: { id: b.dataSourceId, ...source() }, update: { name: 'taken' } }),
    ).rejects.toThrow();
    expect((await a.db.dataSource.updateMany({ where, data: { name: 'taken' } })).count).toBe(0);
    expect((await a.db.dataSource.deleteMany({ where })).count).toBe(0);
    expect(await b.db.dataSource.findUnique({ where })).toMatchObject({ name: 'source of beta' });
  });

  it('changes only own rows when there is no filter', async () => {
    const { count } = await a.db.conversation.updateMany({ data: { title: 'renamed' } });
    expect(count).toBe(1);
    expect((await b.db.conversation.findMany()).map((row) => row.title)).toEqual(['title of beta']);
    const other = await seed('gamma');
    expect((await other.db.conversation.deleteMany()).count).toBe(1);
    expect(await b.db.conversation.count()).toBe(1);
  });

  it('does not move a row to another organisation', async () => {
    const data = { organizationId: b.organizationId };
    await expect(a.db.conversation.update({ where: { id: a.conversationId }, data })).rejects.toMatchObject({ code: 'internal' });
    const set = { organizationId: { set: b.organizationId } };
    await expect(a.db.conversation.updateMany({ data: set })).rejects.toMatchObject({ code: 'internal' });
  });

  it('upserts own rows', async () => {
    const where = { organizationId_slug: { organizationId: a.organizationId, slug: 'stage' } };
    const create = { slug: 'stage', name: 'Stage', kind: 'staging', position: 1 };
    const first = await a.db.environment.upsert({ where, create, update: { name: 'Again' } });
    const second = await a.db.environment.upsert({ where, create, update: { name: 'Again' } });
    expect([first.name, second.name, second.id]).toEqual(['Stage', 'Again', first.id]);
    await a.db.environment.delete({ where: { id: first.id } });
  });

  it('can add to the audit log and not change it', async () => {
    const client = a.db.auditEvent as unknown as Record<string, (args: object) => Promise<unknown>>;
    await expect(client.updateMany?.({ data: { action: 'forged' } })).rejects.toThrow();
    await expect(client.deleteMany?.({})).rejects.toThrow();
    expect((await a.db.auditEvent.findMany()).map((row) => row.action)).toEqual(['seed']);
  });

  it('offers nothing but its own models and operations', () => {
    const names = Object.keys(TENANT_MODELS).map((model) => `${model.charAt(0).toLowerCase()}${model.slice(1)}`);
    expect(Object.keys(a.db).sort()).toEqual([...names, '$transaction'].sort());
    const client = a.db as unknown as Record<string, unknown>;
    for (const name of [
      '$queryRaw',
      '$executeRaw',
      '$queryRawUnsafe',
      '$extends',
      'user',
      'session',
      'organization',
      'constructor',
    ]) {
      expect(client[name]).toBeUndefined();
    }
    const delegate = a.db.dataSource as unknown as Record<string, unknown>;
    expect([delegate.findRaw, delegate.$queryRaw, delegate.$parent]).toEqual([undefined, undefined, undefined]);
  });
});

describe('one connection shared by both', () => {
  it('answers each from its own rows, in any order and in transactions', async () => {
    const shared = openDatabase(scratch.url, { max: 1 });
    try {
      const [first, second] = [shared.tenantDb(a.organizationId), shared.tenantDb(b.organizationId)];
      const reads = Array.from({ length: 40 }, (_, at) => {
        const [db, own] = at % 2 ? [first, a] : [second, b];
        const where = { id: own.dataSourceId };
        return at % 3 ? db.dataSource.findUnique({ where }) : db.$transaction((tx) => tx.dataSource.findUnique({ where }));
      });
      const rows = await Promise.all(reads);
      expect(rows.map((row) => row?.id)).toEqual(rows.map((_, at) => (at % 2 ? a.dataSourceId : b.dataSourceId)));
      await expect(
        first.$transaction(async (tx) => {
          await tx.dataSource.updateMany({ data: { name: 'half done' } });
          throw new Error('stop');
        }),
      ).rejects.toThrow('stop');
      expect((await second.dataSource.findMany()).map((row) => row.name)).toEqual(['source of beta']);
      expect((await first.dataSource.findMany()).map((row) => row.name)).toEqual(['source of alpha']);
    } finally {
      await shared.close();
    }
  });

  it('lets more transactions than connections wait their turn', async () => {
    const shared = openDatabase(scratch.url, { max: 1 });
    try {
      const dbs = [shared.tenantDb(a.organizationId), shared.tenantDb(b.organizationId)];
      const counts = await Promise.all(
        Array.from({ length: 50 }, (_, at) => dbs[at % 2]?.$transaction((tx) => tx.conversation.count())),
      );
      expect(new Set(counts)).toEqual(new Set([1]));
    } finally {
      await shared.close();
    }
  });

  it('sees nothing of a transaction that was not finished in time', async () => {
    const shared = openDatabase(scratch.url, { max: 1 });
    try {
      const first = shared.tenantDb(a.organizationId);
      const late = first.$transaction(
        async (tx) => {
          await tx.dataSource.updateMany({ data: { name: 'too late' } });
          for (let reads = 0; reads < 100_000; reads++) await tx.dataSource.count();
        },
        { timeout: 100 },
      );
      await expect(late).rejects.toThrow();
      expect((await shared.tenantDb(b.organizationId).dataSource.findMany()).map((row) => row.name)).toEqual(['source of beta']);
      expect((await first.dataSource.findMany()).map((row) => row.name)).toEqual(['source of alpha']);
    } finally {
      await shared.close();
    }
  });
});

describe('row-level security alone', () => {
  it('hides foreign rows from reads and writes', async () => {
    await asTenant(a.organizationId, async (client) => {
      expect((await client.query('SELECT id FROM data_sources')).rows).toEqual([{ id: a.dataSourceId }]);
      expect((await client.query('SELECT 1 FROM data_sources WHERE id = $1', [b.dataSourceId])).rowCount).toBe(0);
      expect((await client.query('UPDATE data_sources SET name = $1 WHERE id = $2', ['x', b.dataSourceId])).rowCount).toBe(0);
      expect((await client.query('DELETE FROM conversations WHERE id = $1', [b.conversationId])).rowCount).toBe(0);
      expect((await client.query('SELECT email FROM users')).rows).toEqual([{ email: 'alpha@example.com' }]);
      expect((await client.query('SELECT slug FROM organizations')).rows).toEqual([{ slug: 'alpha' }]);
    });
  });

  it('refuses to insert for, or move a row to, another organisation', async () => {
    await asTenant(a.organizationId, async (client) => {
      const insert = `INSERT INTO environments (id, "organizationId", slug, name, kind, position) VALUES ($1, $2, 'x', 'x', 'other', 9)`;
      await expect(client.query(insert, [newId(), b.organizationId])).rejects.toMatchObject({ code: '42501' });
      await expect(client.query('UPDATE environments SET "organizationId" = $1', [b.organizationId])).rejects.toMatchObject({
        code: '42501',
      });
    });
  });

  it('gives nothing when no organisation is set', async () => {
    await asTenant(null, async (client) => {
      for (const { table } of Object.values(TENANT_MODELS)) {
        expect((await client.query(`SELECT 1 FROM ${table} LIMIT 1`)).rowCount, table).toBe(0);
      }
      const insert = `INSERT INTO environments (id, slug, name, kind, position) VALUES ($1, 'x', 'x', 'other', 9)`;
      await expect(client.query(insert, [newId()])).rejects.toThrow();
    });
  });

  it('denies what a tenant has no business with', async () => {
    await asTenant(a.organizationId, async (client) => {
      const denied = [
        'SELECT "passwordHash" FROM users',
        'UPDATE users SET name = name',
        'SELECT * FROM sessions',
        'UPDATE organizations SET name = name',
        'UPDATE audit_events SET action = action',
        'DELETE FROM audit_events',
        'TRUNCATE audit_events',
        'SELECT * FROM _prisma_migrations',
        'CREATE TABLE public.mine (id int)',
        `ALTER TABLE environments DISABLE ROW LEVEL SECURITY`,
      ];
      for (const sql of denied) await expect(client.query(sql), sql).rejects.toMatchObject({ code: '42501' });
    });
  });

  it('covers every tenant table, forced', async () => {
    const { rows } = await asTenant(null, (client) =>
      client.query<{ name: string; on: boolean }>(
        `SELECT c.relname AS name, c.relrowsecurity AND c.relforcerowsecurity AND EXISTS (
           SELECT FROM pg_policy p WHERE p.polrelid = c.oid AND p.polname = 'tenant'
             AND p.polqual IS NOT NULL AND p.polwithcheck IS NOT NULL) AS on
         FROM pg_class c JOIN pg_attribute k ON k.attrelid = c.oid AND k.attname = 'organizationId' WHERE c.relkind = 'r'`,
      ),
    );
    const tables = Object.values(TENANT_MODELS).map(({ table }) => table);
    expect(rows.map(({ name }) => name).sort()).toEqual([...tables].sort());
    expect(rows.filter(({ on }) => !on)).toEqual([]);
  });
});

describe('rows of the installation', () => {
  const columns = '"organizationId", "installation", "id", "kind"';

  it('are there on purpose only', async () => {
    const client = new pg.Client({ connectionString: scratch.url });
    await client.connect();
    try {
      const forgotten = `INSERT INTO workflows (${columns}) VALUES (NULL, false, gen_random_uuid(), 'x')`;
      await expect(client.query(forgotten)).rejects.toMatchObject({ constraint: 'workflows_owner' });
      const both = `INSERT INTO workflows (${columns}) VALUES ('${a.organizationId}', true, gen_random_uuid(), 'x')`;
      await expect(client.query(both)).rejects.toMatchObject({ constraint: 'workflows_owner' });
      await expect(database.systemDb().workflow.create({ data: { kind: 'x' } })).rejects.toThrow();
    } finally {
      await client.end();
    }
  });

  it('are seen and written by no organisation', async () => {
    const workflow = await database.systemDb().workflow.create({ data: { kind: 'x', organizationId: null, installation: true } });
    const { id } = workflow;
    await database.systemDb().workflowEvent.create({
      data: { workflowId: id, organizationId: null, installation: true, status: 'pending', step: '' },
    });
    await asTenant(a.organizationId, async (client) => {
      expect((await client.query('SELECT id FROM workflows')).rows).toEqual([]);
      expect((await client.query('SELECT id FROM workflow_events')).rows).toEqual([]);
      expect((await client.query("UPDATE workflows SET kind = 'taken'")).rowCount).toBe(0);
      expect((await client.query('DELETE FROM workflows')).rowCount).toBe(0);
      const insert = `INSERT INTO workflows (${columns}) VALUES (NULL, true, gen_random_uuid(), 'x')`;
      await expect(client.query(insert)).rejects.toMatchObject({ code: '42501' });
      await expect(client.query('SELECT id FROM workers')).rejects.toMatchObject({ code: '42501' });
    });
    expect(await a.db.workflow.findUnique({ where: { id } })).toBeNull();
    expect(await a.db.workflow.count()).toBe(0);
    await expect(a.db.workflow.create({ data: { kind: 'x', organizationId: null, installation: true } })).rejects.toThrow();
    await database.systemDb().workflow.delete({ where: { id } });
  });
});

describe('composite keys alone', () => {
  it('refuse a row that points into another organisation, whoever writes it', async () => {
    const system = database.systemDb();
    const data = { organizationId: a.organizationId, environmentId: b.environmentId, name: 'x', type: 'x', summary: {} };
    await expect(system.dataSource.create({ data })).rejects.toMatchObject({ code: 'P2003' });
    const message = {
      organizationId: a.organizationId,
      conversationId: b.conversationId,
      position: 1,
      role: 'user',
      content: 'x',
    };
    await expect(system.message.create({ data: message })).rejects.toMatchObject({ code: 'P2003' });
  });

  it('need an organisation: without a tenant connection there is no default', async () => {
    const data = { slug: 'none', name: 'x', kind: 'other', position: 1 };
    await expect(database.systemDb().environment.create({ data })).rejects.toThrow();
  });
});
