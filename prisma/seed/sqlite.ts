import { chmodSync, existsSync, mkdirSync, renameSync, rmSync } from 'node:fs';
import path from 'node:path';
import Database from 'better-sqlite3';
import { newId } from '../../lib/kernel/ids';
import type { SampleColumn, SampleDatabase, SampleTable, SampleValue } from '../../lib/sources/samples';

const TYPES: Record<SampleColumn['type'], string> = {
  integer: 'INTEGER',
  decimal: 'DECIMAL',
  double: 'REAL',
  text: 'TEXT',
  boolean: 'BOOLEAN',
  date: 'DATE',
  timestamp: 'TIMESTAMP',
  inet: 'TEXT',
};

/**
 * Writes a sample as a file, unless this version of it is there. The file appears whole or not at all.
 * @returns whether it was written
 */
export function seedFile(sample: SampleDatabase, file: string): boolean {
  if (installedVersion(file) === sample.version) return false;
  mkdirSync(path.dirname(file), { recursive: true });
  const draft = `${file}.${newId()}.tmp`;
  try {
    writeFile(sample, draft);
    // Only this seed replaces it, by another file.
    chmodSync(draft, 0o444);
    renameSync(draft, file);
  } finally {
    rmSync(draft, { force: true });
  }
  return true;
}

/** The version is kept in the file's user_version. */
function installedVersion(file: string): number | null {
  if (!existsSync(file)) return null;
  try {
    const db = new Database(file, { readonly: true });
    try {
      return Number(db.pragma('user_version', { simple: true }));
    } finally {
      db.close();
    }
  } catch {
    return null; // Not a database, or damaged: replaced.
  }
}

function writeFile(sample: SampleDatabase, file: string): void {
  const db = new Database(file);
  try {
    db.pragma('journal_mode = OFF');
    db.pragma('synchronous = OFF');
    db.pragma('foreign_keys = ON');
    const rows = sample.generate();
    db.transaction(() => {
      for (const table of sample.tables) {
        db.exec(createTable(table));
        insertRows(db, table, rows[table.name] ?? []);
        for (const columns of table.indexes ?? []) {
          db.exec(
            `CREATE INDEX "${table.name}_${columns.join('_')}" ON "${table.name}" (${columns.map((c) => `"${c}"`).join(', ')})`,
          );
        }
      }
    })();
    db.exec('ANALYZE');
    db.pragma(`user_version = ${sample.version}`);
  } finally {
    db.close();
  }
}

function createTable(table: SampleTable): string {
  const columns = table.columns.map((column, index) => {
    const type = column.precision ? `${TYPES[column.type]}(${column.precision.join(', ')})` : TYPES[column.type];
    const key = index === 0 ? ' PRIMARY KEY' : column.nullable ? '' : ' NOT NULL';
    const unique = column.unique ? ' UNIQUE' : '';
    const reference = column.references ? ` REFERENCES "${column.references.table}" ("${column.references.column}")` : '';
    return `"${column.name}" ${type}${key}${unique}${reference}`;
  });
  return `CREATE TABLE "${table.name}" (\n  ${columns.join(',\n  ')}\n)`;
}

function insertRows(db: Database.Database, table: SampleTable, rows: readonly (readonly SampleValue[])[]): void {
  const insert = db.prepare(`INSERT INTO "${table.name}" VALUES (${table.columns.map(() => '?').join(', ')})`);
  for (const row of rows) insert.run(row.map((value) => (typeof value === 'boolean' ? Number(value) : value)));
}
