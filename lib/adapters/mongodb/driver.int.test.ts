import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { type MongoServer, startMongoServer } from '../../testing/mongodb-server';
import type { Cell, OpenLimits, Pool } from '../contract';
import { collect, expectCode, options, read, until } from '../contract-suite';
import { mongodb } from '.';
import type { MongoConfig } from './manifest';
import { createMongoDatabase, type MongoTestDatabase } from './test-database';

const LIMITS: OpenLimits = {
  max: 3,
  min: 0,
  waitMs: 10_000,
  connectTimeoutMs: 5_000,
  recycleMs: 3_600_000,
  allowWrites: false,
};

let database: MongoTestDatabase;
let pool: Pool;
const pools: Pool[] = [];

beforeAll(async () => {
  database = await createMongoDatabase();
  pool = mongodb.open(database.config, LIMITS);
});

afterEach(async () => {
  await Promise.all(pools.splice(0).map((opened) => opened.drain(0)));
});

afterAll(async () => {
  await pool?.drain(0);
  await database?.drop();
});

function open(config: MongoConfig, limits: Partial<OpenLimits> = {}): Pool {
  const opened = mongodb.open(config, { ...LIMITS, ...limits });
  pools.push(opened);
  return opened;
}

/** n documents that look alike, made by the server's own pipelines. */
async function insertMany(collection: string, documents: string[]): Promise<void> {
  for (let at = 0; at < documents.length; at += 1_000)
    await database.exec(`{insert: "${collection}", documents: [${documents.slice(at, at + 1_000).join(', ')}]}`);
}

