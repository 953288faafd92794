import type { TableRef } from '../adapters/contract';

/** How a table is named in keys, lists and policies: "public.orders", or "orders" where the engine has no schemas. */
export function tableKey(table: TableRef): string {
  return table.schema ? `${table.schema}.${table.name}` : table.name;
}
