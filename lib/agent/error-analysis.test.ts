import { describe, expect, it } from 'vitest';
import type { Catalogue, CatalogueTable, ColumnType } from '../adapters/contract';
import { getAdapter } from '../adapters/registry';
import { analyseEmptyResult, analyseError } from './error-analysis';

const table = (name: string, columns: [string, ColumnType, string][]): CatalogueTable => ({
  name,
  kind: 'table',
  rowEstimate: null,
  columns: columns.map(([column, type, nativeType]) => ({ name: column, type, nativeType, nullable: true })),
  primaryKey: [],
  foreignKeys: [],
  uniqueKeys: [],
  indexes: [],
});

const catalogue: Catalogue = {
  tables: [
    table('customers', [
      ['id', 'integer', 'integer'],
      ['full_name', 'text', 'text'],
      ['country', 'text', 'text'],
    ]),
    table('orders', [
      ['id', 'integer', 'integer'],
      ['customer_id', 'text', 'text'],
      ['total', 'decimal', 'numeric(10,2)'],
    ]),
    table('products', [
      ['id', 'integer', 'integer'],
      ['price', 'decimal', 'numeric(10,2)'],
    ]),
  ],
};

/** The same tables as collections of documents. */
const documents: Catalogue = {
  tables: [
    ...catalogue.tables.map((one): CatalogueTable => ({ ...one, kind: 'collection' })),
    { ...table('people', [['address.city', 'text', 'string']]), kind: 'collection' },
  ],
};

const analyse = async (engine: string, message: string, query: string, code = 'query.failed') => {
  const { dialect } = getAdapter(engine);
  const facts = await dialect.parse(query).catch(() => null);
  return analyseError({
    error: { code, message },
    query,
    facts,
    catalogue: dialect.pipeline ? documents : catalogue,
    dialect,
  });
};

// What each engine really says, and what we make of it.
const TABLE: [string, string, string, string, string, RegExp][] = [
  [
    'unknown collection',
    'mongodb',
    'There is no collection "custmers" that this source may read.',
    'db.custmers.find({})',
    'unknown_table',
    /Did you mean customers\?/,
  ],
  [
    'arithmetic on text',
    'mongodb',
    'PlanExecutor error during aggregation :: caused by :: $multiply only supports numeric types, not string',
    'db.orders.aggregate([{$project: {v: {$multiply: ["$total", "$customer_id"]}}}])',
    'type_mismatch',
    /\$convert/,
  ],
  [
    'size of a missing field',
    'mongodb',
    'PlanExecutor error during aggregation :: caused by :: The argument to $size must be an array, but was of type: missing',
    'db.orders.aggregate([{$project: {n: {$size: "$items"}}}])',
    'type_mismatch',
    /\$ifNull/,
  ],
  [
    'a conversion that fails',
    'mongodb',
    "Failed to parse number 'abc' in $convert with no onError value: Did not consume whole string.",
    'db.orders.aggregate([{$project: {n: {$toInt: "$customer_id"}}}])',
    'bad_literal',
    /onError: null/,
  ],
  [
    'a field without accumulator',
    'mongodb',
    "The field 'country' must be an accumulator object",
    'db.customers.aggregate([{$group: {_id: null, country: "$country"}}])',
    'missing_group_by',
    /_id of the \$group/,
  ],
  [
    'division by zero',
    'mongodb',
    "PlanExecutor error during aggregation :: caused by :: can't $divide by zero",
    'db.orders.aggregate([{$project: {n: {$divide: [1, "$total"]}}}])',
    'other',
    /\$cond/,
  ],
  [
    'unknown table',
    'postgres',
    'relation "custmers" does not exist',
    'SELECT * FROM custmers',
    'unknown_table',
    /Did you mean customers\?/,
  ],
  ['unknown table', 'sqlite', 'no such table: custmers', 'SELECT * FROM custmers', 'unknown_table', /Did you mean customers\?/],
  [
    'unknown column',
    'postgres',
    'column "fullname" does not exist',
    'SELECT fullname FROM customers',
    'unknown_column',
    /Did you mean customers\.full_name/,
  ],
  [
    'unknown column',
    'sqlite',
    'no such column: fullname',
    'SELECT fullname FROM customers',
    'unknown_column',
    /Did you mean customers\.full_name/,
  ],
  [
    'column of another table',
    'postgres',
    'column o.price does not exist',
    'SELECT o.price FROM orders o',
    'unknown_column',
    /price does exist in products/,
  ],
  [
    'type mismatch',
    'postgres',
    'operator does not exist: integer = text',
    'SELECT * FROM customers c JOIN orders o ON c.id = o.customer_id',
    'type_mismatch',
    /c\.id is integer and o\.customer_id is text.*(?:::text|CAST)/i,
  ],
  [
    'ambiguous',
    'postgres',
    'column reference "id" is ambiguous',
    'SELECT id FROM customers, orders',
    'ambiguous_column',
    /customers\.id or orders\.id/,
  ],
  [
    'ambiguous',
    'sqlite',
    'ambiguous column name: id',
    'SELECT id FROM customers, orders',
    'ambiguous_column',
    /customers\.id or orders\.id/,
  ],
  [
    'group by',
    'postgres',
    'column "customers.country" must appear in the GROUP BY clause or be used in an aggregate function',
    'SELECT country, count(*) FROM customers',
    'missing_group_by',
    /GROUP BY/,
  ],
  [
    'aggregate',
    'sqlite',
    'misuse of aggregate: count()',
    'SELECT * FROM customers WHERE count(*) > 1',
    'aggregate_misuse',
    /HAVING/,
  ],
  [
    'literal',
    'postgres',
    'invalid input syntax for type integer: "abc"',
    "SELECT * FROM customers WHERE id = 'abc'",
    'bad_literal',
    /integer/,
  ],
  [
    'function',
    'sqlite',
    'no such function: date_trunc',
    "SELECT date_trunc('month', x) FROM orders",
    'unknown_function',
    /date_trunc/,
  ],
];

