import { randomBytes } from 'node:crypto';
import { startMongoServer } from '../../testing/mongodb-server';
import type { Adapter } from '../contract';
import {
  CERTIFICATE_LOGIN,
  type Certificates,
  type EngineFixture,
  ODD_NAME,
  type PrivateServer,
  type ServerFixture,
  type StoredExample,
  type TestDatabase,
  type TestLogin,
} from '../contract-suite';
import { mongodb } from '.';
import { createMongoDatabase, INVALID_UTF8, type MongoTestDatabase } from './test-database';

const made = new WeakMap<TestDatabase, MongoTestDatabase>();

async function create(): Promise<TestDatabase> {
  const database = await createMongoDatabase();
  const { client, name } = database;
  const isBusy = async (id: string) => (await database.operations(id)).some(({ active }) => active === true);
  const test: TestDatabase = {
    config: database.config,
    connection: database.connection,
    exec: database.exec,
    count: (collection) => client.db(name).collection(collection).countDocuments({}),
    snapshot: async () => [
      await client.db(name).collection('ledger').find({}).sort({ id: 1 }).toArray(),
      (await client.db(name).listCollections({}, { nameOnly: true }).toArray()).map((collection) => collection.name).sort(),
      (await client.db('admin').admin().listDatabases({ nameOnly: true })).databases.some((one) => one.name === STOLEN),
    ],
    isRunning: isBusy,
    isAlive: async (id) => (await database.operations(id)).length > 0,
    killBackend: database.kill,
    drop: database.drop,
  };
  made.set(test, database);
  return test;
}

/** Where an attack would copy to. */
const STOLEN = 'quarry_stolen';

async function createLogin(
  database: TestDatabase,
  { password, connectionLimit }: { password: string; connectionLimit?: number },
): Promise<TestLogin> {
  if (connectionLimit !== undefined) return narrowServer(password, connectionLimit);
  const username = `login_${randomBytes(6).toString('hex')}`;
  await ownerOf(database).command(
    { createUser: username, pwd: password, roles: [{ role: 'read', db: database.connection?.database }] },
    'admin',
  );
  return loginOf(database, username, password);
}

function loginOf(database: TestDatabase, username: string, password: string): TestLogin {
  const { command } = ownerOf(database);
  return {
    connection: { ...database.connection, username, password },
    setPassword: async (next) => {
      await command({ updateUser: username, pwd: next }, 'admin');
    },
    drop: async () => {
      await command({ dropUser: username }, 'admin');
    },
  };
}

/** MongoDB limits connections for everybody together, so this login is on a server of its own. */
async function narrowServer(password: string, maxConnections: number): Promise<TestLogin> {
  const server = await startMongoServer({ maxConnections, users: [{ name: 'narrow', password, roles: ['root'] }] });
  return {
    connection: { host: '127.0.0.1', port: server.port, database: 'narrow', username: 'narrow', password },
    setPassword: async () => {},
    drop: () => server.stop(),
  };
}

function ownerOf(database: TestDatabase): MongoTestDatabase {
  const owner = made.get(database);
  if (!owner) throw new Error('This database was not made by the fixture.');
  return owner;
}

/** Does what mongosh does with the text of the connection report; the password is not typed in, it's given. */
async function runReadOnlyUserSql(database: TestDatabase, text: string): Promise<TestLogin> {
  const match = /db\.getSiblingDB\("(\w+)"\)\.createUser\(\{([\s\S]*)\}\)\s*$/.exec(text);
  if (!match) throw new Error(`This is not a call of createUser:\n${text}`);
  const username = `reader_${randomBytes(6).toString('hex')}`;
  const [, admin = '', options = ''] = match;
  const filled = options.replace('user: "quarry_reader"', `user: "${username}"`).replace('passwordPrompt()', '"only-reads"');
  const { user, ...rest } = JSON.parse(`{${filled.replace(/(\w+):/g, '"$1":')}}`) as Record<string, unknown>;
  await ownerOf(database).command({ createUser: user, ...rest }, admin);
  return loginOf(database, username, 'only-reads');
}