describe('documents as rows', () => {
  it('has a column for every field of an interactive result, in the order in which they are met', async () => {
    await insertMany('ragged', [
      ...Array.from({ length: 1_500 }, (_, i) => `{_id: ${i}, a: ${i}}`),
      '{_id: 2000, b: "late", a: NumberLong("9007199254740993")}',
    ]);
    const { columns, rows } = await read(pool, 'db.ragged.find({}).sort({_id: 1})');
    expect(columns.map(({ name, type }) => `${name} ${type}`)).toEqual(['_id integer', 'a bigint', 'b text']);
    expect(rows.at(-1)).toEqual(['2000', '9007199254740993', 'late']);
    expect(rows[0]).toEqual(['0', '0', null]);
  });

  it('keeps what comes after the columns of a long result were named', async () => {
    await insertMany('long', [
      ...Array.from({ length: 1_200 }, (_, i) => `{_id: ${i}, a: ${i}}`),
      '{_id: 1200, a: "text now", late: {x: [1]}, later: NumberDecimal("1.50")}',
    ]);
    const many = { maxRows: 1_000_000 };
    const { columns, rows } = await read(pool, 'db.long.find({}).sort({_id: 1})', many);
    expect(columns.map(({ name, type }) => `${name} ${type}`)).toEqual(['_id bigint', 'a bigint', '(other fields) json']);
    expect(rows.at(-1)).toEqual(['1200', 'text now', { late: { x: [1] }, later: 1.5 }]);
    expect(rows[5]).toEqual(['5', '5', null]);
    const fixed = await read(pool, 'db.long.aggregate([{$sort: {_id: 1}}, {$project: {_id: 0, late: 1, a: 1}}])', many);
    expect(fixed.columns.map(({ name }) => name)).toEqual(['late', 'a']);
    expect(fixed.rows.at(-1)).toEqual([{ x: [1] }, 'text now']);
  });

  it('gives one type to numbers that one type can hold exactly, and marks those that none can', async () => {
    await database.exec(
      '{insert: "numbers", documents: [{a: 1, b: 1, c: NumberDecimal("1.50"), d: 1.5, e: 1}, {a: 2.5, b: NumberLong("2"), c: 3, d: NumberLong("9007199254740993"), e: "x"}, {e: NumberDecimal("2.50")}, {e: true}]}',
    );
    const { columns, rows } = await read(pool, 'db.numbers.find({}, {_id: 0})');
    expect(columns.map(({ name, type, nativeType }) => [name, type, nativeType])).toEqual([
      ['a', 'double', 'double | int'],
      ['b', 'bigint', 'int | long'],
      ['c', 'decimal', 'decimal | int'],
      ['d', 'mixed', 'double | long'],
      ['e', 'mixed', 'bool | decimal | int | string'],
    ]);
    expect(rows).toEqual([
      [1, '1', '1.50', 1.5, { exact: '1' }],
      [2.5, '2', '3', { exact: '9007199254740993' }, 'x'],
      [null, null, null, null, { exact: '2.50' }],
      [null, null, null, null, true],
    ]);
  });

  it('names the columns of queries that shape their documents, rows or none', async () => {
    await database.exec('{insert: "shapes", documents: [{_id: 1, a: 1, b: {c: 2}, t: ["x", "y"]}]}');
    const columnsOf = async (text: string) => (await read(pool, text)).columns.map(({ name }) => name);
    expect(await columnsOf('db.shapes.find({_id: 9}, {a: 1, "b.c": 1})')).toEqual(['_id', 'a', 'b']);
    expect(await columnsOf('db.shapes.find({_id: 9}, {_id: 0, z: "$a", a: true})')).toEqual(['z', 'a']);
    expect(await columnsOf('db.shapes.find({}, {a: 0})')).toEqual(['_id', 'b', 't']);
    expect(await columnsOf('db.shapes.find({}, {_id: 0})')).toEqual(['a', 'b', 't']);
    expect(await columnsOf('db.shapes.find({}, {_id: 1})')).toEqual(['_id']);
    expect(await columnsOf('db.shapes.find({}, {t: {$slice: 1}})')).toEqual(['_id', 'a', 'b', 't']);
    expect(
      await columnsOf(
        'db.shapes.aggregate([{$match: {_id: 9}}, {$group: {_id: "$a", n: {$sum: 1}}}, {$set: {m: 1}}, {$unset: "_id"}])',
      ),
    ).toEqual(['n', 'm']);
    expect(await columnsOf('db.shapes.aggregate([{$match: {_id: 9}}, {$sortByCount: "$a"}])')).toEqual(['_id', 'count']);
    expect(await columnsOf('db.shapes.aggregate([{$match: {_id: 9}}, {$count: "n"}])')).toEqual(['n']);
    expect(
      await columnsOf(
        'db.shapes.aggregate([{$match: {_id: 9}}, {$project: {a: 1}}, {$lookup: {from: "shapes", localField: "a", foreignField: "a", as: "same"}}])',
      ),
    ).toEqual(['_id', 'a', 'same']);
    expect(await columnsOf('db.shapes.aggregate([{$match: {_id: 9}}, {$replaceRoot: {newRoot: {x: "$a", y: 1}}}])')).toEqual([
      'x',
      'y',
    ]);
  });

  it('gives the same as packed text', async () => {
    await database.exec(
      `{insert: "packed", documents: [
        {_id: 1, i: -5, l: NumberLong("-9007199254740993"), d: 0.1, z: -0.0, n: NaN, t: "é 🦆", long: "${'ä'.repeat(100)}", b: true, at: ISODate("2024-01-02T03:04:05.678Z"), o: ObjectId("65a1b2c3d4e5f60718293a4b"), m: NumberDecimal("12.50"), x: BinData(0, "AP8="), j: {a: [1, null]}, s: "", r: /a/i},
        {_id: 2, i: 123456789, b: false, m: 7, extra: "only here"},
        {_id: 3, i: 9999999, j: {}, t: null}]}`,
    );
    const text = 'db.packed.find({}).sort({_id: 1})';
    const plain = await read(pool, text);
    const lease = await pool.lease();
    const packed = await lease.executeText?.({ text }, options());
    if (!packed) throw new Error('a find has packed text');
    const rows: (string | null)[][] = [];
    for await (const { rowCount, bytes, ends } of packed.batches) {
      let at = 0;
      for (let row = 0; row < rowCount; row += 1) {
        rows.push(
          packed.columns.map((_, column) => {
            const end = ends[row * packed.columns.length + column] ?? 0;
            const from = at;
            at = end < 0 ? ~end : end;
            return end < 0 ? null : Buffer.from(bytes.subarray(from, at)).toString('utf8');
          }),
        );
      }
    }
    lease.release();
    expect(packed.columns).toEqual(plain.columns);
    const asText = (cell: Cell) => (cell === null || typeof cell === 'string' ? cell : JSON.stringify(cell));
    expect(rows).toEqual(plain.rows.map((row) => row.map(asText)));
    expect(plain.columns.map(({ name }) => name)).toContain('extra');
  });

  it('replaces what is no UTF-8 in packed text too', async () => {
    await database.exec(`{insert: "broken", documents: [{_id: 1, t: "\\x1a\\x1a"}, {_id: 2, t: "\\x1a\\x1a${'a'.repeat(60)}"}]}`);
    const lease = await pool.lease();
    const packed = await lease.executeText?.({ text: 'db.broken.find({}, {_id: 0, t: 1}).sort({_id: 1})' }, options());
    const found: string[] = [];
    for await (const { bytes } of packed?.batches ?? []) found.push(Buffer.from(bytes).toString('utf8'));
    lease.release();
    expect(found.join('')).toBe(`\ufffd\ufffd\ufffd\ufffd${'a'.repeat(60)}`);
  });

  it('counts and lists', async () => {
    await database.exec('{insert: "people", documents: [{a: 1, t: ["x", "y"]}, {a: 2, t: ["y"]}, {a: NumberLong("3")}]}');
    expect((await read(pool, 'db.people.countDocuments({a: {$gt: 1}})')).rows).toEqual([['2']]);
    expect((await read(pool, 'db.people.countDocuments({a: 99})')).rows).toEqual([['0']]);
    expect((await read(pool, 'db.people.countDocuments({}, {skip: 1, limit: 1})')).rows).toEqual([['1']]);
    expect((await read(pool, 'db.people.estimatedDocumentCount()')).rows).toEqual([['3']]);
    const distinct = await read(pool, 'db.people.distinct("t")');
    expect(distinct.columns).toEqual([{ name: 't', type: 'text', nativeType: 'string' }]);
    expect(distinct.rows).toEqual([['x'], ['y']]);
    const cut = await read(pool, 'db.people.distinct("t")', { maxRows: 1 });
    expect(cut).toMatchObject({ rows: [['x']], outcome: { truncated: { by: 'rows', limit: 1 } } });
  });
});

