import { randomUUID } from 'node:crypto';
import { type AddressInfo, createConnection, createServer } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Catalogue } from '../adapters/contract';
import { recordSchemaVersion } from '../catalogue';
import { closeDb } from '../db';
import type { Clock } from '../kernel/clock';
import { settings } from '../kernel/settings';
import { organizationStats } from '../monitoring';
import { createSource, drainPools, updateSource } from '../sources';
import { createTestOrganization, type TestOrganization } from '../testing/organization';
import { createSourceDatabase, type SourceDatabase } from '../testing/source-database';
import {
  diffSchemaVersions,
  getSchema,
  invalidateSchema,
  listSchemaVersions,
  readSchema,
  refreshSchema,
  setDescription,
} from '.';
import { schemaMemory } from './memory';

class TestClock implements Clock {
  ahead = 0;
  now = () => Date.now() + this.ahead;
  date = () => new Date(this.now());
}

const clock = new TestClock();
let org: TestOrganization;
const made: SourceDatabase[] = [];

beforeAll(async () => {
  org = await createTestOrganization({ clock });
});

afterAll(async () => {
  await drainPools(0);
  await Promise.all(made.map((database) => database.drop()));
  await org.drop();
  await closeDb();
});

async function connected(setupSql: string) {
  const database = await createSourceDatabase(setupSql);
  made.push(database);
  const source = await createSource(org.ctx, { name: randomUUID(), type: 'postgres', connection: database.connection });
  return { ...database, id: source.id, created: source };
}

const SHOP = `
  CREATE TABLE customers (id int PRIMARY KEY, name text NOT NULL);
  CREATE TABLE orders (id int PRIMARY KEY, customer_id int REFERENCES customers (id), total numeric(10,2), status text DEFAULT 'new');
  COMMENT ON TABLE orders IS 'What customers bought'`;

