import { describe, expect, it } from 'vitest';
import { QuarryError } from '../../kernel/errors';
import { dialect } from './dialect';
import { parseOperation } from './statement';

const facts = (text: string) => dialect.parse(text);

/** What analysts write: each must be reading, and of the collections named. */
const LEGITIMATE: [string, string[]][] = [
  ['db.orders.find()', ['orders']],
  ['db.orders.find({})', ['orders']],
  ['  db . orders . find ( { } ) ;  ', ['orders']],
  ['db["odd name"].find({})', ['odd name']],
  ["db['it''s'.length].find()".replace("'it''s'.length", '"it\'s"'), ["it's"]],
  ['db.getCollection("select * from x").find({})', ['select * from x']],
  ['db.collection("orders").find({})', ['orders']],
  ['db.shop.orders.2024.find({})'.replace('.2024', '["2024"]'), ['shop.orders.2024']],
  ['db.stats.find({})', ['stats']],
  ['db.orders.findOne({_id: ObjectId("65a1b2c3d4e5f60718293a4b")})', ['orders']],
  ['db.orders.find({status: "open", total: {$gte: 100, $lt: 200.5}})', ['orders']],
  ['db.orders.find({$or: [{a: 1}, {b: {$exists: true}}], $nor: [{c: null}]})', ['orders']],
  ['db.orders.find({tags: {$all: ["a", "b"]}, items: {$elemMatch: {sku: "x", qty: {$gt: 1}}}, notes: {$size: 2}})', ['orders']],
  ['db.orders.find({name: /^an.*n$/i, "address.city": {$regex: "^Ber", $options: "i"}})', ['orders']],
  ['db.orders.find({name: {$not: /x/}, kind: {$nin: [null, "a"]}, n: {$mod: [4, 0]}, t: {$type: ["int", "long"]}})', ['orders']],
  ['db.orders.find({$expr: {$gt: ["$spent", "$budget"]}})', ['orders']],
  ['db.orders.find({$jsonSchema: {required: ["a"], properties: {a: {bsonType: "int"}}}})', ['orders']],
  ['db.orders.find({$text: {$search: "coffee -tea", $language: "en"}})', ['orders']],
  ['db.places.find({at: {$near: {$geometry: {type: "Point", coordinates: [13.4, 52.5]}, $maxDistance: 1000}}})', ['places']],
  ['db.places.find({at: {$geoWithin: {$centerSphere: [[13.4, 52.5], 0.1]}}})', ['places']],
  ['db.flags.find({bits: {$bitsAllSet: [1, 5]}})', ['flags']],
  ['db.orders.find({}, {_id: 0, id: 1, "address.city": 1}).sort({placed: -1, id: 1}).skip(20).limit(10)', ['orders']],
  ['db.orders.find({}, {items: {$slice: [0, 2]}, score: {$meta: "textScore"}})', ['orders']],
  ['db.orders.find({}, {items: {$elemMatch: {qty: {$gt: 1}}}, "tags.$": 1})', ['orders']],
  ['db.orders.find({}, {total: {$multiply: ["$price", "$qty"]}})', ['orders']],
  ['db.orders.find({}).sort({name: 1}).collation({locale: "de", strength: 1}).hint({name: 1})', ['orders']],
  ['db.orders.find({}).sort({score: {$meta: "textScore"}}).maxTimeMS(500).batchSize(10).toArray()', ['orders']],
  ['db.orders.find({at: {$gte: ISODate("2024-01-01"), $lt: new Date("2024-02-01T00:00:00Z")}})', ['orders']],
  ['db.orders.find({at: new Date(1700000000000)})', ['orders']],
  ['db.orders.find({n: NumberLong("9007199254740993"), m: NumberDecimal("1.10"), i: NumberInt(5), d: Double("2")})', ['orders']],
  ['db.orders.find({u: UUID("a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11"), b: BinData(0, "AP8="), h: HexData(0, "00ff")})', ['orders']],
  ['db.orders.find({t: Timestamp(1700000000, 1), r: RegExp("a.b", "i"), lo: {$gt: MinKey}, hi: {$lt: MaxKey()}})', ['orders']],
  ["db.orders.find({'single': 'it\\'s', \"double\": \"\\u00e9\\x41\\n\", trailing: [1, 2,],})", ['orders']],
  ['// a comment\ndb.orders.find(/* inline */ {a: 1, // end\n b: 2})', ['orders']],
  ['db.orders.find({a: -1.5e-3, b: +2, c: .5, d: 0xff, e: -Infinity, f: NaN})', ['orders']],
  ['db.orders.find({"$comment": "why", update: 1, delete: 2, $and: [{drop: true}]})', ['orders']],
  ['db.orders.countDocuments({status: "open"}, {limit: 100})', ['orders']],
  ['db.orders.count()', ['orders']],
  ['db.orders.find({a: 1}).count()', ['orders']],
  ['db.orders.estimatedDocumentCount()', ['orders']],
  ['db.orders.distinct("address.city", {country: "DE"})', ['orders']],
  ['db.orders.aggregate()', ['orders']],
  ['db.orders.aggregate([])', ['orders']],
  [
    'db.orders.aggregate([{$match: {a: 1}}, {$group: {_id: "$b", n: {$sum: 1}, top: {$max: "$c"}}}, {$sort: {n: -1}}])',
    ['orders'],
  ],
  ['db.orders.aggregate({$match: {a: 1}}, {$limit: 5})', ['orders']],
  ['db.orders.aggregate([{$match: {a: 1}}], {allowDiskUse: true, collation: {locale: "en"}})', ['orders']],
  [
    'db.orders.aggregate([{$unwind: {path: "$items", preserveNullAndEmptyArrays: true, includeArrayIndex: "i"}}, {$unset: ["a", "b.c"]}])',
    ['orders'],
  ],
  [
    'db.orders.aggregate([{$lookup: {from: "customers", localField: "customerId", foreignField: "_id", as: "customer"}}])',
    ['orders', 'customers'],
  ],
  [
    'db.orders.aggregate([{$lookup: {from: "items", let: {id: "$_id"}, pipeline: [{$match: {$expr: {$eq: ["$order", "$$id"]}}}, {$project: {_id: 0}}], as: "items"}}])',
    ['orders', 'items'],
  ],
  ['db.orders.aggregate([{$lookup: {pipeline: [{$documents: [{a: 1}]}], as: "d"}}])', ['orders']],
  ['db.a.aggregate([{$unionWith: "b"}, {$unionWith: {coll: "c", pipeline: [{$match: {x: 1}}]}}])', ['a', 'b', 'c']],
  [
    'db.staff.aggregate([{$graphLookup: {from: "staff", startWith: "$boss", connectFromField: "boss", connectToField: "name", as: "chain", maxDepth: 3, depthField: "d", restrictSearchWithMatch: {active: true}}}])',
    ['staff'],
  ],
  ['db.orders.aggregate([{$facet: {byStatus: [{$sortByCount: "$status"}], total: [{$count: "n"}]}}])', ['orders']],
  [
    'db.orders.aggregate([{$bucket: {groupBy: "$total", boundaries: [0, 100, 200], default: "more", output: {n: {$sum: 1}}}}])',
    ['orders'],
  ],
  ['db.orders.aggregate([{$bucketAuto: {groupBy: "$total", buckets: 4, granularity: "R5"}}])', ['orders']],
  [
    'db.orders.aggregate([{$setWindowFields: {partitionBy: "$shop", sortBy: {at: 1}, output: {running: {$sum: "$total", window: {documents: ["unbounded", "current"]}}, r: {$rank: {}}}}}])',
    ['orders'],
  ],
  [
    'db.orders.aggregate([{$densify: {field: "at", range: {step: 1, unit: "day", bounds: "full"}}}, {$fill: {sortBy: {at: 1}, output: {total: {method: "linear"}, kind: {value: "none"}}}}])',
    ['orders'],
  ],
  [
    'db.orders.aggregate([{$project: {month: {$dateTrunc: {date: "$at", unit: "month"}}, days: {$dateDiff: {startDate: "$at", endDate: ISODate("2024-01-01"), unit: "day"}}, s: {$dateToString: {date: "$at", format: "%Y-%m"}}}}])',
    ['orders'],
  ],
  [
    'db.orders.aggregate([{$project: {k: {$switch: {branches: [{case: {$gt: ["$a", 1]}, then: "big"}], default: "small"}}, c: {$cond: [{$eq: ["$a", 1]}, "y", "n"]}, i: {$ifNull: ["$b", 0]}}}])',
    ['orders'],
  ],
  [
    'db.orders.aggregate([{$project: {t: {$reduce: {input: "$items", initialValue: 0, in: {$add: ["$$value", "$$this.qty"]}}}, m: {$map: {input: "$items", as: "x", in: "$$x.sku"}}, f: {$filter: {input: "$items", cond: {$gt: ["$$this.qty", 1]}}}}}])',
    ['orders'],
  ],
  [
    'db.orders.aggregate([{$replaceRoot: {newRoot: {$mergeObjects: ["$a", "$$ROOT"]}}}, {$replaceWith: "$b"}, {$addFields: {c: {$literal: "$notAField"}}}])',
    ['orders'],
  ],
  ['db.orders.aggregate([{$redact: {$cond: [{$eq: ["$level", 5]}, "$$PRUNE", "$$DESCEND"]}}])', ['orders']],
  [
    'db.orders.aggregate([{$group: {_id: null, p: {$percentile: {input: "$t", p: [0.5, 0.9], method: "approximate"}}, m: {$median: {input: "$t", method: "approximate"}}, l: {$topN: {n: 3, sortBy: {t: -1}, output: "$t"}}}}])',
    ['orders'],
  ],
  [
    'db.places.aggregate([{$geoNear: {near: {type: "Point", coordinates: [0, 0]}, distanceField: "d", query: {open: true}, spherical: true}}])',
    ['places'],
  ],
  [
    'db.orders.aggregate([{$project: {a: {$convert: {input: "$b", to: "int", onError: null}}, g: {$getField: "price.usd"}, s: {$setField: {field: "x", input: "$$ROOT", value: 1}}}}])',
    ['orders'],
  ],
  ['db.aggregate([{$documents: [{a: 1}, {a: 2}]}, {$match: {a: 1}}])', []],
  ['{"find": "orders", "filter": {"a": {"$gt": {"$numberLong": "5"}}}, "sort": {"a": 1}, "limit": 5}', ['orders']],
  [
    '{"find": "orders", "filter": {"_id": {"$oid": "65a1b2c3d4e5f60718293a4b"}, "at": {"$date": "2024-01-01T00:00:00Z"}, "u": {"$uuid": "a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11"}}}',
    ['orders'],
  ],
  [
    '{"find": "o", "filter": {"a": {"$date": {"$numberLong": "1700000000000"}}, "b": {"$binary": {"base64": "AP8=", "subType": "00"}}, "c": {"$regularExpression": {"pattern": "a", "options": "i"}}, "d": {"$timestamp": {"t": 1, "i": 2}}, "e": {"$minKey": 1}, "f": {"$numberDouble": "NaN"}}}',
    ['o'],
  ],
  ['{"aggregate": "orders", "pipeline": [{"$match": {"a": 1}}], "cursor": {}, "allowDiskUse": true}', ['orders']],
  ['{"count": "orders", "query": {"a": 1}}', ['orders']],
  ['{"distinct": "orders", "key": "a", "query": {}}', ['orders']],
  ['{"explain": {"find": "orders", "filter": {}}, "verbosity": "queryPlanner"}', ['orders']],
  ['db.orders.find({a: 1}).explain()', ['orders']],
  ['db.orders.aggregate([{$match: {a: 1}}]).explain("queryPlanner")', ['orders']],
  ['db.runCommand({find: "orders", filter: {a: 1}})', ['orders']],
];

