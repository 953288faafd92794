/** A small shop with known rows for the planner's tests, and a catalogue read back from it. */
import Database from 'better-sqlite3';
import type { Catalogue, CatalogueTable, ColumnType } from '../adapters/contract';
import { listAdapters } from '../adapters/registry';
import { buildValueIndex } from './value-index';

const SCHEMA = `
CREATE TABLE customers (id INTEGER PRIMARY KEY, name TEXT NOT NULL, email TEXT, city TEXT, country TEXT, age INTEGER, created_at TIMESTAMP);
CREATE TABLE categories (id INTEGER PRIMARY KEY, name TEXT NOT NULL);
CREATE TABLE products (id INTEGER PRIMARY KEY, name TEXT NOT NULL, category_id INTEGER REFERENCES categories(id), price DECIMAL, stock_qty INTEGER);
CREATE TABLE orders (id INTEGER PRIMARY KEY, customer_id INTEGER REFERENCES customers(id), ordered_at DATE, status TEXT, total_amount DECIMAL);
CREATE TABLE order_items (id INTEGER PRIMARY KEY, order_id INTEGER REFERENCES orders(id), product_id INTEGER REFERENCES products(id), quantity INTEGER);
CREATE TABLE returns (id INTEGER PRIMARY KEY, order_id INTEGER REFERENCES orders(id), reason TEXT);
INSERT INTO customers VALUES (1,'Ada','ada@example.com','Paris','France',36,'2023-01-10'),(2,'Ben','ben@example.com','Berlin','Germany',41,'2023-02-11'),
 (3,'Cleo',NULL,'Lyon','France',29,'2023-03-12'),(4,'Dan','dan@example.com','Toronto','Canada',55,'2024-01-05');
INSERT INTO categories VALUES (1,'Books'),(2,'Toys'),(3,'Garden');
INSERT INTO products VALUES (1,'Atlas',1,30,5),(2,'Robot',2,80,0),(3,'Kite',2,20,12),(4,'Novel',1,10,40);
INSERT INTO orders VALUES (1,1,'2023-03-01','shipped',60),(2,1,'2023-03-15','open',80),(3,2,'2023-04-02','shipped',20),(4,3,'2024-04-05','cancelled',100),(5,1,'2024-05-06','shipped',40);
INSERT INTO order_items VALUES (1,1,1,2),(2,2,2,1),(3,3,3,1),(4,4,2,1),(5,4,3,1),(6,5,4,4);
INSERT INTO returns VALUES (1,3,'damaged'),(2,4,'late');`;

function typeOf(native: string): ColumnType {
  const types: Record<string, ColumnType> = {
    INTEGER: 'integer',
    TEXT: 'text',
    TIMESTAMP: 'timestamp',
    DATE: 'date',
    DECIMAL: 'decimal',
  };
  return types[native] ?? 'unknown';
}

export function openStorefront() {
  const database = new Database(':memory:');
  database.exec(SCHEMA);
  const all = (sql: string): Record<string, unknown>[] => database.prepare<[], Record<string, unknown>>(sql).all();
  const samples: Parameters<typeof buildValueIndex>[0] = [];
  const tables = all("SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY rowid").map(({ name }): CatalogueTable => {
    const table = String(name);
    const columns = all(`PRAGMA table_info(${table})`);
    for (const column of columns.filter((entry) => entry.type === 'TEXT')) {
      const values = all(`SELECT DISTINCT ${column.name} AS v FROM ${table} WHERE ${column.name} IS NOT NULL`).map((row) =>
        String(row.v),
      );
      samples.push({ table: { name: table }, column: String(column.name), values });
    }
    return {
      name: table,
      kind: 'table',
      rowEstimate: null,
      columns: columns.map((column) => ({
        name: String(column.name),
        type: typeOf(String(column.type)),
        nativeType: String(column.type),
        nullable: column.notnull === 0 && column.pk === 0,
      })),
      primaryKey: ['id'],
      foreignKeys: all(`PRAGMA foreign_key_list(${table})`).map((key) => ({
        columns: [String(key.from)],
        referencedTable: { name: String(key.table) },
        referencedColumns: [String(key.to)],
      })),
      uniqueKeys: [],
      indexes: [],
    };
  });
  const catalogue: Catalogue = { tables };
  const dialect = listAdapters().find((adapter) => adapter.manifest.capabilities.transport === 'file')?.dialect;
  if (!dialect) throw new Error('No engine of files is registered.');
  const run = (sql: string): unknown[][] => database.prepare<[], unknown[]>(sql).raw().all();
  return { catalogue, values: buildValueIndex(samples), dialect, run, close: () => database.close() };
}