describe('[D3] layers', () => {
  it('answers from the database after create, then from memory, then from the source when it is too old', async () => {
    const { id, created } = await connected(SHOP);
    const first = await getSchema(org.ctx, id);
    expect(first).toMatchObject({ layer: 'database', version: 1, fingerprint: created.schema.fingerprint });
    expect((await getSchema(org.ctx, id)).layer).toBe('memory');
    schemaMemory().clear();
    expect((await getSchema(org.ctx, id)).layer).toBe('database');
    clock.ahead += settings().cacheSchemaTtlMs + 1;
    const expired = await getSchema(org.ctx, id);
    expect(expired).toMatchObject({ layer: 'source', version: 1, fingerprint: first.fingerprint });
    expect(Date.parse(expired.fetchedAt)).toBeGreaterThan(Date.parse(first.fetchedAt));
    schemaMemory().clear();
    expect(await getSchema(org.ctx, id)).toMatchObject({ layer: 'database', fetchedAt: expired.fetchedAt });
  });

  it('reads the source once for all who ask at the same time', async () => {
    const { id, admin, connection } = await connected(SHOP);
    await invalidateSchema(org.ctx, id);
    const views = await Promise.all(Array.from({ length: 20 }, () => getSchema(org.ctx, id)));
    expect(new Set(views.map((view) => view.fetchedAt)).size).toBe(1);
    // Who comes after the others have it finds it in memory.
    expect(views.filter((view) => view.layer !== 'memory').map((view) => view.layer)).toContain('source');
    const { rows } = await admin.query('SELECT count(*)::int AS n FROM pg_stat_activity WHERE usename = $1', [
      connection.username,
    ]);
    expect(rows).toEqual([{ n: 1 }]);
  });

  it('answers from the database when the source is gone', async () => {
    const database = await createSourceDatabase(SHOP);
    const { id } = await createSource(org.ctx, { name: randomUUID(), type: 'postgres', connection: database.connection });
    await database.drop();
    clock.ahead += settings().cacheSchemaTtlMs + 1;
    schemaMemory().clear();
    const view = await getSchema(org.ctx, id);
    expect(view.layer).toBe('database');
    expect(clock.now() - Date.parse(view.fetchedAt)).toBeGreaterThan(settings().cacheSchemaTtlMs);
    await expect(refreshSchema(org.ctx, id)).rejects.toMatchObject({ code: expect.stringMatching(/^source\./) });
  });

  it('[D4] sees a new column after invalidation, before the time is up', async () => {
    const { id, admin } = await connected(SHOP);
    await getSchema(org.ctx, id);
    await admin.query('ALTER TABLE orders ADD COLUMN paid boolean');
    expect(JSON.stringify((await getSchema(org.ctx, id)).catalogue)).not.toContain('paid');
    await invalidateSchema(org.ctx, id);
    const view = await getSchema(org.ctx, id);
    expect(view).toMatchObject({ layer: 'source', version: 2 });
    expect(JSON.stringify(view.catalogue)).toContain('paid');
  });

  it('[D5 F6] counts what each layer answered and why the source was read', async () => {
    const own = await createTestOrganization({ clock });
    const database = await createSourceDatabase(SHOP);
    made.push(database);
    const { id } = await createSource(own.ctx, { name: randomUUID(), type: 'postgres', connection: database.connection });
    for (let i = 0; i < 3; i += 1) await getSchema(own.ctx, id);
    await database.run('ALTER TABLE orders ADD COLUMN paid boolean');
    await refreshSchema(own.ctx, id);
    await getSchema(own.ctx, id);
    clock.ahead += settings().cacheSchemaTtlMs + 1;
    await getSchema(own.ctx, id);
    expect((await organizationStats(own.ctx)).schema).toEqual({
      reads: { memory: 3, redis: 0, database: 1, source: 2 },
      refreshes: { asked: 1, expired: 1, warming: 0, 'unknown name': 0, changed: 1, failed: 0 },
      memory: { schemas: 1, columns: 7 },
    });
    await own.drop();
  });

  it('[F4] follows the switch and the time to live of the source', async () => {
    const { id } = await connected(SHOP);
    await updateSource(org.ctx, id, { cache: { schema: { enabled: false } } });
    for (let i = 0; i < 2; i += 1) expect((await getSchema(org.ctx, id)).layer).toBe('source');
    await updateSource(org.ctx, id, { cache: { schema: { ttlS: 60 } } });
    expect((await getSchema(org.ctx, id)).layer).toBe('database');
    clock.ahead += 59_000;
    expect((await getSchema(org.ctx, id)).layer).toBe('memory');
    clock.ahead += 2_000;
    expect((await getSchema(org.ctx, id)).layer).toBe('source');
  });

  it('does not answer for a changed connection from what was remembered of the old one', async () => {
    const one = await connected(SHOP);
    const two = await createSourceDatabase('CREATE TABLE elsewhere (id int)');
    made.push(two);
    await getSchema(org.ctx, one.id);
    await updateSource(org.ctx, one.id, { connection: two.connection });
    const view = await getSchema(org.ctx, one.id);
    expect(view).toMatchObject({ version: 2, catalogue: { tables: [{ name: 'elsewhere' }] } });
  });
});