describe('names that are not there', () => {
  it('says so of the collection that is read, counted or joined', async () => {
    await database.exec('{insert: "there", documents: [{a: 1}]}');
    for (const text of [
      'db.missing.find({})',
      'db.missing.countDocuments({})',
      'db.missing.distinct("a")',
      'db.missing.aggregate([{$match: {a: 1}}])',
      'db.there.aggregate([{$lookup: {from: "missing", localField: "a", foreignField: "a", as: "b"}}])',
      'db.there.aggregate([{$unionWith: "missing"}])',
    ]) {
      const error = await expectCode(read(pool, text), 'query.failed');
      expect(error.message, text).toContain('There is no collection "missing"');
    }
    expect((await read(pool, 'db.there.find({a: 99})')).rows).toEqual([]);
  });

  it('notices a collection that went away', async () => {
    await database.exec('{insert: "passing", documents: [{a: 1}]}');
    expect((await read(pool, 'db.passing.find({}, {_id: 0})')).rows).toEqual([['1']]);
    await database.exec('{drop: "passing"}');
    await expectCode(read(pool, 'db.passing.find({}, {_id: 0})'), 'query.failed');
  });
});

describe('bound values', () => {
  it('stay values wherever they stand', async () => {
    await database.exec(
      '{insert: "secrets", documents: [{_id: 1, name: "$secret", secret: "hidden", n: 1}, {_id: 2, name: "x", secret: "other", n: 2}]}',
    );
    const one = async (text: string, ...params: unknown[]) => (await read(pool, text, { params })).rows;
    expect(await one('db.secrets.find({name: $1}, {_id: 1})', '$secret')).toEqual([['1']]);
    expect(await one('db.secrets.find({$expr: {$eq: ["$name", $1]}}, {_id: 1})', '$secret')).toEqual([['1']]);
    expect(await one('db.secrets.aggregate([{$match: {_id: 1}}, {$project: {_id: 0, v: $1}}])', '$secret')).toEqual([
      ['$secret'],
    ]);
    expect(await one('db.secrets.aggregate([{$match: {_id: 1}}, {$project: {_id: 0, n: $1}}])', 1)).toEqual([['1']]);
    expect(
      await one('db.secrets.aggregate([{$match: {_id: 1}}, {$project: {_id: 0, v: {$concat: ["a", $1]}}}])', '$secret'),
    ).toEqual([['a$secret']]);
    expect(await one('db.secrets.find({_id: {$in: $1}}, {_id: 1}).sort({_id: $2})'.replace('$2', '-1'), [1, 2, 3])).toEqual([
      ['2'],
      ['1'],
    ]);
    expect(await one('db.secrets.find({}, {_id: 1}).sort({_id: 1}).limit($1)', 1)).toEqual([['1']]);
    await expectCode(one('db.secrets.find({name: $1})', { $ne: null }), 'input.invalid');
    await expectCode(one('db.secrets.find({_id: {$in: $1}})', [{ $gt: 0 }]), 'input.invalid');
    await expectCode(one('db.secrets.find({}).limit($1)', 'many'), 'input.invalid');
    await expectCode(one('db.secrets.find({name: $2})', 1), 'input.invalid');
  });

  it('have their types: dates, ids and exact numbers by constructor', async () => {
    await database.exec(
      '{insert: "typed", documents: [{at: ISODate("2024-05-01"), id: ObjectId("65a1b2c3d4e5f60718293a4b"), big: NumberLong("9007199254740993"), money: NumberDecimal("12.50")}]}',
    );
    const found = async (filter: string, ...params: unknown[]) =>
      (await read(pool, `db.typed.countDocuments(${filter})`, { params })).rows;
    expect(await found('{at: {$gte: ISODate($1), $lt: ISODate($2)}}', '2024-05-01', '2024-05-02')).toEqual([['1']]);
    expect(await found('{at: $1}', new Date('2024-05-01'))).toEqual([['1']]);
    expect(await found('{id: ObjectId($1)}', '65a1b2c3d4e5f60718293a4b')).toEqual([['1']]);
    expect(await found('{big: NumberLong($1)}', '9007199254740993')).toEqual([['1']]);
    expect(await found('{big: $1}', 9007199254740993n)).toEqual([['1']]);
    expect(await found('{money: NumberDecimal($1)}', '12.5')).toEqual([['1']]);
    await expectCode(found('{id: ObjectId($1)}', 'nonsense'), 'input.invalid');
  });
});