async function startServer(certificates: Certificates): Promise<PrivateServer> {
  const tls = { key: certificates.serverKey, cert: certificates.serverCert, ca: certificates.ca };
  const users = [
    { name: 'root', password: 'secret', roles: ['root'] },
    {
      name: `CN=${CERTIFICATE_LOGIN}`,
      db: '$external',
      password: randomBytes(12).toString('hex'),
      roles: [{ role: 'root', db: 'admin' }],
    },
  ];
  let server = await startMongoServer({ tls, users });
  const { port, data } = server;
  const connection = { host: 'localhost', port, database: 'private', username: 'root', password: 'secret' };
  return {
    connection,
    certificateConnection: {
      ...connection,
      username: undefined,
      password: undefined,
      options: { authMechanism: 'MONGODB-X509' },
    },
    isEncrypted: async (id) => server.connections().find((one) => String(one.id) === id)?.encrypted === true,
    stop: () => server.stop(),
    start: async () => {
      server = await startMongoServer({ tls, port, data, users });
    },
    remove: () => server.stop(),
  };
}

const server: ServerFixture = { createLogin, tooManyConnections: /no connection left/, runReadOnlyUserSql, startServer };

const examples = (list: [literal: string, type: StoredExample['type'], cell: StoredExample['cell']][]): StoredExample[] =>
  list.map(([literal, type, cell]) => ({ declaration: '', literal, type, cell }));

/** Every type of BSON, at its limits. */
const VALUES = examples([
  ['42', 'integer', '42'],
  ['-2147483648', 'integer', '-2147483648'],
  ['NumberInt("2147483647")', 'integer', '2147483647'],
  ['2147483648', 'bigint', '2147483648'],
  ['NumberLong("5")', 'bigint', '5'],
  ['NumberLong("9223372036854775807")', 'bigint', '9223372036854775807'],
  ['NumberLong("-9223372036854775808")', 'bigint', '-9223372036854775808'],
  ['9007199254740993', 'bigint', '9007199254740993'],
  ['0.1', 'double', 0.1],
  ['5.0', 'double', 5],
  ['0.30000000000000004', 'double', 0.30000000000000004],
  ['1.7976931348623157e308', 'double', 1.7976931348623157e308],
  ['NaN', 'double', 'NaN'],
  ['-Infinity', 'double', '-Infinity'],
  ['NumberDecimal("12.50")', 'decimal', '12.50'],
  ['NumberDecimal("1234567890123456789012345678.901234")', 'decimal', '1234567890123456789012345678.901234'],
  ['NumberDecimal("NaN")', 'decimal', 'NaN'],
  ['NumberDecimal("1E-6176")', 'decimal', '1E-6176'],
  ['true', 'boolean', true],
  ['false', 'boolean', false],
  ['"it\'s é 🦆"', 'text', "it's é 🦆"],
  ['""', 'text', ''],
  ['"a\\u0000b"', 'text', 'a\u0000b'],
  ['"9223372036854775807"', 'text', '9223372036854775807'],
  ['ISODate("2024-01-02T03:04:05.678Z")', 'timestamptz', '2024-01-02T03:04:05.678Z'],
  ['ISODate("2024-02-29")', 'timestamptz', '2024-02-29T00:00:00.000Z'],
  ['ISODate("2024-03-31T02:30:00+02:00")', 'timestamptz', '2024-03-31T00:30:00.000Z'],
  ['ISODate("0001-01-01T00:00:00Z")', 'timestamptz', '0001-01-01T00:00:00.000Z'],
  ['{"$date": {"$numberLong": "253402300800000"}}', 'timestamptz', '+010000-01-01T00:00:00.000Z'],
  ['ObjectId("65a1b2c3d4e5f60718293a4b")', 'objectid', '65a1b2c3d4e5f60718293a4b'],
  ['UUID("A0EEBC99-9C0B-4EF8-BB6D-6BB9BD380A11")', 'uuid', 'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11'],
  ['BinData(3, "oO68mZwLTvi7bWu5vTgKEQ==")', 'binary', 'oO68mZwLTvi7bWu5vTgKEQ=='],
  ['HexData(0, "00ff80")', 'binary', 'AP+A'],
  ['{a: {b: [1, 2.5, "x"], n: null}}', 'json', { a: { b: [1, 2.5, 'x'], n: null } }],
  [
    '{big: NumberLong("9007199254740993"), money: NumberDecimal("0.12345678901234567"), small: NumberDecimal("12.50"), id: ObjectId("65a1b2c3d4e5f60718293a4b"), at: ISODate("2024-01-01")}',
    'json',
    {
      big: '9007199254740993',
      money: '0.12345678901234567',
      small: 12.5,
      id: '65a1b2c3d4e5f60718293a4b',
      at: '2024-01-01T00:00:00.000Z',
    },
  ],
  ['[1, null, "3", {a: [NumberLong("9007199254740993")]}]', 'array', [1, null, '3', { a: ['9007199254740993'] }]],
  ['[]', 'array', []],
  ['/a.b/i', 'unknown', '/a.b/i'],
  ['Timestamp(1700000000, 7)', 'unknown', 'Timestamp(1700000000, 7)'],
  ['MinKey()', 'unknown', 'MinKey'],
  ['MaxKey()', 'unknown', 'MaxKey'],
]);

