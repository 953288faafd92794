/** The test server as the official driver sees it: protocol, types, errors, limits. What is claimed in index.ts is checked here. */
import {
  Binary,
  BSONRegExp,
  Decimal128,
  Double,
  Int32,
  Long,
  MaxKey,
  MinKey,
  MongoClient,
  ObjectId,
  Timestamp,
  UUID,
} from 'mongodb';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type MongoServer, startMongoServer } from './index';

let server: MongoServer;
let client: MongoClient;

beforeAll(async () => {
  server = await startMongoServer({ users: [{ name: 'root', password: 'pä:ss/w', roles: ['root'] }] });
  client = new MongoClient(server.url);
});
afterAll(async () => {
  await client.close();
  await server.stop();
});

const codeOf = (promise: Promise<unknown>): Promise<unknown> =>
  promise.then(
    () => 'succeeded',
    (error: { code?: unknown }) => error.code,
  );
const exact = { promoteValues: false, bsonRegExp: true } as const;
let databases = 0;
const fresh = () => {
  databases += 1;
  return client.db(`test_${databases}`);
};

describe('values', () => {
  it('come back in the very types that were stored', async () => {
    const stored = {
      _id: new ObjectId(),
      int: new Int32(1),
      double: new Double(1),
      long: Long.fromString('9007199254740993'),
      decimal: Decimal128.fromString('-0.10'),
      huge: Decimal128.fromString('1234567890123456789012345678901234E+10'),
      date: new Date(-1),
      binary: new Binary(Buffer.from([1, 2]), 0),
      uuid: new UUID(),
      regex: new BSONRegExp('^a', 'i'),
      stamp: new Timestamp({ t: 7, i: 3 }),
      min: new MinKey(),
      max: new MaxKey(),
      nested: { '2': 'second key first', '1': [null, true, { deep: 'x' }] },
    };
    const collection = fresh().collection('types');
    await collection.insertOne(stored);
    for (const read of [collection.find({}, exact), collection.aggregate([{ $set: { more: 1 } }, { $unset: 'more' }], exact)]) {
      const [found] = await read.toArray();
      expect(found).toMatchObject({
        int: stored.int,
        double: stored.double,
        regex: stored.regex,
        min: stored.min,
        max: stored.max,
      });
      expect(String(found?.long)).toBe('9007199254740993');
      expect(String(found?.decimal)).toBe('-0.10');
      expect(String(found?.huge)).toBe('1.234567890123456789012345678901234E+43');
      expect(found?.date).toEqual(stored.date);
      expect(found?.uuid).toEqual(stored.uuid);
      expect(Object.keys(found?.nested)).toEqual(['1', '2']); // JavaScript's own order for such keys
    }
  });

  it('are added up by mongod’s rules for types', async () => {
    const collection = fresh().collection<{ _id: number; v: unknown }>('sums');
    const sumOf = async (...values: unknown[]) => {
      await collection.deleteMany({});
      await collection.insertMany(values.map((v, _id) => ({ _id, v })));
      const [row] = await collection.aggregate([{ $group: { _id: null, sum: { $sum: '$v' } } }], exact).toArray();
      return row?.sum;
    };
    expect(await sumOf(new Int32(1), new Int32(2))).toEqual(new Int32(3));
    expect(await sumOf(new Int32(2147483647), new Int32(1))).toEqual(Long.fromString('2147483648'));
    expect(await sumOf(new Int32(1), new Double(0.5))).toEqual(new Double(1.5));
    expect(String(await sumOf(Decimal128.fromString('0.1'), Decimal128.fromString('0.20')))).toBe('0.30');
    expect(String(await sumOf(Long.fromString('9007199254740993'), new Int32(1)))).toBe('9007199254740994');
    expect(await sumOf('text', null)).toEqual(new Int32(0));
    const [row] = await collection
      .aggregate(
        [
          { $limit: 1 },
          { $project: { q: { $divide: [Decimal128.fromString('1'), 3] }, m: { $multiply: [Long.fromNumber(3), 2] } } },
        ],
        exact,
      )
      .toArray();
    expect(String(row?.q)).toBe('0.3333333333333333333333333333333333');
    expect(row?.m).toEqual(Long.fromNumber(6));
  });

  it('are ordered across types, and compared within them', async () => {
    const collection = fresh().collection<{ _id: number; v?: unknown }>('order');
    const values = [
      new MaxKey(),
      /a/,
      new Date(0),
      true,
      new ObjectId(),
      [1],
      { a: 1 },
      'b',
      2,
      Decimal128.fromString('1.5'),
      null,
      new MinKey(),
    ];
    await collection.insertMany([...values.map((v, _id) => ({ _id, v })), { _id: 99 }]);
    const ids = (await collection.find().sort({ v: 1, _id: 1 }).toArray()).map(({ _id }) => _id);
    // An array sorts by its least element: 1 before 1.5.
    expect(ids).toEqual([11, 10, 99, 5, 9, 8, 7, 6, 4, 3, 2, 1, 0]);
    const matching = async (v: unknown) =>
      (
        await collection
          .find({ v } as never)
          .sort({ _id: 1 })
          .toArray()
      ).map(({ _id }) => _id);
    expect(await matching({ $gt: 1 })).toEqual([8, 9]);
    expect(await matching({ $gte: 1 })).toEqual([5, 8, 9]);
    expect(await matching(null)).toEqual([10, 99]);
    expect(await matching({ $type: 'number' })).toEqual([5, 8, 9]);
    expect(await matching({ $ne: 2 })).toHaveLength(12);
  });
});