describe('what analysts write', () => {
  it.each(LEGITIMATE)('%s', async (text, collections) => {
    const found = await facts(text);
    expect(found.refusal).toBeUndefined();
    expect(found.effect).toBe('read');
    expect(found.tables.map(({ name }) => name)).toEqual(collections);
    // What it's normalised to is one text for one meaning, and limiting keeps it readable.
    const limited = await facts(dialect.limit(text, found, 7));
    expect(limited.effect).toBe('read');
    if (found.limitable) expect(limited.ownLimit).toBeLessThanOrEqual(7);
    else expect(limited.normalised).toBe(found.normalised);
  });
});

/** Refused, with what the reason must say. */
const REFUSED: [string, RegExp][] = [
  ['db.o.find({$where: "1"})', /\$where is not allowed: it runs JavaScript/],
  ['db.o.find({a: {$not: {$where: "1"}}})', /\$where/],
  ['db.o.find({$nor: [{$or: [{$where: "1"}]}]})', /\$where/],
  ['db.o.find({$expr: {$and: [{$function: {}}]}})', /\$function/],
  ['db.o.find({}, {a: {$elemMatch: {$where: "1"}}})', /\$where/],
  ['db.o.countDocuments({$where: "1"})', /\$where/],
  ['db.o.distinct("a", {$where: "1"})', /\$where/],
  ['db.o.aggregate([{$match: {$where: "1"}}])', /\$where/],
  ['db.o.aggregate([{$group: {_id: {$function: {}}}}])', /\$function/],
  ['db.o.aggregate([{$group: {_id: 1, a: {$accumulator: {}}}}])', /\$accumulator/],
  ['db.o.aggregate([{$lookup: {from: "x", as: "y", pipeline: [{$match: {$expr: {$function: {}}}}]}}])', /\$function/],
  ['db.o.aggregate([{$lookup: {from: "x", as: "y", let: {a: {$function: {}}}, pipeline: []}}])', /\$function/],
  ['db.o.aggregate([{$facet: {a: [{$facet: {b: [{$out: "x"}]}}]}}])', /\$out/],
  [
    'db.o.aggregate([{$unionWith: {coll: "x", pipeline: [{$lookup: {from: "y", as: "z", pipeline: [{$merge: "w"}]}}]}}])',
    /\$merge/,
  ],
  [
    'db.o.aggregate([{$graphLookup: {from: "x", startWith: {$function: {}}, connectFromField: "a", connectToField: "b", as: "c"}}])',
    /\$function/,
  ],
  ['db.o.aggregate([{$setWindowFields: {output: {a: {$function: {}}}}}])', /\$function/],
  ['db.o.aggregate([{$bucket: {groupBy: {$function: {}}, boundaries: []}}])', /\$function/],
  ['db.o.aggregate([{$fill: {output: {a: {value: {$function: {}}}}}}])', /\$function/],
  ['db.o.aggregate([{$sortByCount: {$function: {}}}])', /\$function/],
  ['db.o.aggregate([{$replaceWith: {$function: {}}}])', /\$function/],
  ['db.o.aggregate([{$redact: {$function: {}}}])', /\$function/],
  ['db.o.aggregate([{$documents: [{a: {$function: {}}}]}])', /\$function/],
  ['db.o.aggregate([{$addFields: {a: {$let: {vars: {b: {$function: {}}}, in: "$$b"}}}}])', /\$function/],
  ['db.o.aggregate([{$out: "x"}])', /\$out is not allowed: it writes/],
  ['db.o.aggregate([{"$out": "x"}])', /\$out/],
  ['db.o.aggregate([{"\\u0024out": "x"}])', /\$out/],
  ['db.o.aggregate([{$merge: {into: "x"}}])', /\$merge/],
  ['db.o.aggregate([{$match: {}, $out: "x"}])', /one key/],
  ['db.o.aggregate([{$changeStream: {}}])', /never ends/],
  ['db.aggregate([{$currentOp: {}}])', /must begin with \$documents|\$currentOp/],
  ['db.aggregate([{$match: {}}])', /must begin with \$documents/],
  ['db.o.aggregate([{$collStats: {}}])', /tells of the server/],
  ['db.o.aggregate([{$mtach: {}}])', /Did you mean \$match/],
  ['db.o.aggregate([{$project: {a: {$summ: 1}}}])', /Did you mean \$sum/],
  ['db.o.find({a: {$exist: true}})', /Did you mean \$exists/],
  ['db.o.aggregate([{$lookup: {from: "x", as: "y", localFeild: "z"}}])', /Did you mean localField/],
  ['db.o.aggregate([{$lookup: {from: {db: "admin", coll: "x"}, as: "y", pipeline: []}}])', /another database/],
  ['db.system.users.find({})', /server's own/],
  ['db.o.aggregate([{$unionWith: "system.views"}])', /server's own/],
  ['db.o.aggregate([{$project: {a: "$$USER_ROLES"}}])', /USER_ROLES/],
  ['db.o.aggregate([{$sort: {a: 2}}])', /1 \(ascending\) or -1/],
  ['db.o.find().sort({$natural: 1})', /sort by/],
  ['db.o.aggregate([{$limit: -1}])', /not negative/],
  ['db.o.find().limit("5")', /whole number/],
  ['db.o.drop()', /drop is not allowed/],
  ['db.dropDatabase()', /db\.dropDatabase is not allowed/],
  ['db.getSiblingDB("admin").find()', /getSiblingDB is not allowed/],
  ['db.o.watch([])', /watch is not allowed/],
  ['db.o.mapReduce(1, 2)', /mapReduce is not allowed/],
  ['{"mapReduce": "o"}', /mapReduce is not allowed/],
  ['{"insert": "o", "documents": []}', /insert is not allowed/],
  ['{"eval": "1"}', /eval is not allowed/],
  ['{"getMore": 1}', /getMore is not allowed/],
];

describe('what is refused', () => {
  it.each(REFUSED)('%s', async (text, reason) => {
    const found = await facts(text);
    expect(found.effect).toBe('refuse');
    expect(found.refusal).toMatch(reason);
  });

  it.each([
    'insertOne({a: 1})',
    'insertMany([{a: 1}])',
    'updateOne({}, {$set: {a: 1}})',
    'updateMany({a: 1}, [{$set: {a: 1}}])',
    'replaceOne({}, {a: 1})',
    'deleteOne({a: 1})',
    'deleteMany({})',
  ])('knows %s for a write', async (call) => {
    expect(await facts(`db.o.${call}`)).toMatchObject({
      effect: 'write',
      tables: [{ name: 'o' }],
      limitable: false,
      deterministic: false,
    });
  });

  it.each([
    'updateOne({$where: "1"}, {$set: {a: 1}})',
    'updateOne({}, {$unknown: 1})',
    'updateOne({}, [{$out: "x"}])',
    'deleteMany({$expr: {$function: {}}})',
  ])('refuses %s even as a write', async (call) => {
    expect((await facts(`db.o.${call}`)).effect).toBe('refuse');
  });
});

/** Not a query at all, with the position where reading stopped. */
const INVALID: [string, RegExp, number?][] = [
  ['', /no query/],
  ['  /* nothing */ ', /no query/],
  ['SELECT 1', /begins with db\.collection/, 1],
  ['db', /A call such as/],
  ['db.orders', /A call such as/],
  ['db.orders.find', /A call such as/],
  ['db.orders.find(', /is missing/],
  ['db.orders.find({a: 1)', /comma or "}" is missing/, 21],
  ['db.orders.find({a 1})', /":" is missing after the key "a"/],
  ['db.orders.find({a: })', /value is missing/],
  ['db.orders.find({a: foo})', /"foo" is not a value/],
  ['db.orders.find({a: ObjectID("65a1b2c3d4e5f60718293a4b")})', /did you mean ObjectId/],
  ['db.orders.find({a: ObjectId("xyz")})', /24 hexadecimal/],
  ['db.orders.find({a: ObjectId()})', /takes 1 value/],
  ['db.orders.find({a: ISODate("2024-02-30")})', /not a date of the calendar/],
  ['db.orders.find({a: ISODate("yesterday")})', /not an ISO date/],
  ['db.orders.find({a: Date()})', /new Date/],
  ['db.orders.find({a: "open})', /text is not closed/, 20],
  ['db.orders.find({a: /open})', /regular expression is not closed/],
  ['db.orders.find({a: /x/g})', /flag/],
  ['db.orders.find({a: 99999999999999999999})', /64 bits/],
  ['db.orders.find({address.city: 1})', /Put quotes around/],
  ['db.orders.find({a: 1, a: 2})', /given twice/],
  ['db.orders.find({__proto__: {a: 1}})', /not allowed/],
  ['db.orders.find({"__proto__": {a: 1}})', /not allowed/],
  ['db.orders.find({"a\\u0000b": 1})', /zero byte/],
  ['db.orders.find(function() { return true })', /JavaScript functions are not run/],
  ['db.orders.find({a: () => 1})', /value is missing/],
  ['db.orders.find({a: x => 1})', /JavaScript is not run/],
  ['db.orders.find({a: 1 + 1})', /comma or "}"/],
  ['db.orders.find({a: process.env})', /not a value/],
  ['db.orders.find({a: this.constructor("x")})', /not a value/],
  ['db.orders.find({a: `x`})', /Template/],
  ['db.orders.find({a: $field})', /stand in quotes/],
  ['db.orders.find(); db.orders.drop()', /one statement/],
  ['db.orders.find() db.x', /one statement/],
  ['db.orders.find({}).limt(5)', /did you mean \.limit/],
  ['db.orders.find({}).forEach(x)', /not a value|not supported/],
  ['db.orders.find({}).limit(5).limit(6)', /given twice/],
  ['db.orders.find([])', /filter must be a document/],
  ['db.orders.aggregate("x")', /pipeline must be a list/],
  ['db.orders.distinct(1)', /key must be a text/],
  ['db.orders.find().explain("executionStats")', /Only the plan/],
  ['{"find": "orders", "fliter": {}}', /did you mean "filter"/],
  ['{"find": 5}', /needs the name of a collection/],
  ['{"find": "orders", "readConcern": {}}', /not allowed/],
  ['{"aggregate": "orders"}', /"pipeline" is missing/],
  ['{"explain": {"explain": {"find": "o"}}}', /Only a query can be explained/],
  ['db.orders.find({a: /* open })', /comment is not closed/],
];

describe('what is no query', () => {
  it.each(INVALID)('%s', async (text, reason, position) => {
    const error = await facts(text).then(
      () => null,
      (failure: unknown) => failure,
    );
    expect(error).toBeInstanceOf(QuarryError);
    expect((error as QuarryError).code).toBe('query.invalid');
    expect((error as QuarryError).message).toMatch(reason);
    expect((error as QuarryError).details).toMatchObject({ line: expect.any(Number), column: expect.any(Number) });
    if (position !== undefined) expect((error as QuarryError).details).toMatchObject({ position });
  });

  it('bounds depth and length', async () => {
    const deep = `db.o.find(${'{a: '.repeat(200)}1${'}'.repeat(200)})`;
    await expect(facts(deep)).rejects.toThrow(/levels deep/);
    await expect(facts(`db.o.find({a: "${'x'.repeat(1_000_001)}"})`)).rejects.toThrow(/longer than/);
  });
});

describe('limits', () => {
  const limited = async (text: string, rows: number) => dialect.limit(text, await facts(text), rows);

  it('adds, lowers and leaves', async () => {
    expect(await limited('db.o.find({a: 1}) // x', 5)).toBe('db.o.find({a: 1}).limit(5) // x');
    expect(await limited('db.o.find({}).limit(9).sort({a: 1});', 5)).toBe('db.o.find({}).limit(5).sort({a: 1});');
    expect(await limited('db.o.find({}).limit(3)', 5)).toBe('db.o.find({}).limit(3)');
    expect(await limited('db.o.findOne({})', 5)).toBe('db.o.findOne({})');
    expect(await limited('db.o.aggregate([{$match: {a: 1}}, ])', 5)).toBe('db.o.aggregate([{$match: {a: 1}}, {$limit: 5}, ])');
    expect(await limited('db.o.aggregate([{$limit: 9}, {$sort: {a: 1}}])', 5)).toBe(
      'db.o.aggregate([{$limit: 9}, {$sort: {a: 1}}, {$limit: 5}])',
    );
    expect(await limited('db.o.aggregate([{$sort: {a: 1}}, {$limit: 9}])', 5)).toBe(
      'db.o.aggregate([{$sort: {a: 1}}, {$limit: 5}])',
    );
    expect(await limited('db.o.aggregate([{$limit: 9}, {$project: {a: 1}}])', 5)).toBe(
      'db.o.aggregate([{$limit: 5}, {$project: {a: 1}}])',
    );
    expect(await limited('db.o.aggregate([{$limit: 9}, {$unwind: "$a"}])', 5)).toBe(
      'db.o.aggregate([{$limit: 9}, {$unwind: "$a"}, {$limit: 5}])',
    );
    expect(await limited('db.o.aggregate([])', 5)).toBe('db.o.aggregate([{$limit: 5}])');
    expect(await limited('db.o.aggregate()', 5)).toBe('db.o.aggregate([{$limit: 5}])');
    expect(await limited('db.o.aggregate({$match: {a: 1}})', 5)).toBe('db.o.aggregate({$match: {a: 1}}, {$limit: 5})');
    expect(await limited('{"find": "o"}', 5)).toBe('{"find": "o", "limit": 5}');
    expect(await limited('{"find": "o", "limit": 50, "skip": 1}', 5)).toBe('{"find": "o", "limit": 5, "skip": 1}');
    expect(await limited('{"aggregate": "o", "pipeline": [], "cursor": {}}', 5)).toBe(
      '{"aggregate": "o", "pipeline": [{$limit: 5}], "cursor": {}}',
    );
  });

  it('leaves a bound limit to the driver, which knows its value', async () => {
    expect(await limited('db.o.find({}).limit($1)', 5)).toBe('db.o.find({}).limit($1)');
  });
});

describe('parameters', () => {
  it('turns names into positions, in value places only', () => {
    const bound = dialect.bindNamed('db.o.find({a: :x, b::y, c: ":x", /* :x */ d: {$in: [:x, ISODate(:day)]}})', {
      x: 1,
      y: 2,
      day: '2024-01-01',
    });
    expect(bound.text).toBe('db.o.find({a: $1, b:$2, c: ":x", /* :x */ d: {$in: [$1, ISODate($3)]}})');
    expect(bound.params).toEqual([1, 2, '2024-01-01']);
  });

  it('wants a value for each name, and a name for each value', () => {
    expect(() => dialect.bindNamed('db.o.find({a: :x})', {})).toThrow(/:x has no value/);
    expect(() => dialect.bindNamed('db.o.find({a: 1})', { y: 1 })).toThrow(/no parameter :y/);
  });

  it('counts positions', async () => {
    expect((await facts('db.o.find({a: $2, b: $1}).limit($3)')).parameterCount).toBe(3);
  });

  it.each([
    'db.o.aggregate([{$lookup: {from: $1, as: "x"}}])',
    'db.o.aggregate([{$unionWith: $1}])',
    'db.o.find({}).sort($1)',
    'db.o.aggregate([{$bucket: {groupBy: "$a", boundaries: $1}}])',
    'db.o.aggregate([{$count: $1}])',
  ])('refuses one that would name or shape something: %s', async (text) => {
    const effect = await facts(text).then(
      (found) => found.effect,
      (error: QuarryError) => error.code,
    );
    expect(['refuse', 'query.invalid']).toContain(effect);
  });

  it.each(['db.o.find($1)', 'db.o.aggregate($1)', 'db.$1.find()', 'db.o.aggregate([$1])'])(
    'refuses one in the place of a part: %s',
    async (text) => {
      const effect = await facts(text).then(
        (found) => found.effect,
        (error: QuarryError) => error.code,
      );
      expect(['refuse', 'query.invalid']).toContain(effect);
    },
  );
});

describe('writing queries', () => {
  it('writes a pipeline that reads back as the same', async () => {
    const stages = [
      { $match: { at: { $gte: { $date: '2024-01-01T00:00:00Z' } }, 'address.city': 'Köln', n: { $numberLong: '5' } } },
      {
        $group: {
          _id: { month: { $dateTrunc: { date: '$at', unit: 'month' } } },
          total: { $sum: { $ifNull: ['$amount', 0] } },
          biggest: { $max: '$amount' },
        },
      },
      { $sort: { total: -1 } },
    ];
    const text = dialect.pipeline?.text({ name: 'orders' }, stages) ?? '';
    expect(text).toBe(`db.orders.aggregate([
  { $match: { at: { $gte: ISODate("2024-01-01T00:00:00.000Z") }, "address.city": "Köln", n: NumberLong("5") } },
  {
    $group: {
      _id: { month: { $dateTrunc: { date: "$at", unit: "month" } } },
      total: { $sum: { $ifNull: ["$amount", 0] } },
      biggest: { $max: "$amount" }
    }
  },
  { $sort: { total: -1 } }
])`);
    const again = await facts(text);
    expect(again.effect).toBe('read');
    expect(again.normalised).toBe(
      (await facts(JSON.stringify({ aggregate: 'orders', pipeline: stages, cursor: {} }))).normalised,
    );
  });

  it.each(['orders', 'a.b', 'odd name', 'select', 'stats', 'it"s', '🦆', '2024'])(
    'names the collection %s so that it is found',
    async (name) => {
      const text = dialect.pipeline?.text({ name }, []) ?? '';
      expect((await facts(text)).tables).toEqual([{ name }]);
      expect((await facts(`${dialect.qualify({ name })}.find({})`)).tables).toEqual([{ name }]);
    },
  );

  it('samples the values of a path with a query of its own language', async () => {
    const text = dialect.sampleValues({ name: 'orders' }, 'items.sku', { rowsRead: 100, values: 5, maxLength: 40 }) ?? '';
    const found = await facts(text);
    expect(found).toMatchObject({ effect: 'read', tables: [{ name: 'orders' }], ownLimit: 5 });
    expect(parseOperation(text).kind).toBe('aggregate');
    expect(dialect.sampleValues({ name: 'orders' }, 'a..b', { rowsRead: 1, values: 1, maxLength: 1 })).toBeNull();
  });
});