describe('what the server is asked for', () => {
  let server: MongoServer;
  let config: MongoConfig;

  beforeAll(async () => {
    server = await startMongoServer({});
    server.seed('big', 'rows', 50_000, (i) => ({ _id: i, text: 'x'.repeat(50) }));
    config = mongodb.manifest.parseConnection({ host: '127.0.0.1', port: server.port, database: 'big' }) as MongoConfig;
  });

  afterAll(() => server.stop());

  const last = (command: string) => server.operations().findLast((operation) => operation.command === command);

  it('is never more than the limit and one, and the cursor is closed', async () => {
    const own = open(config);
    const { rows } = await read(own, 'db.rows.find({})', { maxRows: 2_500 });
    expect(rows).toHaveLength(2_500);
    const asked = server.operations().filter(({ command }) => command === 'find' || command === 'getMore');
    expect(asked.reduce((sum, { returned }) => sum + returned, 0)).toBe(2_501);
    expect(asked.reduce((sum, { docsExamined }) => sum + docsExamined, 0)).toBeLessThanOrEqual(2_502);
  });

  it('carries a time limit and a comment with every command', async () => {
    const own = open(config);
    await read(own, 'db.rows.aggregate([{$match: {_id: 1}}])', { tag: 'quarry:abc', timeoutMs: 1_234 });
    expect(last('aggregate')).toMatchObject({ maxTimeMs: 1_234, comment: expect.stringMatching(/^quarry:abc [\w-]{12}$/) });
  });

  it('is read on at most one batch ahead of its reader', async () => {
    const own = open(config);
    const lease = await own.lease();
    const before = server.operations().filter(({ command }) => command === 'getMore').length;
    const result = await lease.execute({ text: 'db.rows.find({})' }, options({ maxRows: 1_000_000 }));
    const rows = result.rows[Symbol.asyncIterator]();
    await rows.next();
    const read = () => server.operations().filter(({ command }) => command === 'getMore').length - before;
    await until(async () => read() === 1);
    await collect(await own.lease(), 'db.rows.find({_id: 5})');
    expect(read()).toBe(1);
    await rows.return?.();
    await until(async () => last('killCursors') !== undefined);
    lease.release();
  });

  it('has as many connections as the pool counts', async () => {
    const own = open(config);
    await until(async () => server.connections().length === 0);
    const leases = await Promise.all([own.lease(), own.lease(), own.lease()]);
    expect(
      server
        .connections()
        .map(({ id }) => String(id))
        .sort(),
    ).toEqual(leases.map(({ backendId }) => backendId).sort());
    expect(own.stats()).toMatchObject({ active: 3, idle: 0 });
    for (const lease of leases) lease.release();
    expect(server.connections()).toHaveLength(3);
    await own.drain(0);
    await until(async () => server.connections().length === 0);
  });

  it('has never more connections than the pool may have, in a storm of 200 requests', async () => {
    const own = open(config, { max: 5, waitMs: 30_000 });
    const seen: number[] = [];
    const ask = async (id: number) => {
      const { rows } = await read(own, 'db.rows.find({_id: $1}, {_id: 1})', { params: [id] });
      seen.push(server.connections().length);
      const { active, idle } = own.stats();
      expect(active + idle).toBeLessThanOrEqual(5);
      return rows;
    };
    const answers = await Promise.all(Array.from({ length: 200 }, (_, id) => ask(id)));
    expect(answers).toEqual(Array.from({ length: 200 }, (_, id) => [[String(id)]]));
    expect(Math.max(...seen)).toBeLessThanOrEqual(5);
    expect(own.stats()).toMatchObject({ active: 0, idle: server.connections().length, waiting: 0, errors: 0 });
  });

  it('is stopped when a stream is cancelled between two batches', async () => {
    const own = open(config);
    const lease = await own.lease();
    const controller = new AbortController();
    const result = await lease.execute({ text: 'db.rows.find({})' }, options({ maxRows: 1_000_000, signal: controller.signal }));
    const work = (async () => {
      for await (const _batch of result.rows) controller.abort();
    })();
    await expectCode(work, 'query.cancelled');
    lease.release();
    expect((await read(own, 'db.rows.countDocuments({})')).rows).toEqual([['50000']]);
  });

  it('may explain what it would do', async () => {
    const lease = await open(config).lease();
    const found = await lease.explain({ text: 'db.rows.find({text: "y"})' }, options());
    expect(found).toMatchObject({ estimatedRowsRead: 50_000 });
    expect(JSON.stringify(found.plan)).toContain('COLLSCAN');
    expect(JSON.stringify(found.plan)).not.toMatch(/serverInfo|host/);
    expect(await lease.explain({ text: 'db.rows.find({}).limit(7)' }, options())).toMatchObject({
      estimatedRows: 7,
      estimatedRowsRead: 7,
    });
    lease.release();
  });
});

