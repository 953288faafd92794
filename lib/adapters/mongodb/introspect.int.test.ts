import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { withInferredForeignKeys } from '../../catalogue';
import type { Catalogue } from '../contract';
import { mongodb } from '.';
import { createMongoDatabase, type MongoTestDatabase } from './test-database';

let database: MongoTestDatabase;
let catalogue: Catalogue;

const CUSTOMER = 'ObjectId("65a1b2c3d4e5f60718293a4b")';

beforeAll(async () => {
  database = await createMongoDatabase();
  await database.exec(`[
    {create: "customers"},
    {createIndexes: "customers", indexes: [{key: {email: 1}, name: "email_1", unique: true}, {key: {name: 1, "address.city": -1}, name: "by_name"}]},
    {insert: "customers", documents: [{_id: ${CUSTOMER}, email: "a@example.com", name: "Ann", address: {city: "Köln", geo: {lat: 50.9, lon: 7}}}]},
    {create: "orders", validator: {$jsonSchema: {
      bsonType: "object", description: "What was bought", required: ["status", "items"],
      properties: {status: {enum: ["open", "paid"], description: "Where it stands"}, coupon: {bsonType: "string"}, items: {bsonType: "array", items: {bsonType: "object", properties: {sku: {description: "Article"}}}}}}}},
    {insert: "orders", documents: [
      {_id: 1, customerId: ${CUSTOMER}, status: "open", at: ISODate("2024-01-01"), total: 12, items: [{sku: "a", qty: 1, productId: 7}, {sku: "b", qty: 2.5, productId: 8}], tags: ["x", "y"]},
      {_id: 2, customerId: ${CUSTOMER}, status: "paid", at: ISODate("2024-01-02"), total: NumberDecimal("12.50"), items: [], note: null},
      {_id: 3, customerId: ${CUSTOMER}, status: "paid", at: "2024-01-03", total: 3, items: [{sku: "c", qty: 3, productId: 7}], note: "hm"},
      {_id: 4, customerId: ${CUSTOMER}, status: "paid", at: ISODate("2024-01-04"), total: 4, items: []}
    ]},
    {insert: "products", documents: [{_id: 7, name: "tea"}, {_id: 8, name: "coffee"}]},
    {create: "paid_orders", viewOn: "orders", pipeline: [{$match: {status: "paid"}}, {$project: {_id: 0, status: 1, total: 1}}]},
    {insert: "counters", documents: [{_id: 1, byUser: {${Array.from({ length: 250 }, (_, i) => `user${i}: ${i}`).join(', ')}}}]},
    {create: "empty"}
  ]`);
  const pool = mongodb.open(database.config, {
    max: 1,
    min: 0,
    waitMs: 5_000,
    connectTimeoutMs: 5_000,
    recycleMs: 3_600_000,
    allowWrites: false,
  });
  const lease = await pool.lease();
  catalogue = await lease.introspect(new AbortController().signal);
  lease.release();
  await pool.drain(0);
});

afterAll(() => database?.drop());

const table = (name: string) => {
  const found = catalogue.tables.find((one) => one.name === name);
  if (!found) throw new Error(`no ${name}`);
  return found;
};
const column = (collection: string, name: string) => table(collection).columns.find((one) => one.name === name);

describe('documents as a catalogue', () => {
  it('lists collections and views by name', () => {
    expect(catalogue.tables.map(({ name, kind }) => `${name} ${kind}`)).toEqual([
      'counters collection',
      'customers collection',
      'empty collection',
      'orders collection',
      'paid_orders view',
      'products collection',
    ]);
  });

  it('has nested paths, and tells which are in an array', () => {
    expect(table('customers').columns.map(({ name }) => name)).toEqual([
      '_id',
      'email',
      'name',
      'address',
      'address.city',
      'address.geo',
      'address.geo.lat',
      'address.geo.lon',
    ]);
    expect(column('orders', 'items')).toMatchObject({ type: 'array', nativeType: 'array of object' });
    expect(column('orders', 'items')?.repeated).toBeUndefined();
    expect(column('orders', 'items.sku')).toMatchObject({ type: 'text', repeated: true, comment: 'Article' });
    expect(column('orders', 'items.qty')).toMatchObject({ type: 'double', nativeType: 'double | int', repeated: true });
    expect(column('orders', 'tags')).toMatchObject({ type: 'array', nativeType: 'array of string' });
  });

  it('gives shares of documents, and of types where there are several', () => {
    expect(column('orders', 'status')?.share).toBe(1);
    expect(column('orders', 'note')).toMatchObject({ share: 0.5, type: 'text', nullable: true });
    expect(column('orders', 'items.sku')?.share).toBe(0.5);
    expect(column('orders', 'at')).toMatchObject({
      type: 'mixed',
      types: [
        { type: 'timestamptz', nativeType: 'date', share: 0.75 },
        { type: 'text', nativeType: 'string', share: 0.25 },
      ],
    });
    expect(column('orders', 'total')).toMatchObject({
      type: 'decimal',
      types: [
        { nativeType: 'int', share: 0.75 },
        { nativeType: 'decimal', share: 0.25 },
      ],
    });
  });

  it('takes from the validator what it knows', () => {
    expect(table('orders').comment).toBe('What was bought');
    expect(column('orders', 'status')).toMatchObject({
      nullable: false,
      enumValues: ['open', 'paid'],
      comment: 'Where it stands',
    });
    expect(column('orders', 'customerId')?.nullable).toBe(true);
    expect(column('orders', 'coupon')).toMatchObject({ type: 'text', share: 0, nullable: true });
    expect(column('orders', '_id')?.nullable).toBe(false);
  });

  it('has keys, indexes and the number of documents', () => {
    expect(table('customers')).toMatchObject({
      primaryKey: ['_id'],
      uniqueKeys: [{ name: 'email_1', columns: ['email'] }],
      indexes: [
        { name: 'email_1', columns: ['email'], unique: true },
        { name: 'by_name', columns: ['name', 'address.city'], unique: false },
      ],
      rowEstimate: 1,
    });
    expect(table('orders').rowEstimate).toBe(4);
    expect(table('empty')).toMatchObject({ rowEstimate: 0, columns: [], primaryKey: [] });
    expect(table('paid_orders')).toMatchObject({ rowEstimate: null, primaryKey: [], indexes: [] });
    expect(table('paid_orders').columns.map(({ name }) => name)).toEqual(['status', 'total']);
  });

  it('leaves documents that are lists by another name as they are', () => {
    expect(table('counters').columns.map(({ name }) => name)).toEqual(['_id', 'byUser']);
  });

  it('lets references be guessed from names and types, marked as guesses', () => {
    const orders = withInferredForeignKeys(catalogue).tables.find(({ name }) => name === 'orders');
    expect(orders?.foreignKeys).toEqual(
      expect.arrayContaining([
        { columns: ['customerId'], referencedTable: { name: 'customers' }, referencedColumns: ['_id'], inferred: true },
        { columns: ['items.productId'], referencedTable: { name: 'products' }, referencedColumns: ['_id'], inferred: true },
      ]),
    );
  });
});
