import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { closeDb } from '../db';
import { runQuery } from '../query';
import { getSchema } from '../schema';
import { createSource, drainPools } from '../sources';
import { settableClock } from '../testing/clock';
import { createTestOrganization, type TestOrganization } from '../testing/organization';
import { createSourceDatabase, type SourceDatabase, until } from '../testing/source-database';
import { ask } from './ask';

const SHOP = `
  CREATE TABLE customers (id int PRIMARY KEY, name text NOT NULL, country text NOT NULL);
  INSERT INTO customers VALUES (1, 'Ada', 'Canada'), (2, 'Bo', 'Japan'), (3, 'Cy', 'Japan');
  CREATE TABLE orders (id int PRIMARY KEY, customer_id int REFERENCES customers (id), total numeric(10,2));
  INSERT INTO orders VALUES (1, 1, 10), (2, 2, 20), (3, 3, 30)`;

const clock = settableClock();
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

async function shop() {
  const database = await createSourceDatabase(SHOP);
  made.push(database);
  const { id } = await createSource(org.ctx, { name: randomUUID(), type: 'postgres', connection: database.connection });
  await getSchema(org.ctx, id);
  return { ...database, id };
}

describe('[D4] a source that changes before its schema is due again', () => {
  it('answers a question about a new column at once', async () => {
    const { id, run } = await shop();
    await run('ALTER TABLE orders ADD COLUMN discount numeric(10,2); UPDATE orders SET discount = id');
    const answer = await ask(org.ctx, { dataSourceId: id, question: 'What is the average discount of orders?' });
    expect(answer).toMatchObject({ status: 'completed', rowCount: 1 });
    expect(Number(answer.rows[0]?.[0])).toBe(2);
    expect(answer.attempts.map((attempt) => attempt.error?.code)).toEqual(['question.declined', undefined]);
  });

  it('answers a question about a new table at once', async () => {
    const { id, run } = await shop();
    await run("CREATE TABLE warehouses (id int PRIMARY KEY, city text); INSERT INTO warehouses VALUES (1, 'Oslo'), (2, 'Rome')");
    const answer = await ask(org.ctx, { dataSourceId: id, question: 'How many warehouses are there?' });
    expect(answer).toMatchObject({ status: 'completed', rows: [[2]] });
  });

  it('writes a query that fails on a dropped column anew', async () => {
    const { id, run } = await shop();
    await run('ALTER TABLE orders RENAME COLUMN total TO order_total');
    const answer = await ask(org.ctx, { dataSourceId: id, question: 'What is the average total of orders?' });
    expect(answer.query).toContain('order_total');
    expect(answer.status).toBe('completed');
  });

  it('reads a source again at most once a minute, however often nobody knows a name', async () => {
    const { id } = await shop();
    const asked = () => ask(org.ctx, { dataSourceId: id, question: 'What is the average discount of orders?' });
    const before = (await getSchema(org.ctx, id)).fetchedAt;
    clock.advance(1_000);
    await asked();
    const first = (await getSchema(org.ctx, id)).fetchedAt;
    expect(first > before).toBe(true);
    clock.advance(30_000);
    await asked();
    expect((await getSchema(org.ctx, id)).fetchedAt).toBe(first);
    clock.advance(31_000);
    await asked();
    expect((await getSchema(org.ctx, id)).fetchedAt > first).toBe(true);
  });

  it('knows better after a query failed on a name, without the query having waited', async () => {
    const { id, run } = await shop();
    await run('ALTER TABLE orders RENAME COLUMN total TO amount');
    const failed = runQuery(org.ctx, { dataSourceId: id, query: 'SELECT sum(total) FROM orders' });
    await expect(failed).rejects.toMatchObject({ code: 'query.failed' });
    await until(
      async () => JSON.stringify((await getSchema(org.ctx, id)).catalogue),
      (text) => text.includes('amount'),
    );
    const again = runQuery(org.ctx, { dataSourceId: id, query: 'SELECT sum(totl) FROM orders' });
    await expect(again).rejects.not.toMatchObject({ hints: [expect.stringContaining('total')] });
  });
});
