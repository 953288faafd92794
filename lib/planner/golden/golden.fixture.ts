/** Builds a sample database in memory and compares the rows of a planned query with those of the SQL written by hand. */
import Database from 'better-sqlite3';
import type { Catalogue, CatalogueTable } from '../../adapters/contract';
import { listAdapters } from '../../adapters/registry';
import type { SampleDatabase, SampleTable, SampleValue } from '../../sources/samples';
import { planQuestion } from '../index';
import { buildValueIndex } from '../value-index';

export interface GoldenQuestion {
  ask: string;
  /** Null: nothing in the database answers it, so it must be declined. */
  sql: string | null;
  /** Another reading that a person would accept. */
  or?: string;
  /** The order of the rows matters. */
  ordered?: true;
  /** Rows of the same rank may be others: only the number of rows and the measure are compared. */
  ties?: true;
}

export type Verdict = 'correct' | 'wrong' | 'declined';

const NATIVE = {
  integer: 'INTEGER',
  decimal: 'DECIMAL',
  double: 'REAL',
  text: 'TEXT',
  boolean: 'BOOLEAN',
  date: 'DATE',
  timestamp: 'TIMESTAMP',
  inet: 'TEXT',
} as const;
/** The day of the questions: "last month" is October 2026. */
const NOW = new Date('2026-11-20T12:00:00Z');

const cell = (value: SampleValue): string | number | null => (typeof value === 'boolean' ? Number(value) : value);

function catalogueTable(table: SampleTable): CatalogueTable {
  return {
    name: table.name,
    kind: 'table',
    rowEstimate: null,
    columns: table.columns.map((column) => ({
      name: column.name,
      type: column.type === 'inet' ? 'text' : column.type,
      nativeType: NATIVE[column.type],
      nullable: column.nullable ?? false,
    })),
    primaryKey: table.columns.slice(0, 1).map((column) => column.name),
    foreignKeys: table.columns.flatMap(({ name, references }) =>
      references
        ? [{ columns: [name], referencedTable: { name: references.table }, referencedColumns: [references.column] }]
        : [],
    ),
    uniqueKeys: [],
    indexes: [],
  };
}

export function openSample(sample: SampleDatabase) {
  const database = new Database(':memory:');
  const rows = sample.generate();
  const samples: Parameters<typeof buildValueIndex>[0] = [];
  for (const table of sample.tables) {
    const columns = table.columns.map(({ name, type }, at) => `${name} ${NATIVE[type]}${at === 0 ? ' PRIMARY KEY' : ''}`);
    database.exec(`CREATE TABLE ${table.name} (${columns.join(', ')})`);
    const insert = database.prepare(`INSERT INTO ${table.name} VALUES (${table.columns.map(() => '?').join(', ')})`);
    database.transaction(() => {
      for (const row of rows[table.name] ?? []) insert.run(row.map(cell));
    })();
    for (const columns of table.indexes ?? [])
      database.exec(`CREATE INDEX ${table.name}_${columns[0]} ON ${table.name} (${columns})`);
    for (const column of table.columns.filter(({ type }) => type === 'text')) {
      const found = database
        .prepare<[], { v: string }>(
          `SELECT DISTINCT ${column.name} AS v FROM ${table.name} WHERE ${column.name} IS NOT NULL LIMIT 500`,
        )
        .all();
      samples.push({ table: { name: table.name }, column: column.name, values: found.map(({ v }) => v) });
    }
  }
  const catalogue: Catalogue = { tables: sample.tables.map(catalogueTable) };
  const dialect = listAdapters().find((adapter) => adapter.manifest.capabilities.transport === 'file')?.dialect;
  if (!dialect) throw new Error('No engine of files is registered.');
  const values = buildValueIndex(samples);
  const run = (sql: string): unknown[][] => database.prepare<[], unknown[]>(sql).raw().all();
  return {
    catalogue,
    values,
    plan: (question: string) => planQuestion({ question, catalogue, dialect, values, now: NOW }),
    run,
    close: () => database.close(),
  };
}

export type Sample = ReturnType<typeof openSample>;

const text = (value: unknown): string => (typeof value === 'number' ? value.toFixed(4) : String(value));
const column = (rows: unknown[][], at: number): string[] => rows.map((row) => text(row[at]));
const same = (a: readonly string[], b: readonly string[]): boolean =>
  a.length === b.length && a.every((item, at) => item === b[at]);

/** Whether some columns of `found` are the columns of `wanted`; more columns may be shown. */
export function sameRows(found: unknown[][], wanted: unknown[][], options: { ordered?: true; ties?: true }): boolean {
  if (found.length !== wanted.length) return false;
  const width = wanted[0]?.length ?? 0;
  if (options.ties) return true;
  const places: number[] = [];
  for (let at = 0; at < width; at++) {
    const expected = [...column(wanted, at)].sort();
    const place = (found[0] ?? []).findIndex(
      (_, index) => !places.includes(index) && same([...column(found, index)].sort(), expected),
    );
    if (place < 0) return false;
    places.push(place);
  }
  const cut = (rows: unknown[][], order: readonly number[]): string[] => {
    const lines = rows.map((row) => order.map((at) => text(row[at])).join('\u0000'));
    return options.ordered ? lines : lines.sort();
  };
  return same(
    cut(found, places),
    cut(
      wanted,
      Array.from({ length: width }, (_, at) => at),
    ),
  );
}

/** One question judged, with what was said or run. */
export function judge(sample: Sample, golden: GoldenQuestion): { verdict: Verdict; note: string } {
  const outcome = sample.plan(golden.ask);
  if (outcome.kind !== 'answer')
    return {
      verdict: golden.sql === null ? 'correct' : 'declined',
      note: outcome.kind === 'decline' ? outcome.reason : outcome.kind,
    };
  const note = `${outcome.planned.explanation} ${outcome.planned.sql.replace(/\s+/g, ' ')}`;
  if (golden.sql === null) return { verdict: 'wrong', note };
  const found = sample.run(outcome.planned.sql);
  const right = [golden.sql, golden.or].some(
    (sql) => sql !== undefined && sql !== null && sameRows(found, sample.run(sql), golden),
  );
  return { verdict: right ? 'correct' : 'wrong', note };
}
