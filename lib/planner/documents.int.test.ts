/** Questions over documents as people keep them: nested fields, arrays, references by object id, fields that are missing. */
import { randomBytes } from 'node:crypto';
import { Decimal128, MongoClient, ObjectId } from 'mongodb';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readEnv } from '../kernel/env';
import { type EngineCopy, openCopy } from './golden/engine-copies.fixture';
import { type PlannedQuery, suggestQuestions } from './index';

const [ada, ben, cleo] = [new ObjectId(), new ObjectId(), new ObjectId()];
const money = (text: string) => Decimal128.fromString(text);
const DOCUMENTS: Record<string, Record<string, unknown>[]> = {
  customers: [
    { _id: ada, fullName: 'Ada Byron', address: { city: 'Paris', country: 'France' }, tags: ['vip', 'press'], age: 36 },
    { _id: ben, fullName: 'Ben Stone', address: { city: 'Berlin', country: 'Germany' }, tags: ['vip'], age: 41 },
    { _id: cleo, fullName: 'Cleo $ummers', address: { city: 'Lyon', country: 'France' }, age: null },
    { _id: new ObjectId(), fullName: 'Dan Ito' },
  ],
  orders: [
    {
      _id: 1,
      customerId: ada,
      placedAt: new Date('2026-01-31T23:30:00Z'),
      status: 'shipped',
      total: money('60.10'),
      items: [
        { product: 'Atlas', quantity: 2, unitPrice: money('30.05') },
        { product: 'Kite', quantity: 1, unitPrice: money('0.00') },
      ],
    },
    {
      _id: 2,
      customerId: ada,
      placedAt: new Date('2026-02-01T00:10:00Z'),
      status: 'open',
      total: money('80'),
      items: [{ product: 'Robot', quantity: 1, unitPrice: money('80') }],
    },
    {
      _id: 3,
      customerId: ben,
      placedAt: new Date('2026-02-10T12:00:00Z'),
      status: 'shipped',
      total: money('19.90'),
      items: [{ product: 'Kite', quantity: 3, unitPrice: money('5') }],
    },
    { _id: 4, customerId: cleo, placedAt: new Date('2025-12-05T12:00:00Z'), status: 'cancelled', total: null, items: [] },
  ],
};

// Documents that don't keep to the types of the others, as happens in years of use.
const LOOSE = Array.from({ length: 12 }, (_, at) => ({
  _id: at,
  soldOn: at === 3 ? '2026-02-01' : at === 4 ? 'unknown' : new Date(Date.UTC(2026, at % 3, 5)),
  quantity: at === 5 ? 'two' : 2,
  price: money('1.50'),
  item: at % 2 === 0 ? 'Lamp' : 'Chair',
}));

let copy: EngineCopy;
beforeAll(async () => {
  const given = readEnv('TEST_MONGODB_URL');
  if (!given) throw new Error('TEST_MONGODB_URL is not set: run the tests through `npm test`.');
  const client = new MongoClient(given);
  const name = `planner_${randomBytes(6).toString('hex')}`;
  for (const [collection, list] of Object.entries({ ...DOCUMENTS, deliveries: LOOSE }))
    await client
      .db(name)
      .collection(collection)
      .insertMany(list as never);
  const url = new URL(given);
  url.pathname = `/${name}`;
  const drop = async () => {
    await client.db(name).dropDatabase();
    await client.close();
  };
  copy = await openCopy({ type: 'mongodb', connection: { uri: url.href }, drop });
});
afterAll(() => copy?.close());

function answer(question: string, previous?: PlannedQuery): PlannedQuery {
  const outcome = copy.plan(question, previous);
  if (outcome.kind !== 'answer') throw new Error(`${question}: ${JSON.stringify(outcome)}`);
  return outcome.planned;
}
const rowsOf = async (planned: PlannedQuery) => copy.run(planned.sql);
const byText = (rows: unknown[][]) => [...rows].sort((a, b) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1));

