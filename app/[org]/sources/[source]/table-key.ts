/** A table as the API names it: "public.orders", or "orders" where the engine has no schemas. */
export const tableKey = (table: { schema?: string; name: string }): string =>
  table.schema ? `${table.schema}.${table.name}` : table.name;
