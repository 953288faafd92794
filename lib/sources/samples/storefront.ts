import type { SampleDatabase } from './definition';
import { categories, customers, products } from './storefront-range';
import { sales } from './storefront-sales';
import { storefrontTables } from './storefront-tables';

/** An online shop over three years: customers, products in categories, orders with their items, payments and returns. */
export const storefront: SampleDatabase = {
  name: 'storefront',
  label: 'Storefront',
  version: 1,
  tables: storefrontTables,
  generate() {
    const buyers = customers();
    const range = products();
    const { orders, items, payments, returns } = sales(buyers.customers, range.products);
    return {
      customers: buyers.rows,
      categories: categories(),
      products: range.rows,
      orders,
      order_items: items,
      payments,
      returns,
    };
  },
};
