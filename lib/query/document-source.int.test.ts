import { Decimal128, Double, Int32, Long, ObjectId } from 'mongodb';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Ctx } from '../access';
import { QuarryError } from '../kernel/errors';
import { newId } from '../kernel/ids';
import { getSchema } from '../schema';
import { createSource, drainPools, openSource, poolStats } from '../sources';
import { type MongoServer, startMongoServer } from '../testing/mongodb-server';
import { createTestOrganization, type TestOrganization } from '../testing/organization';
import { cancelQuery, exportQuery, flushHistory, listRunning, runQuery } from '.';

/** The same path over an engine without SQL: what is text in the rest of the product is a query of documents here. */
let server: MongoServer;
let org: TestOrganization;
let ctx: Ctx;
let sourceId: string;

beforeAll(async () => {
  server = await startMongoServer({ users: [{ name: 'reader', password: 'reads', roles: [{ role: 'read', db: 'shop' }] }] });
  const names = ['=1+1', 'lamp, "green"', 'desk'];
  server.seed('shop', 'items', 3, (i) => ({
    _id: new Int32(i + 1),
    name: names[i],
    price: i === 1 ? null : Decimal128.fromString(i === 0 ? '12.50' : '80'),
    any: [Long.fromString('9007199254740993'), 'text', new Double(1.5)][i],
    made: { where: 'Köln', by: new ObjectId('65a1b2c3d4e5f60718293a4b') },
  }));
  server.seed('shop', 'many', 30_000, (i) => ({ _id: new Int32(i) }));
  org = await createTestOrganization();
  ctx = org.ctx;
  const uri = `mongodb://reader:reads@127.0.0.1:${server.port}/shop?authSource=admin`;
  sourceId = (await createSource(ctx, { name: 'Shop', type: 'mongodb', connection: { uri } })).id;
});
afterAll(async () => {
  await flushHistory();
  await drainPools(1_000);
  await org?.drop();
  await server?.stop();
});

const run = (query: string, more: object = {}) => runQuery(ctx, { dataSourceId: sourceId, query, ...more });
const ENDLESS =
  'db.aggregate([{$documents: [{a: {$range: [0, 100000]}}]}, {$unwind: "$a"}, {$set: {b: {$range: [0, 100000]}}}, {$unwind: "$b"}, {$match: {b: -1}}])';

async function errorOf(promise: Promise<unknown>): Promise<QuarryError> {
  const outcome = await promise.then(
    () => null,
    (error: unknown) => error,
  );
  expect(outcome).toBeInstanceOf(QuarryError);
  return outcome as QuarryError;
}

