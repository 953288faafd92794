import type { SampleTable } from './definition';

const id = { name: 'id', type: 'integer' } as const;
const amount = (name: string, comment: string) =>
  ({ name, type: 'decimal', precision: [12, 2] as [number, number], comment }) as const;

export const storefrontTables: readonly SampleTable[] = [
  {
    name: 'customers',
    comment: 'People and companies with an account.',
    columns: [
      id,
      { name: 'first_name', type: 'text' },
      { name: 'last_name', type: 'text' },
      { name: 'email', type: 'text', unique: true },
      { name: 'phone', type: 'text', nullable: true },
      { name: 'country', type: 'text' },
      { name: 'city', type: 'text' },
      { name: 'segment', type: 'text', comment: 'consumer or business.' },
      { name: 'newsletter', type: 'boolean', comment: 'Whether they want the newsletter.' },
      { name: 'birth_date', type: 'date', nullable: true },
      { name: 'created_at', type: 'timestamp', comment: 'When the account was made, UTC.' },
    ],
    indexes: [['country']],
  },
  {
    name: 'categories',
    comment: 'Kinds of products.',
    columns: [id, { name: 'name', type: 'text', unique: true }, { name: 'department', type: 'text' }],
  },
  {
    name: 'products',
    comment: 'What the shop sells.',
    columns: [
      id,
      { name: 'category_id', type: 'integer', references: { table: 'categories', column: 'id' } },
      { name: 'name', type: 'text', unique: true },
      { name: 'sku', type: 'text', unique: true },
      amount('price', 'Price of today, in euros.'),
      amount('cost', 'What the shop pays for it, in euros.'),
      { name: 'stock', type: 'integer' },
      { name: 'rating', type: 'double', nullable: true, comment: 'Average of reviews, 1 to 5; empty without reviews.' },
      { name: 'active', type: 'boolean', comment: 'Whether it can be ordered.' },
      { name: 'launched_on', type: 'date' },
    ],
    indexes: [['category_id']],
  },
  {
    name: 'orders',
    comment: 'Orders placed by customers.',
    columns: [
      id,
      { name: 'customer_id', type: 'integer', references: { table: 'customers', column: 'id' } },
      { name: 'ordered_at', type: 'timestamp', comment: 'UTC.' },
      { name: 'status', type: 'text', comment: 'pending, processing, shipped, delivered or cancelled.' },
      { name: 'channel', type: 'text', comment: 'web, mobile app, phone or marketplace.' },
      { name: 'shipping_country', type: 'text' },
      { name: 'shipping_city', type: 'text' },
      amount('shipping_fee', 'In euros.'),
      amount('total_amount', 'Items after discount, plus shipping, in euros.'),
      { name: 'shipped_on', type: 'date', nullable: true },
      { name: 'delivered_on', type: 'date', nullable: true },
    ],
    indexes: [['customer_id'], ['ordered_at']],
  },
  {
    name: 'order_items',
    comment: 'Products in an order.',
    columns: [
      id,
      { name: 'order_id', type: 'integer', references: { table: 'orders', column: 'id' } },
      { name: 'product_id', type: 'integer', references: { table: 'products', column: 'id' } },
      { name: 'quantity', type: 'integer' },
      amount('unit_price', 'Price of one at the time of the order, in euros.'),
      { name: 'discount_percent', type: 'integer' },
    ],
    indexes: [['order_id'], ['product_id']],
  },
  {
    name: 'payments',
    comment: 'Payments for orders, failed tries included.',
    columns: [
      id,
      { name: 'order_id', type: 'integer', references: { table: 'orders', column: 'id' } },
      { name: 'method', type: 'text', comment: 'card, PayPal, bank transfer, gift card or invoice.' },
      amount('amount', 'In euros.'),
      { name: 'status', type: 'text', comment: 'paid, pending, failed or refunded.' },
      { name: 'paid_at', type: 'timestamp', nullable: true, comment: 'UTC; empty when it did not happen.' },
    ],
    indexes: [['order_id']],
  },
  {
    name: 'returns',
    comment: 'Items that customers sent back.',
    columns: [
      id,
      { name: 'order_item_id', type: 'integer', references: { table: 'order_items', column: 'id' } },
      { name: 'quantity', type: 'integer' },
      { name: 'reason', type: 'text' },
      { name: 'status', type: 'text', comment: 'requested, refunded or rejected.' },
      { name: 'refund_amount', type: 'decimal', precision: [12, 2], nullable: true, comment: 'In euros.' },
      { name: 'requested_on', type: 'date' },
    ],
    indexes: [['order_item_id']],
  },
];