describe('versions', () => {
  it('[D6] keeps a version per change, none without one, and tells the difference', async () => {
    const { id, admin, run } = await connected(SHOP);
    expect(await refreshSchema(org.ctx, id)).toMatchObject({ layer: 'source', version: 1 });
    await admin.query("INSERT INTO customers VALUES (1, 'Ada')");
    await admin.query('ANALYZE');
    expect((await refreshSchema(org.ctx, id)).version).toBe(1);
    await run(
      'ALTER TABLE orders DROP COLUMN status; ALTER TABLE customers ALTER COLUMN name DROP NOT NULL; CREATE TABLE shops (id int)',
    );
    expect((await refreshSchema(org.ctx, id)).version).toBe(2);
    expect(await diffSchemaVersions(org.ctx, id, 1, 2)).toMatchObject({
      from: 1,
      to: 2,
      added: ['public.shops'],
      removed: [],
      changed: [
        { table: 'public.customers', columnsChanged: [{ column: 'name', what: ['nullable'] }] },
        { table: 'public.orders', columnsAdded: [], columnsRemoved: ['status'] },
      ],
    });
    await expect(diffSchemaVersions(org.ctx, id, 1, 9)).rejects.toMatchObject({ code: 'not_found' });
    const page = await listSchemaVersions(org.ctx, id, { limit: 1 });
    expect(page).toMatchObject({ versions: [{ version: 2, tableCount: 3 }], next: 2 });
    expect(await listSchemaVersions(org.ctx, id, { before: 2, limit: 1 })).toMatchObject({
      versions: [{ version: 1 }],
      next: null,
    });
  });

  it('[D6] names the saved questions, apps and policies that a dropped column breaks', async () => {
    const { id, run } = await connected(SHOP);
    const other = await connected(SHOP);
    const createdById = org.user.id;
    const save = (name: string, query: string, dataSourceId = id, deletedAt: Date | null = null) =>
      org.ctx.db.savedQuestion.create({ data: { name, query, dataSourceId, createdById, deletedAt } });
    await save('Open orders', "SELECT count(*) FROM orders WHERE status = 'new'");
    await save('Customers', 'SELECT name FROM customers');
    await save('Elsewhere', 'SELECT status FROM orders', other.id);
    await save('Deleted', 'SELECT status FROM orders', id, new Date());
    const widget = (query: string) => ({ pages: [{ widgets: [{ dataSourceId: id, query }] }] });
    const app = await org.ctx.db.website.create({ data: { name: 'Shop floor', slug: randomUUID(), createdById } });
    const versions = [widget('SELECT 1'), widget('SELECT o.status FROM orders o')];
    for (const [at, content] of versions.entries())
      await org.ctx.db.websiteVersion.create({ data: { websiteId: app.id, version: at + 1, content, createdById } });
    const rules = { masks: [{ table: 'public.orders', column: 'status', kind: 'full' }] };
    await org.ctx.db.policy.create({ data: { dataSourceId: id, rules, fingerprint: 'x' } });
    await run('ALTER TABLE orders DROP COLUMN status');
    await refreshSchema(org.ctx, id);
    const { breaks } = await diffSchemaVersions(org.ctx, id, 1, 2);
    const because = ['public.orders.status is gone'];
    expect(breaks).toEqual([
      { kind: 'policy', id: expect.any(String), name: expect.stringContaining('Access policy'), certain: true, because },
      { kind: 'question', id: expect.any(String), name: 'Open orders', certain: true, because },
      { kind: 'app', id: app.id, name: 'Shop floor', certain: true, because },
    ]);
    // The other way round nothing is lost.
    expect((await diffSchemaVersions(org.ctx, id, 2, 1)).breaks).toEqual([]);
  });

  it('[D6] keeps the newest hundred', async () => {
    const { id, admin } = await connected('CREATE TABLE t (id int)');
    const { organizationId, catalogue } = await org.ctx.db.schemaVersion.findFirstOrThrow({ where: { dataSourceId: id } });
    const filler = Array.from({ length: 120 }, (_, i) => ({
      version: i + 2,
      fingerprint: `f${i}`,
      dataSourceId: id,
      tableCount: 1,
    }));
    await org.ctx.db.schemaVersion.createMany({
      data: filler.map((row) => ({ ...row, organizationId, catalogue: catalogue ?? {} })),
    });
    await admin.query('ALTER TABLE t ADD COLUMN more int');
    expect((await refreshSchema(org.ctx, id)).version).toBe(122);
    const kept = await org.ctx.db.schemaVersion.findMany({ where: { dataSourceId: id }, select: { version: true } });
    expect(kept.map(({ version }) => version).sort((a, b) => a - b)).toEqual(Array.from({ length: 100 }, (_, i) => i + 23));
  });

  it('[D2] makes no version when a sample misses a rare field', async () => {
    const { id } = await connected('CREATE TABLE t (id int)');
    const field = (name: string, share: number) => ({
      name,
      type: 'text' as const,
      nativeType: 'string',
      nullable: share < 1,
      share,
    });
    const sample = (...columns: ReturnType<typeof field>[]): Catalogue => ({
      tables: [
        { name: 'c', kind: 'collection', rowEstimate: 9, columns, primaryKey: [], foreignKeys: [], uniqueKeys: [], indexes: [] },
      ],
    });
    const record = (catalogue: Catalogue) =>
      org.ctx.db.$transaction((tx) => recordSchemaVersion(tx, id, catalogue, org.ctx.clock));
    const first = await record(sample(field('a', 1), field('b', 0.01)));
    const second = await record(sample(field('a', 0.99)));
    expect(second).toMatchObject({ version: first.version, changed: false, fingerprint: first.fingerprint });
    expect(second.catalogue.tables[0]?.columns.map(({ name }) => name)).toEqual(['a', 'b']);
    expect(await record(sample(field('b', 0.01)))).toMatchObject({ version: first.version + 1, changed: true });
  });

  it('survives many who refresh at the same time', async () => {
    const { id, admin } = await connected(SHOP);
    await admin.query('ALTER TABLE orders ADD COLUMN note text');
    const views = await Promise.all(Array.from({ length: 6 }, () => refreshSchema(org.ctx, id)));
    expect(new Set(views.map((view) => view.version))).toEqual(new Set([2]));
  });
});