describe('documents as a source', () => {
  it('answers exact values, numbers apart from text, and from the cache the second time', async () => {
    const rows = [
      [1, '=1+1', 12.5, '9007199254740993'],
      [2, 'lamp, "green"', null, 'text'],
      [3, 'desk', 80, 1.5],
    ];
    const shell = 'db.items.find({}, {name: 1, price: 1, any: 1}).sort({_id: 1})';
    expect(await run(shell)).toMatchObject({ rows, cache: { state: 'miss' } });
    // Another spelling of the same query.
    const command = '{"find": "items", "filter": {}, "projection": {"name": 1, "price": 1, "any": 1}, "sort": {"_id": 1}}';
    expect(await run(command)).toMatchObject({ rows, cache: { state: 'hit' } });
    expect((await run('db.items.find({_id: 1}, {_id: 0, made: 1})')).rows).toEqual([
      [{ where: 'Köln', by: '65a1b2c3d4e5f60718293a4b' }],
    ]);
  });

  it('binds parameters by position and by name', async () => {
    const query = (place: string) => `db.items.find({_id: ${place}}, {_id: 0, name: 1})`;
    expect((await run(query('$1'), { parameters: [3] })).rows).toEqual([['desk']]);
    expect((await run(query(':id'), { parameters: { id: 3 } })).rows).toEqual([['desk']]);
    expect((await errorOf(run(query('$1')))).code).toBe('input.invalid');
    expect((await errorOf(run(query('$1'), { parameters: [{ $gt: 0 }] }))).code).toBe('input.invalid');
  });

  it('cuts at the limit and says so, and asks the server for one document more', async () => {
    expect(await run('db.many.find({})')).toMatchObject({ rowCount: 10_000, truncated: { by: 'rows', limit: 10_000 } });
    const ofQueries = ({ comment, namespace }: ReturnType<MongoServer['operations']>[number]) =>
      String(comment).startsWith('quarry:') && !namespace.endsWith('.items');
    const reads = server.operations().filter(ofQueries);
    expect(reads.reduce((sum, { returned }) => sum + returned, 0)).toBe(10_001);
    expect(await run('db.items.find({})', { limit: 2 })).toMatchObject({ rowCount: 2, truncated: { by: 'rows', limit: 2 } });
  });

  it.each([
    ['a syntax error', 'db.items.find({', 'query.invalid'],
    ['SQL', 'SELECT * FROM items', 'query.invalid'],
    ['two statements', 'db.items.find(); db.items.find()', 'query.invalid'],
    ['a write', 'db.items.insertOne({_id: 9})', 'query.refused'],
    ['a stage that writes', 'db.items.aggregate([{$out: "copy"}])', 'query.refused'],
    ['JavaScript', 'db.items.find({$where: "true"})', 'query.refused'],
    [
      'another database',
      'db.items.aggregate([{$lookup: {from: {db: "admin", coll: "x"}, pipeline: [], as: "x"}}])',
      'query.refused',
    ],
    ['an unknown collection', 'db.item.find({})', 'query.failed'],
  ])('refuses %s', async (_what, query, code) => {
    expect((await errorOf(run(query))).code).toBe(code);
  });

  it('hints at a collection that exists', async () => {
    expect((await errorOf(run('db.item.find({})'))).hints).toEqual(['Did you mean items?']);
  });

  it('exports every format', async () => {
    const request = { dataSourceId: sourceId, query: 'db.items.find({}, {name: 1, any: 1}).sort({_id: 1})' };
    const text = async (format: 'csv' | 'json') => new Response((await exportQuery(ctx, request, format)).stream).text();
    expect(await text('csv')).toBe('_id,name,any\r\n1,\'=1+1,9007199254740993\r\n2,"lamp, ""green""",text\r\n3,desk,1.5\r\n');
    expect(JSON.parse(await text('json'))[0]).toEqual({ _id: 1, name: '=1+1', any: '9007199254740993' });
    const workbook = new Uint8Array(await new Response((await exportQuery(ctx, request, 'xlsx')).stream).arrayBuffer());
    expect(Buffer.from(workbook.subarray(0, 4)).toString('latin1')).toBe('PK\u0003\u0004');
  });

  it('ends an endless query in time, and a cancelled one at once, on the server too', async () => {
    expect((await errorOf(run(ENDLESS, { timeoutMs: 300 }))).code).toBe('query.timeout');
    await expect.poll(() => server.running().length).toBe(0);
    const queryId = newId();
    const failure = errorOf(run(ENDLESS, { queryId, cache: 'bypass' }));
    await expect.poll(() => server.running().map(({ comment }) => String(comment).includes(queryId))).toEqual([true]);
    expect(listRunning(ctx)).toHaveLength(1);
    await cancelQuery(ctx, queryId);
    expect((await failure).code).toBe('query.cancelled');
    await expect.poll(() => server.running().length).toBe(0);
    await expect.poll(() => poolStats(ctx).reduce((sum, pool) => sum + pool.active, 0)).toBe(0);
    expect((await run('db.items.countDocuments({})')).rows).toEqual([[3]]);
  });

  it('has a schema with nested paths', async () => {
    const { catalogue } = await getSchema(ctx, await openSource(ctx, sourceId));
    const items = catalogue.tables.find(({ name }) => name === 'items');
    expect(items?.columns.map(({ name }) => name)).toEqual(['_id', 'name', 'price', 'any', 'made', 'made.where', 'made.by']);
  });
});