describe('members of a replica set', () => {
  const servers: MongoServer[] = [];

  afterAll(() => Promise.all(servers.map((server) => server.stop().catch(() => {}))));

  async function member(hello: Record<string, unknown>): Promise<MongoServer> {
    const server = await startMongoServer({ hello: { setName: 'rs0', ...hello } });
    server.seed('shop', 'a', 1, () => ({ _id: 1 }));
    servers.push(server);
    return server;
  }

  const configOf = (uri: string) => mongodb.manifest.parseConnection({ uri }) as MongoConfig;

  it('finds the primary behind a secondary, and asks the guard about it', async () => {
    const primary = await member({ isWritablePrimary: true, secondary: false });
    const secondary = await member({ isWritablePrimary: false, secondary: true, primary: `primary.test:${primary.port}` });
    const asked: string[] = [];
    const resolveHost = async (host: string, port: number) => {
      asked.push(`${host}:${port}`);
      return '127.0.0.1';
    };
    const own = open(configOf(`mongodb://secondary.test:${secondary.port}/shop?replicaSet=rs0`), { resolveHost });
    expect((await read(own, 'db.a.find({})')).rows).toEqual([['1']]);
    expect(primary.connections()).toHaveLength(1);
    expect(secondary.connections()).toHaveLength(0);
    expect(asked).toEqual([`secondary.test:${secondary.port}`, `primary.test:${primary.port}`]);
  });

  it('reads a secondary when the primary is out of reach, and a direct one always', async () => {
    const secondary = await member({ isWritablePrimary: false, secondary: true, primary: '127.0.0.1:1' });
    const uri = `mongodb://127.0.0.1:${secondary.port}/shop`;
    expect((await read(open(configOf(`${uri}?replicaSet=rs0`)), 'db.a.find({})')).rows).toEqual([['1']]);
    expect((await read(open(configOf(`${uri}?directConnection=true`)), 'db.a.find({})')).rows).toEqual([['1']]);
  });

  it('stops a query on the member that runs it', async () => {
    // Two members that both take reads at once, as after a change of the primary: the first one named isn't the one that is connected.
    const second = await member({ isWritablePrimary: true, secondary: false });
    const first = await member({ isWritablePrimary: false, secondary: true, primary: `127.0.0.1:${second.port}` });
    const own = open(configOf(`mongodb://127.0.0.1:${first.port}/shop?replicaSet=rs0`));
    const lease = await own.lease();
    await first.stop();
    const controller = new AbortController();
    const endless = `db.aggregate([{$documents: [{a: {$range: [0, 100000]}}]}, {$unwind: "$a"}, {$set: {b: {$range: [0, 100000]}}}, {$unwind: "$b"}, {$match: {b: -1}}])`;
    const running = expectCode(collect(lease, endless, { signal: controller.signal }), 'query.cancelled');
    await until(async () => second.running().length === 1);
    controller.abort();
    await running;
    expect(second.running()).toHaveLength(0);
    // It was asked to stop, and the connection is still there.
    expect(second.operations().map(({ code }) => code)).toContain(11_601);
    expect((await collect(lease, 'db.a.find({})')).rows).toEqual([['1']]);
    lease.release();
  });

  it('goes on to the next host when one is down, and refuses another set', async () => {
    const primary = await member({ isWritablePrimary: true, secondary: false });
    const hosts = `127.0.0.1:1,127.0.0.1:${primary.port}`;
    expect((await read(open(configOf(`mongodb://${hosts}/shop?replicaSet=rs0`)), 'db.a.find({})')).rows).toEqual([['1']]);
    const error = await expectCode(open(configOf(`mongodb://${hosts}/shop?replicaSet=other`)).lease(), 'source.unreachable');
    expect(error.message).toMatch(/127\.0\.0\.1|replica set "other"/);
  });

  it('does not follow a primary that the guard refuses', async () => {
    const inside = await member({ isWritablePrimary: true, secondary: false });
    const secondary = await member({ isWritablePrimary: false, secondary: true, primary: `inside.test:${inside.port}` });
    const resolveHost = async (host: string) => {
      if (host === 'inside.test') throw new Error('refused');
      return '127.0.0.1';
    };
    const own = open(configOf(`mongodb://secondary.test:${secondary.port}/shop`), { resolveHost });
    expect((await read(own, 'db.a.find({})')).rows).toEqual([['1']]);
    expect(inside.connections()).toHaveLength(0);
  });
});

describe('who may come in', () => {
  it('says that a user is needed', async () => {
    const { host, port } = database.config;
    const error = await expectCode(
      open(mongodb.manifest.parseConnection({ host, port, database: database.name }) as MongoConfig).lease(),
      'source.auth_failed',
    );
    expect(error.message).toMatch(/user name and a password/);
  });

  it('names the database that the login is looked for in', async () => {
    const elsewhere = { ...database.config, options: { authSource: 'elsewhere' } };
    const error = await expectCode(open(elsewhere).lease(), 'source.auth_failed');
    expect(error.message).toMatch(/"elsewhere" \(authSource\)/);
    expect(error.message).not.toContain(database.config.password ?? '?');
  });

  it('says when a server does not speak TLS', async () => {
    const server = await startMongoServer({});
    try {
      const config = mongodb.manifest.parseConnection({ uri: `mongodb://127.0.0.1:${server.port}/x?tls=true` }) as MongoConfig;
      const error = await expectCode(
        open(config, { connectTimeoutMs: 2_000 }).lease(),
        'source.tls_failed',
        'source.unreachable',
      );
      expect(error.message).toMatch(/TLS|in time/);
    } finally {
      await server.stop();
    }
  });
});