describe('[A12] chosen tables', () => {
  it('are all that a question sees, until all are chosen again', async () => {
    const { id } = await connected(`${SHOP}; CREATE TABLE audit_log (id int, order_id int REFERENCES orders (id))`);
    const whole = await getSchema(org.ctx, id);
    expect(whole).toMatchObject({ hiddenTables: 0 });
    await updateSource(org.ctx, id, { tables: ['public.orders', 'public.gone'] });
    const chosen = await getSchema(org.ctx, id);
    expect(chosen.catalogue.tables.map((table) => table.name)).toEqual(['orders']);
    // A reference to a table that isn't there would lead questions nowhere.
    expect(chosen.catalogue.tables[0]?.foreignKeys).toEqual([]);
    expect(chosen).toMatchObject({ hiddenTables: 2, version: whole.version });
    expect(chosen.fingerprint).not.toBe(whole.fingerprint);
    const all = await readSchema(org.ctx, id, { all: true });
    expect(all.tables.map((table) => [table.name, table.chosen])).toEqual([
      ['audit_log', false],
      ['customers', false],
      ['orders', true],
    ]);
    await updateSource(org.ctx, id, { tables: ['public.customers'] });
    expect((await getSchema(org.ctx, id)).fingerprint).not.toBe(chosen.fingerprint);
    await updateSource(org.ctx, id, { tables: null });
    expect(await getSchema(org.ctx, id)).toMatchObject({ hiddenTables: 0, fingerprint: whole.fingerprint });
    expect((await readSchema(org.ctx, id)).tables[0]).not.toHaveProperty('chosen');
  });

  it('can be said when the source is connected', async () => {
    const database = await createSourceDatabase(SHOP);
    made.push(database);
    const source = { name: randomUUID(), type: 'postgres', connection: database.connection, tables: ['public.customers'] };
    const { id } = await createSource(org.ctx, source);
    expect((await getSchema(org.ctx, id)).catalogue.tables.map((table) => table.name)).toEqual(['customers']);
  });
});

const PAID = { text: 'People who paid us', by: 'person' };