TABLE.push([
  'string in double quotes',
  'sqlite',
  'no such column: "France" - should this be a string literal in single-quotes?',
  'SELECT * FROM customers WHERE country = "France"',
  'bad_literal',
  /single quotes: 'France'/,
]);

describe('analyseError [C4 C5 C6]', () => {
  it.each(TABLE)('%s (%s): %s', async (_name, engine, message, query, kind, hint) => {
    const analysis = await analyse(engine, message, query);
    expect(analysis.kind).toBe(kind);
    expect(analysis.hints.join(' ')).toMatch(hint);
  });

  it('names only the tables concerned, so that a retry needs few tokens [C7]', async () => {
    const analysis = await analyse('postgres', 'column "fullname" does not exist', 'SELECT fullname FROM customers');
    expect(analysis.tables.map((concerned) => concerned.name)).toEqual(['customers']);
  });

  it("keeps the database's own words when it does not know them", async () => {
    expect(await analyse('postgres', 'division by zero', 'SELECT 1/0')).toMatchObject({
      kind: 'other',
      message: 'division by zero',
    });
    expect(await analyse('postgres', 'Two statements.', 'SELECT 1; SELECT 2', 'query.invalid')).toMatchObject({ kind: 'syntax' });
  });
});

describe('analyseEmptyResult', () => {
  const values = ['Canada', 'France'];
  const nearest = (_table: CatalogueTable, _column: string, value: string) => ({
    known: values.includes(value),
    near: values.filter((known) => known[0] === value[0]),
  });

  it('names the nearest real value of a filter that matches nothing', () => {
    const analysis = analyseEmptyResult(
      "SELECT * FROM customers c WHERE c.country = 'Canda'",
      catalogue,
      catalogue.tables,
      nearest,
    );
    const bare = analyseEmptyResult("SELECT id FROM customers WHERE country = 'Canda'", catalogue, catalogue.tables, nearest);
    expect(bare?.hints).toEqual(analysis?.hints);
    expect(analysis?.hints).toEqual(["customers.country holds no 'Canda'; near values are 'Canada'."]);
  });

  it('says nothing when the value is real, or there is no filter', () => {
    expect(
      analyseEmptyResult("SELECT * FROM customers WHERE country = 'Canada'", catalogue, catalogue.tables, nearest),
    ).toBeNull();
    expect(analyseEmptyResult('SELECT * FROM customers WHERE id > 5', catalogue, catalogue.tables, nearest)).toBeNull();
  });

  it('finds the values in a query of documents, nested and joined ones too', () => {
    const near = (query: string) =>
      analyseEmptyResult(query, documents, documents.tables, (_table, column, value) => ({
        known: value === 'Canada',
        near: column === 'country' ? ['Canada'] : ['Paris'],
      }))?.hints;
    expect(near('db.customers.find({country: "Canda"})')).toEqual([
      "customers.country holds no 'Canda'; near values are 'Canada'.",
    ]);
    expect(near(`db.people.aggregate([{$match: {"address.city": {$eq: 'Pris'}}}])`)).toEqual([
      "people.address.city holds no 'Pris'; near values are 'Paris'.",
    ]);
    expect(near('db.orders.aggregate([{$match: {"customers.country": "Canda"}}])')?.[0]).toContain("no 'Canda'");
    expect(near('db.customers.aggregate([{$match: {country: "Canada"}}, {$group: {_id: "$country"}}])')).toBeUndefined();
  });
});