/** n documents with `i` from 1 and these fields in each, made by the server: unwinding copies them, which costs little. */
const range = (n: number, fields = '') =>
  `db.aggregate([{$documents: [{${fields}k: {$range: [0, ${Math.ceil(n / 1000)}]}, j: {$range: [1, 1001]}}]}, {$unwind: "$k"}, {$unwind: "$j"}, {$set: {i: {$add: [{$multiply: ["$k", 1000]}, "$j"]}}}${n % 1000 === 0 ? '' : `, {$match: {i: {$lte: ${n}}}}`}`;

const ledger = (name: string) =>
  `{insert: ${JSON.stringify(name)}, documents: [{_id: 1, id: 1, note: "one"}, {_id: 2, id: 2, note: "two"}]}`;

/** MongoDB's words for the contract suite. */
export const fixture: EngineFixture = {
  label: 'MongoDB',
  adapter: mongodb as Adapter,
  create,
  queries: {
    makeLedger: ledger('ledger'),
    one: { text: 'db.aggregate([{$documents: [{v: {$add: [41, 1]}}]}])', rows: [['42']] },
    literal: (expression) => `db.aggregate([{$documents: [{v: {$literal: ${expression}}}]}])`,
    noRows: { text: 'db.ledger.find({id: {$lt: 0}}, {_id: 0, id: 1, note: 1})', rows: [] },
    oddNames: {
      text: `db.aggregate([{$documents: [{a: null, ${JSON.stringify(ODD_NAME)}: 2}]}])`,
      columns: ['a', ODD_NAME],
      rows: [[null, '2']],
    },
    idsByNote: 'db.ledger.find({$or: [{note: $1}, {note: $2}]}, {_id: 0, id: 1})',
    namedParameter:
      'db.ledger.find({note: {$ne: ":no"} /* :no */, id: :id, $expr: {$eq: ["$id", :id]}}, {_id: 0, note: 1}) // :no',
    missingParameter: 'db.ledger.find({id: :missing})',
    twoStatements: 'db.ledger.find({}); db.ledger.deleteMany({})',
    insertThree: 'db.ledger.insertOne({_id: 3, id: 3, note: "three"})',
    writes: {
      make: '{create: "written"}',
      insertTwo: 'db.written.insertMany([{_id: 1, id: 1, note: "a"}, {_id: 2, id: 2, note: "b"}])',
      clash: 'db.written.insertMany([{_id: 3, id: 3, note: "c"}, {_id: 1, id: 1, note: "a"}])',
      deleteAll: 'db.written.deleteMany({})',
    },
    invalid: [
      '',
      ' // nothing\n',
      'db.a.find(); db.b.find()',
      'db.a.find({a: })',
      'db.a.find({a: "open',
      'db',
      'SELECT 1',
      '{}',
      'db.a.find({a: 1, a: 2})',
    ],
    tables: [
      {
        text: 'db.a.aggregate([{$lookup: {from: "b", localField: "x", foreignField: "_id", as: "c", pipeline: [{$unionWith: {coll: "d", pipeline: [{$match: {from: "e"}}]}}]}}, {$facet: {f: [{$graphLookup: {from: "g", startWith: "$h", connectFromField: "i", connectToField: "j", as: "k"}}]}}])',
        tables: ['a', 'b', 'd', 'g'],
      },
      { text: 'db.a.find({from: "b", coll: "c"}, {d: "$e"})', tables: ['a'] },
      { text: '{"find": "a.b", "filter": {"find": "c"}}', tables: ['a.b'] },
    ],
    normalised: {
      same: ['db.ledger.find( {note : "a  b"} /* c */ ) ; ', "{'find': 'ledger', // c\n filter: {note: 'a  b'}}"],
      other: 'db.ledger.find({note: "a b"})',
    },
    limited: [
      { text: 'db.ledger.find({}, {_id: 0, id: 1}).sort({id: -1}) // last', rows: 1 },
      { text: 'db.ledger.find({}, {_id: 0, id: 1}).sort({id: -1}).limit(10);', rows: 1 },
      { text: 'db.ledger.find({}, {_id: 0, id: 1}).limit(1).sort({id: -1})', rows: 5 },
      { text: 'db.ledger.find({}, {_id: 0, id: 1}).sort({id: -1}).limit(0)', rows: 1 },
      { text: 'db.ledger.aggregate([{$sort: {id: -1}}, {$project: {_id: 0, id: 1}}, /* last */ ])', rows: 1 },
      { text: 'db.ledger.aggregate([{$sort: {id: -1}}, {$project: {_id: 0, id: 1}}, {$limit: 10}])', rows: 1 },
      { text: 'db.ledger.aggregate({$sort: {id: -1}}, {$project: {_id: 0, id: 1}})', rows: 1 },
      { text: '{"find": "ledger", "projection": {"_id": 0, "id": 1}, "sort": {"id": -1}}', rows: 1 },
      {
        text: '{"aggregate": "ledger", "pipeline": [{"$project": {"_id": 0, "id": 1}}, {"$sort": {"id": -1}}], "cursor": {}}',
        rows: 1,
      },
    ],
    deterministic: ['db.ledger.countDocuments({})', 'db.ledger.aggregate([{$match: {at: {$gt: ISODate("2024-01-01")}}}])'],
    volatile: [
      'db.ledger.aggregate([{$sample: {size: 1}}])',
      'db.ledger.aggregate([{$project: {r: {$rand: {}}}}])',
      'db.ledger.aggregate([{$project: {now: "$$NOW"}}])',
      'db.ledger.find({at: {$lt: new Date()}})',
    ],
    missingTable: { text: 'db.no_such_table.find({})', message: /no_such_table/ },
    readLedger: 'db.ledger.find({})',
    readStored: (columns) => `db.stored.find({}, {_id: 0, ${Array.from({ length: columns }, (_, i) => `c${i}: 1`).join(', ')}})`,

    series: (n) => `${range(n)}, {$project: {_id: 0, i: 1}}])`,
    wideSeries: (n) =>
      `${range(n, 'b: NumberLong("9007199254740993"), c: 0.125, d: ISODate("2020-01-01"), e: NumberDecimal("12.500"), f: true, g: "name 🦆", h: "some longer text that stays", l: 7, z: null, ')}, {$project: {_id: 0, i: 1, b: 1, c: 1, d: 1, e: 1, f: 1, g: 1, h: 1, l: 1, z: 1}}])`,
    endless:
      'db.aggregate([{$documents: [{a: {$range: [0, 100000]}}]}, {$unwind: "$a"}, {$set: {b: {$range: [0, 100000]}}}, {$unwind: "$b"}, {$match: {b: -1}}])',
    fatRows: (n, bytes) => `${range(n, `t: "${'x'.repeat(bytes)}", `)}, {$project: {_id: 0, t: 1}}])`,
  },
  values: VALUES,
  stored: VALUES,
  makeStored: (values) => `{insert: "stored", documents: [{${values.map(({ literal }, i) => `c${i}: ${literal}`).join(', ')}}]}`,
  invalidText: {
    setUp: `{insert: "bytes", documents: [{t: ${JSON.stringify(`${INVALID_UTF8}A${INVALID_UTF8}`)}}]}`,
    text: 'db.bytes.find({}, {_id: 0})',
    rows: [['\uFFFD\uFFFDA\uFFFD\uFFFD']],
  },
  makeTable: (name) => `{insert: ${JSON.stringify(name)}, documents: [{id: 1, note: "one"}]}`,
  server,
  shop: `[
    {create: "customers", validator: {$jsonSchema: {required: ["region", "no"]}}},
    {createIndexes: "customers", indexes: [{key: {email: 1}, name: "email_1", unique: true}]},
    {create: "Customer Orders", validator: {$jsonSchema: {required: ["id", "status"]}}},
    {createIndexes: "Customer Orders", indexes: [{key: {status: 1, amount: 1}, name: "orders_by_status"}]},
    {create: "open_orders", viewOn: "Customer Orders", pipeline: [{$match: {status: "open"}}, {$project: {_id: 0, id: 1, status: 1}}]},
    {insert: "customers", documents: [{region: "north", no: 1, email: "a@example.com", "näme 🦆": "Ann"}]},
    {insert: "Customer Orders", documents: [{id: 1, customer_region: "north", customer_no: 1, select: "x", amount: NumberDecimal("12.50"), doubled: NumberDecimal("25.00"), status: "open"}]}
  ]`,
  ownKey: '_id',
  manyTables: (n) => {
    const fields = Array.from({ length: 20 }, (_, i) => `c${i}: ${i}`).join(', ');
    return `[${Array.from({ length: n }, (_, i) => `{insert: "t${i}", documents: [{${fields}}]}`).join(',\n')}]`;
  },
  dropTables: (n) => `[${Array.from({ length: n }, (_, i) => `{drop: "t${i}"}`).join(', ')}]`,
  selectColumns: (table, columns) =>
    `${table}.find({}, {${[...(columns.includes('_id') ? [] : ['_id: 0']), ...columns.map((column) => `${column}: 1`)].join(', ')}})`,

  attacks: [
    'db.ledger.insertOne({id: 9})',
    'db.ledger.insertMany([{id: 9}])',
    'db.ledger.updateMany({}, {$set: {note: "x"}})',
    'db.ledger.updateOne({}, [{$set: {note: "x"}}])',
    'db.ledger.replaceOne({}, {note: "x"})',
    'db.ledger.deleteMany({})',
    'db.ledger.deleteOne({id: 1})',
    'db.ledger.remove({})',
    'db.ledger.save({_id: 1})',
    'db.ledger.bulkWrite([{deleteMany: {filter: {}}}])',
    'db.ledger.findAndModify({query: {}, remove: true})',
    'db.ledger.findOneAndDelete({})',
    'db.ledger.findOneAndUpdate({}, {$set: {note: "x"}})',
    'db.ledger.drop()',
    'db.ledger.renameCollection("stolen")',
    'db.ledger.createIndex({note: 1})',
    'db.ledger.dropIndexes()',
    'db.ledger.mapReduce("function() {}", "function() {}", {out: "stolen"})',
    'db.dropDatabase()',
    'db.createCollection("stolen")',
    'db.createView("stolen", "ledger", [])',
    'db.eval("1")',
    'db.adminCommand({shutdown: 1})',
    'db.runCommand({delete: "ledger", deletes: [{q: {}, limit: 0}]})',
    'db.runCommand({aggregate: "ledger", pipeline: [{$out: "stolen"}], cursor: {}})',
    'db.getSiblingDB("admin").system.users.find()',
    'db.ledger.aggregate([{$out: "stolen"}])',
    `db.ledger.aggregate([{$out: {db: "${STOLEN}", coll: "stolen"}}])`,
    'db.ledger.aggregate([{$merge: "stolen"}])',
    'db.ledger.aggregate([{$merge: {into: "ledger", whenMatched: [{$set: {note: "x"}}]}}])',
    'db.ledger.aggregate([{$facet: {a: [{$out: "stolen"}]}}])',
    'db.ledger.aggregate([{$lookup: {from: "ledger", pipeline: [{$out: "stolen"}], as: "x"}}])',
    'db.ledger.aggregate([{$unionWith: {coll: "ledger", pipeline: [{$merge: "stolen"}]}}])',
    '{"aggregate": "ledger", "pipeline": [{"$out": "stolen"}], "cursor": {}}',
    '{"delete": "ledger", "deletes": [{"q": {}, "limit": 0}]}',
    '{"drop": "ledger"}',
    '{"insert": "ledger", "documents": [{"id": 9}]}',
    '{"findAndModify": "ledger", "query": {}, "remove": true}',
    '{"explain": {"aggregate": "ledger", "pipeline": [{"$out": "stolen"}], "cursor": {}}}',
    '{"explain": {"delete": "ledger", "deletes": []}}',
    '{"$out": 1}',
    'db.ledger.find({}); db.ledger.deleteMany({})',
  ],
  sneaky: [
    'db.ledger.find({$where: "sleep(1000) || true"})',
    'db.ledger.find({$or: [{a: 1}, {$and: [{$where: "1"}]}]})',
    'db.ledger.find({$expr: {$function: {body: "function() { return true }", args: [], lang: "js"}}})',
    'db.ledger.find({a: {$elemMatch: {$where: "1"}}})',
    'db.ledger.find({}, {a: {$function: {body: "f", args: [], lang: "js"}}})',
    'db.ledger.aggregate([{$group: {_id: 1, x: {$accumulator: {init: "f", accumulate: "f", accumulateArgs: [], merge: "f", lang: "js"}}}}])',
    'db.ledger.aggregate([{$lookup: {from: {db: "admin", coll: "system.users"}, pipeline: [], as: "x"}}])',
    'db.ledger.aggregate([{$lookup: {from: "system.users", pipeline: [], as: "x"}}])',
    'db.ledger.aggregate([{$unionWith: "system.profile"}])',
    'db.ledger.aggregate([{$unionWith: {db: "admin", coll: "system.users"}}])',
    'db.ledger.aggregate([{$graphLookup: {from: "system.js", startWith: "$a", connectFromField: "a", connectToField: "b", as: "c"}}])',
    'db.ledger.aggregate([{$graphLookup: {from: "ledger", startWith: "$a", connectFromField: "a", connectToField: "b", as: "c", restrictSearchWithMatch: {$where: "1"}}}])',
    'db.system.users.find()',
    'db.getCollection("system.profile").find({})',
    'db["system.js"].find()',
    'db.aggregate([{$currentOp: {allUsers: true}}])',
    'db.aggregate([{$listLocalSessions: {}}])',
    'db.ledger.aggregate([{$collStats: {storageStats: {}}}])',
    'db.ledger.aggregate([{$indexStats: {}}])',
    'db.ledger.aggregate([{$planCacheStats: {}}])',
    'db.ledger.aggregate([{$changeStream: {}}])',
    'db.ledger.aggregate([{$project: {x: "$$USER_ROLES"}}])',
    'db.ledger.aggregate([{$match: {a: 1}, $out: "stolen"}])',
    'db.ledger.aggregate([{$notAStage: 1}])',
    'db.ledger.find({a: {$notAnOperator: 1}})',
    'db.ledger.aggregate([{$project: {a: {$notAnExpression: 1}}}])',
    'db.ledger.aggregate([{$bucket: {groupBy: "$a", boundaries: [{$function: 1}], output: {}}}])',
    'db.ledger.aggregate([{$geoNear: {near: [0, 0], distanceField: "d", query: {$where: "1"}}}])',
  ],
};