describe('[D7] descriptions', () => {
  it('describes each table, writes anew only what changed, and leaves a person their text', async () => {
    const { id, admin, run } = await connected(SHOP);
    const { descriptions } = await getSchema(org.ctx, id);
    expect(descriptions['public.orders']?.text).toMatch(/^What customers bought; with total and status\./);
    expect(descriptions['public.customers']?.text).toMatch(/^Customers: one row per customer, with name\./);
    await setDescription(org.ctx, id, { table: 'public.customers', text: 'People who paid us' });
    expect((await getSchema(org.ctx, id)).descriptions['public.customers']).toEqual(PAID);
    await admin.query('ALTER TABLE customers ADD COLUMN city text; ALTER TABLE orders ADD COLUMN paid_on date');
    const after = (await refreshSchema(org.ctx, id)).descriptions;
    expect(after['public.customers']).toEqual(PAID);
    expect(after['public.orders']?.text).toContain('paid on');
    const rows = () => org.ctx.db.tableDescription.findMany({ where: { dataSourceId: id }, orderBy: { tableName: 'asc' } });
    const before = await rows();
    await run('CREATE TABLE shops (id int)');
    await refreshSchema(org.ctx, id);
    expect((await rows()).filter((row) => row.tableName !== 'public.shops')).toEqual(before);
    await setDescription(org.ctx, id, { table: 'public.customers', text: null });
    expect((await getSchema(org.ctx, id)).descriptions['public.customers']?.text).toMatch(
      /^Customers: one row per customer, with name and city\./,
    );
    await expect(setDescription(org.ctx, id, { table: 'public.nothing', text: 'x' })).rejects.toMatchObject({
      code: 'not_found',
    });
  });

  it('[D1] answers in the shape of the contract', async () => {
    const { id } = await connected(SHOP);
    const answer = await readSchema(org.ctx, id);
    expect(answer).toMatchObject({ version: 1, defaultSchema: 'public' });
    expect(answer).not.toHaveProperty('catalogue');
    const orders = answer.tables.find((table) => table.name === 'orders');
    expect(orders).toMatchObject({
      schema: 'public',
      kind: 'table',
      comment: 'What customers bought',
      primaryKey: ['id'],
      foreignKeys: [
        { columns: ['customer_id'], referencedTable: { schema: 'public', name: 'customers' }, referencedColumns: ['id'] },
      ],
    });
    expect(orders?.columns.find((column) => column.name === 'total')).toMatchObject({
      type: 'numeric(10,2)',
      family: 'decimal',
      nullable: true,
    });
  });
});

/** A relay before the server that counts what clients ask of it: simple queries and executions, by the protocol's message types. */
async function countingRelay(target: { host: string; port: number }) {
  let count = 0;
  const server = createServer((client) => {
    const upstream = createConnection(target);
    let pending = Buffer.alloc(0);
    let started = false;
    client.on('data', (chunk) => {
      upstream.write(chunk);
      pending = Buffer.concat([pending, chunk]);
      for (;;) {
        // The first message has no type byte, only its length.
        const head = started ? 1 : 0;
        if (pending.length < head + 4) break;
        const size = head + pending.readUInt32BE(head);
        if (pending.length < size) break;
        if (started && ['Q', 'E'].includes(String.fromCharCode(pending[0] ?? 0))) count += 1;
        started = true;
        pending = pending.subarray(size);
      }
    });
    upstream.pipe(client);
    client.on('close', () => upstream.destroy());
    client.on('error', () => upstream.destroy());
    upstream.on('error', () => client.destroy());
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return { port, count: () => count, close: () => server.close() };
}

it('[D9] reads a thousand tables with as many queries as one', async () => {
  const columns = Array.from({ length: 20 }, (_, i) => `c${i} int`).join(', ');
  const queriesFor = async (setupSql: string) => {
    const database = await createSourceDatabase(setupSql);
    made.push(database);
    const relay = await countingRelay(database.connection);
    const connection = { ...database.connection, port: relay.port, tls: { mode: 'disable' as const } };
    const { id } = await createSource(org.ctx, { name: randomUUID(), type: 'postgres', connection });
    const before = relay.count();
    const { catalogue } = await refreshSchema(org.ctx, id);
    relay.close();
    return { tables: catalogue.tables.length, columns: catalogue.tables.at(-1)?.columns.length, queries: relay.count() - before };
  };
  const one = await queriesFor('CREATE TABLE one (id int)');
  const many = await queriesFor(
    `DO $$ BEGIN FOR i IN 1..1000 LOOP EXECUTE format('CREATE TABLE t%s (${columns})', i); END LOOP; END $$`,
  );
  expect(one).toMatchObject({ tables: 1, columns: 1 });
  expect(one.queries).toBeGreaterThan(0);
  expect(many).toEqual({ tables: 1_000, columns: 20, queries: one.queries });
}, 60_000);