describe('queries', () => {
  it.each<[string, object, number[]]>([
    ['a path through an array', { 'items.sku': 'a' }, [1, 2]],
    ['an element by its place', { 'items.0.sku': 'b' }, [2]],
    ['conditions on one element', { items: { $elemMatch: { sku: 'a', n: { $gt: 2 } } } }, [2]],
    ['conditions on several elements', { 'items.sku': 'a', 'items.n': { $gt: 2 } }, [2]],
    ['all of several', { tags: { $all: ['x', 'y'] } }, [1]],
    ['the size of an array', { tags: { $size: 1 } }, [2]],
    ['one of several, by pattern too', { name: { $in: ['Ada', /^b/i] } }, [1, 2]],
    ['what is missing', { 'address.city': null }, [2, 3]],
    ['what is there', { 'address.city': { $exists: true } }, [1]],
    ['an expression', { $expr: { $gt: [{ $size: { $ifNull: ['$tags', []] } }, 1] } }, [1]],
    ['negation', { name: { $not: { $regex: 'a', $options: 'i' } } }, [2, 3]],
    ['a choice', { $or: [{ name: 'Ben' }, { _id: 3 }] }, [2, 3]],
  ])('find %s', async (_, filter, ids) => {
    const collection = fresh().collection<{ _id: number }>('people');
    await collection.insertMany([
      { _id: 1, name: 'Ada', address: { city: 'Paris' }, tags: ['x', 'y'], items: [{ sku: 'a', n: 1 }] },
      {
        _id: 2,
        name: 'Ben',
        address: {},
        tags: ['x'],
        items: [
          { sku: 'b', n: 1 },
          { sku: 'a', n: 3 },
        ],
      },
      { _id: 3, name: 'Cleo' },
    ] as never);
    expect(
      (
        await collection
          .find(filter as never)
          .sort({ _id: 1 })
          .toArray()
      ).map(({ _id }) => _id),
    ).toEqual(ids);
  });

  it('run every stage that joins, groups, reshapes', async () => {
    const db = fresh();
    await db.collection('orders').insertMany([
      { _id: 1, c: 1, total: 10, at: new Date('2026-01-31T23:30:00Z') },
      { _id: 2, c: 1, total: 20, at: new Date('2026-02-01T00:30:00Z') },
      { _id: 3, c: 2, total: 5, at: new Date('2025-12-31T12:00:00Z') },
    ] as never);
    await db.collection('people').insertMany([
      { _id: 1, boss: null },
      { _id: 2, boss: 1 },
      { _id: 3, boss: 2 },
    ] as never);
    const orders = (stages: object[]) => db.collection('orders').aggregate(stages).toArray();
    const people = (stages: object[]) => db.collection('people').aggregate(stages).toArray();
    expect(
      await people([
        { $lookup: { from: 'orders', localField: '_id', foreignField: 'c', as: 'o' } },
        { $project: { n: { $size: '$o' } } },
      ]),
    ).toEqual([
      { _id: 1, n: 2 },
      { _id: 2, n: 1 },
      { _id: 3, n: 0 },
    ]);
    const correlated = {
      from: 'orders',
      let: { id: '$_id' },
      pipeline: [{ $match: { $expr: { $eq: ['$c', '$$id'] } } }, { $count: 'n' }],
      as: 'o',
    };
    expect((await people([{ $lookup: correlated }, { $unwind: '$o' }])).map((row) => row.o.n)).toEqual([2, 1]);
    expect(
      await orders([
        { $group: { _id: { $dateToString: { date: '$at', format: '%Y-%m' } }, t: { $sum: '$total' } } },
        { $sort: { _id: 1 } },
      ]),
    ).toEqual([
      { _id: '2025-12', t: 5 },
      { _id: '2026-01', t: 10 },
      { _id: '2026-02', t: 20 },
    ]);
    expect(await orders([{ $bucket: { groupBy: '$total', boundaries: [0, 10, 100], output: { n: { $sum: 1 } } } }])).toEqual([
      { _id: 0, n: 1 },
      { _id: 10, n: 2 },
    ]);
    expect(await orders([{ $unionWith: { coll: 'people', pipeline: [{ $match: { boss: 1 } }] } }, { $count: 'n' }])).toEqual([
      { n: 4 },
    ]);
    const chain = { from: 'people', startWith: '$boss', connectFromField: 'boss', connectToField: '_id', as: 'bosses' };
    expect(await people([{ $match: { _id: 3 } }, { $graphLookup: chain }, { $project: { n: { $size: '$bosses' } } }])).toEqual([
      { _id: 3, n: 2 },
    ]);
    const window = { sortBy: { _id: 1 }, output: { sum: { $sum: '$total', window: { documents: ['unbounded', 'current'] } } } };
    expect((await orders([{ $setWindowFields: window }])).map((row) => row.sum)).toEqual([10, 30, 35]);
    const [facets] = await orders([
      { $facet: { n: [{ $count: 'n' }], top: [{ $sort: { total: -1 } }, { $limit: 1 }, { $project: { _id: 1 } }] } },
    ]);
    expect(facets).toEqual({ n: [{ n: 3 }], top: [{ _id: 2 }] });
    const trunc = (unit: string, extra = {}) => ({ $dateTrunc: { date: '$at', unit, ...extra } });
    const [dates] = await orders([
      { $match: { _id: 1 } },
      {
        $project: {
          _id: 0,
          week: trunc('week', { startOfWeek: 'monday' }),
          berlin: trunc('month', { timezone: 'Europe/Berlin' }),
          days: { $dateDiff: { startDate: '$at', endDate: new Date('2026-02-01T00:10:00Z'), unit: 'day' } },
          next: { $dateAdd: { startDate: '$at', unit: 'month', amount: 1 } },
        },
      },
    ]);
    expect(dates).toEqual({
      week: new Date('2026-01-26T00:00:00Z'),
      berlin: new Date('2026-01-31T23:00:00Z'),
      days: 1,
      next: new Date('2026-02-28T23:30:00Z'),
    });
  });

  it('write, keep unique keys and follow validators', async () => {
    const db = fresh();
    await db.createCollection('users', {
      validator: { $jsonSchema: { bsonType: 'object', required: ['mail'], properties: { mail: { bsonType: 'string' } } } },
    });
    const users = db.collection<{ _id: number; mail: string; n?: number; tags?: string[] }>('users');
    await users.createIndex({ mail: 1 }, { unique: true });
    await users.insertOne({ _id: 1, mail: 'a' });
    expect(await codeOf(users.insertOne({ _id: 1, mail: 'b' }))).toBe(11000);
    expect(await codeOf(users.insertOne({ _id: 2, mail: 'a' }))).toBe(11000);
    expect(await codeOf(users.insertOne({ _id: 3, mail: 4 as never }))).toBe(121);
    await users.updateOne({ _id: 1 }, { $inc: { n: 2 }, $push: { tags: { $each: ['x', 'y'] } }, $set: { mail: 'c' } });
    expect(await users.findOne({ _id: 1 })).toEqual({ _id: 1, mail: 'c', n: 2, tags: ['x', 'y'] });
    const upsert = await users.updateOne({ _id: 9 }, { $set: { mail: 'z' } }, { upsert: true });
    expect(upsert.upsertedId).toBe(9);
    expect((await users.deleteMany({ mail: { $in: ['c', 'z'] } })).deletedCount).toBe(2);
    await db.createCollection('first', { viewOn: 'users', pipeline: [{ $limit: 1 }] });
    expect((await db.listCollections().toArray()).map(({ name, type }) => `${name} ${type}`).sort()).toEqual([
      'first view',
      'system.views collection',
      'users collection',
    ]);
  });

  it.each<[string, object[], number]>([
    ['an unknown stage', [{ $nope: {} }], 40324],
    ['an unknown expression', [{ $project: { a: { $nope: 1 } } }], 168],
    ['an unknown operator', [{ $match: { a: { $nope: 1 } } }], 2],
    ['an undefined variable', [{ $project: { a: '$$nope' } }], 17276],
    ['a division by zero', [{ $documents: [{ a: 1 }] }, { $project: { b: { $divide: ['$a', 0] } } }], 2],
    ['a conversion that fails', [{ $documents: [{ a: 'x' }] }, { $project: { b: { $toInt: '$a' } } }], 241],
  ])('refuse %s with mongod’s code', async (_, stages, code) => {
    const db = client.db('errors');
    const target = '$documents' in (stages[0] ?? {}) ? db : db.collection('c');
    expect(await codeOf(target.aggregate(stages).toArray())).toBe(code);
  });
});

