import { describe, expect, it } from 'vitest';
import { column, table } from './catalogue.fixture';
import { describeTable } from './describe';

const fk = (columnName: string, other: string) => ({
  columns: [columnName],
  referencedTable: { name: other },
  referencedColumns: ['id'],
});

describe('[D7] describeTable', () => {
  it('speaks of rows, relations, columns and size', () => {
    const orders = table(
      'orders',
      [
        column('id', 'integer'),
        column('customer_id', 'integer'),
        column('status', 'enum'),
        column('total', 'decimal'),
        column('ordered_on', 'date'),
        column('created_at', 'timestamptz'),
        column('payload', 'json'),
      ],
      { primaryKey: ['id'], foreignKeys: [fk('customer_id', 'customers')], rowEstimate: 84_123 },
    );
    expect(describeTable(orders)).toBe(
      'Orders, each with a customer: one row per order, with status, total, ordered on and payload. About 84,000 rows.',
    );
  });

  it('reads names in any spelling', () => {
    expect(
      describeTable(table('OrderItems', [column('OrderItemID', 'integer'), column('UnitPrice', 'decimal')], { rowEstimate: 12 })),
    ).toBe('Order items: one row per order item, with unit price. 12 rows.');
    expect(describeTable(table('tbl_category', [column('label')], { rowEstimate: 1 }))).toBe(
      'Categories: one row per category, with label. 1 row.',
    );
  });

  it('calls a table whose key is references a link', () => {
    const link = table('product_tags', [column('product_id', 'integer'), column('tag_id', 'integer')], {
      primaryKey: ['product_id', 'tag_id'],
      foreignKeys: [fk('product_id', 'products'), fk('tag_id', 'tags')],
    });
    expect(describeTable(link)).toBe('Link between products and tags: one row per pair.');
  });

  it('begins with the comment when there is one', () => {
    const devices = table('devices', [column('id', 'integer'), column('hostname')], {
      primaryKey: ['id'],
      comment: 'managed switches and routers. ',
    });
    expect(describeTable(devices)).toBe('Managed switches and routers; with hostname.');
  });

  it('speaks of documents by their own fields', () => {
    const orders = table(
      'orders',
      [
        column('_id', 'objectid', { share: 1 }),
        column('total', 'decimal', { share: 1 }),
        column('items.sku', 'text', { share: 1 }),
      ],
      { kind: 'collection', primaryKey: ['_id'], rowEstimate: 60 },
    );
    expect(describeTable(orders)).toBe('Orders: one document per order, with total. 60 documents.');
  });

  it('says what is a view, and survives a table without columns', () => {
    expect(describeTable(table('active_users', [], { kind: 'view' }))).toBe('Active users (view): one row per active user.');
  });
});