describe('questions over documents', () => {
  it.each<[question: string, rows: unknown[][]]>([
    ['how many customers are there', [['4']]],
    ['how many customers are from France', [['2']]],
    [
      'number of customers per country',
      [
        ['France', '2'],
        ['Germany', '1'],
        [null, '1'],
      ],
    ],
    ['names of customers in Paris or Berlin', [['Ada Byron'], ['Ben Stone']]],
    [
      'how many orders per status',
      [
        ['cancelled', '1'],
        ['open', '1'],
        ['shipped', '2'],
      ],
    ],
    [
      'revenue per month in 2026',
      [
        ['2026-01', '60.10'],
        ['2026-02', '99.90'],
      ],
    ],
    [
      'total revenue per customer',
      [
        ['Ada Byron', '140.10'],
        ['Ben Stone', '19.90'],
        ['Cleo $ummers', null],
      ],
    ],
    ['which customers have no orders?', [['Dan Ito']]],
    ['how many orders were placed by customers from France', [['3']]],
    [
      'total quantity per product',
      [
        ['Atlas', '2'],
        ['Kite', '4'],
        ['Robot', '1'],
      ],
    ],
    ['how many orders in 2019', [['0']]],
    ['what was the revenue in 2019', [[null]]],
    ['average age of customers', [[38.5]]],
    ['customers older than the average age', [['Ben Stone']]],
  ])('%s', async (question, rows) => {
    const found = await rowsOf(answer(question));
    const width = rows[0]?.length ?? 0;
    const cell = (value: unknown): unknown =>
      typeof value === 'object' && value !== null && 'exact' in value ? value.exact : value;
    expect(byText(found.map((row) => row.slice(0, width).map(cell)))).toEqual(byText(rows));
  });

  it('says what it understood in the words of the documents', () => {
    expect(answer('total quantity per product').explanation).toBe('Total quantity of order items per product.');
    expect(answer('number of customers per country').explanation).toBe('Number of customers per address country.');
  });

  it('finds the values of an array of texts', async () => {
    const planned = answer('how many customers have the tag vip');
    expect(await rowsOf(planned)).toEqual([['2']]);
    expect(planned.tables).toEqual(['customers']);
  });

  it('reads past values of another type than the field nearly always has', async () => {
    expect(byText(await rowsOf(answer('number of deliveries per month')))).toEqual([
      ['2026-01', '3'],
      ['2026-02', '4'],
      ['2026-03', '4'],
      [null, '1'],
    ]);
    expect(byText(await rowsOf(answer('total quantity of deliveries per item')))).toEqual([
      ['Chair', '10'],
      ['Lamp', '12'],
    ]);
  });

  it('reads a value that looks like a path as the text it is', async () => {
    const planned = answer('how many customers are called "Cleo $ummers"');
    expect(await rowsOf(planned)).toEqual([['1']]);
    expect(await rowsOf(answer('how many customers have the name "$address.city"'))).toEqual([['0']]);
    expect(await rowsOf(answer('customers whose name contains "(.*"'))).toEqual([]);
    expect((await rowsOf(answer('customers whose name contains "o $U"'))).map(([name]) => name)).toEqual(['Cleo $ummers']);
  });

  it('changes the answer before', async () => {
    const first = answer('number of orders per customer');
    const next = answer('only those in 2026', first);
    expect(byText(await rowsOf(next))).toEqual([
      ['Ada Byron', '2'],
      ['Ben Stone', '1'],
    ]);
    expect(byText(await rowsOf(answer('by month instead', next)))).toEqual([
      ['2026-01', '1'],
      ['2026-02', '2'],
    ]);
  });

  it('gives the same text each time, readable and in the shell’s style', () => {
    const { sql } = answer('how many customers are from France');
    expect(answer('how many customers are from France').sql).toBe(sql);
    expect(sql).toMatch(/^db\.customers\.aggregate\(\[\n {2}\{ \$match: \{ "address\.country": "France" \} \},/);
  });

  it('suggests questions that it can answer', async () => {
    const suggestions = suggestQuestions(copy.catalogue);
    expect(suggestions.length).toBeGreaterThanOrEqual(4);
    for (const question of suggestions) expect(await rowsOf(answer(question)), question).not.toEqual([]);
  });
});