describe('the server', () => {
  it('reads no more documents than the client asks for', async () => {
    const db = fresh();
    server.seed(db.databaseName, 'big', 5000, (at) => ({ _id: at, n: at % 7 }));
    expect(await db.collection('big').find({}, { comment: 'lazy', limit: 11 }).toArray()).toHaveLength(11);
    const cursor = db.collection('big').find({}, { comment: 'open', batchSize: 10 });
    await cursor.next();
    const examined = (comment: string) => server.operations().find((operation) => operation.comment === comment)?.docsExamined;
    expect(examined('lazy')).toBe(11);
    expect(examined('open')).toBe(10);
    const idle = await client
      .db('admin')
      .aggregate([{ $currentOp: { idleCursors: true } }, { $match: { type: 'idleCursor' } }])
      .toArray();
    expect(idle.map((operation) => operation.cursor.originatingCommand.comment)).toContain('open');
    await cursor.close();
    expect(
      await client
        .db('admin')
        .aggregate([{ $currentOp: { idleCursors: true } }, { $match: { type: 'idleCursor', ns: `${db.databaseName}.big` } }])
        .toArray(),
    ).toEqual([]);
  });

  it('ends heavy work by time, by killOp and when the client is gone', async () => {
    const db = fresh();
    server.seed(db.databaseName, 'big', 20_000, (at) => ({ _id: at }));
    const endless = [
      { $lookup: { from: 'big', let: { id: '$_id' }, pipeline: [{ $match: { $expr: { $eq: ['$$id', -1] } } }], as: 'x' } },
    ];
    const heavy = (comment: string, options = {}) =>
      db
        .collection('big')
        .aggregate(endless, { comment, batchSize: 5000, ...options })
        .toArray();
    expect(await codeOf(heavy('timed', { maxTimeMS: 50 }))).toBe(50);
    const killed = codeOf(heavy('killed'));
    const opid = await found(() => server.running().find(({ comment }) => comment === 'killed')?.id);
    await client.db('admin').command({ killOp: 1, op: opid });
    expect(await killed).toBe(11601);
    const other = new MongoClient(server.url);
    const cut = other
      .db(db.databaseName)
      .collection('big')
      .aggregate(endless, { comment: 'cut' })
      .toArray()
      .catch(() => 'cut');
    const { connection } = await found(() => server.running().find(({ comment }) => comment === 'cut'));
    server.killConnection(connection);
    await other.close(true);
    expect(await cut).toBe('cut');
    await found(() => server.running().every(({ comment }) => comment !== 'cut') || undefined);
  });

  it('lets in who may, and lets them do what they may', async () => {
    const db = fresh();
    await db.collection('c').insertOne({ a: 1 });
    await db.command({ createUser: 'reader', pwd: 'one', roles: [{ role: 'read', db: db.databaseName }] });
    const as = (password: string) =>
      new MongoClient(`mongodb://reader:${password}@127.0.0.1:${server.port}/${db.databaseName}`, {
        serverSelectionTimeoutMS: 2000,
      });
    const reader = as('one');
    const own = reader.db(db.databaseName);
    expect(await own.collection('c').countDocuments()).toBe(1);
    expect(await codeOf(own.collection('c').insertOne({ b: 1 }))).toBe(13);
    expect(
      await codeOf(
        own
          .collection('c')
          .aggregate([{ $out: 'copy' }])
          .toArray(),
      ),
    ).toBe(13);
    expect(await codeOf(reader.db('other').collection('c').findOne())).toBe(13);
    expect(
      await codeOf(
        reader
          .db('admin')
          .aggregate([{ $currentOp: { allUsers: true } }])
          .toArray(),
      ),
    ).toBe(13);
    const { authInfo } = await own.command({ connectionStatus: 1, showPrivileges: true });
    expect(authInfo.authenticatedUserPrivileges[0].actions).toContain('find');
    expect(authInfo.authenticatedUserPrivileges[0].actions).not.toContain('insert');
    await reader.close();
    await db.command({ updateUser: 'reader', pwd: 'two' });
    const old = as('one');
    expect(await codeOf(old.db(db.databaseName).collection('c').findOne())).toBe(18);
    await old.close();
    const nobody = new MongoClient(`mongodb://127.0.0.1:${server.port}/`);
    expect(await codeOf(nobody.db(db.databaseName).collection('c').findOne())).toBe(13);
    await nobody.close();
  });

  it('counts and limits its connections, and keeps its data over a restart', async () => {
    const first = await startMongoServer({ maxConnections: 3 });
    const one = new MongoClient(first.url, { maxPoolSize: 1 });
    await one.db('a').collection('c').insertOne({ kept: true });
    const status = await one.db('admin').command({ serverStatus: 1 });
    expect(status.connections.current).toBe(first.connections().length);
    await one.close();
    await first.stop();
    const second = await startMongoServer({ port: first.port, data: first.data });
    const two = new MongoClient(second.url);
    expect(await two.db('a').collection('c').countDocuments({ kept: true })).toBe(1);
    await two.close();
    await second.stop();
  });
});

/** Polls until there is something. */
async function found<T>(read: () => T | undefined): Promise<T> {
  const deadline = Date.now() + 10_000;
  for (;;) {
    const value = read();
    if (value !== undefined) return value;
    if (Date.now() > deadline) throw new Error('Nothing came of it in ten seconds.');
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}
