/** Builds a sample database in memory and compares the rows of a planned query with those of the SQL written by hand. */
import Database from 'better-sqlite3';
import type { Catalogue, CatalogueTable } from '../../adapters/contract';
import { listAdapters } from '../../adapters/registry';
import type { SampleDatabase, SampleTable, SampleValue } from '../../sources/samples';
import { planQuestion } from '../index';
import type { PlannedQuery, PlanOutcome } from '../schema';
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
export const NOW = new Date('2026-11-20T12:00:00Z');

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

/** Engines write the same value in their own ways: decimals with or without zeros, moments with or without T and Z, truth as 1. */
function text(value: unknown): string {
  if (typeof value === 'boolean') return text(Number(value));
  if (typeof value === 'number') return value.toFixed(4);
  if (typeof value === 'object' && value !== null && 'exact' in value) return text(value.exact);
  const written = String(value);
  if (/^-?\d{1,15}(\.\d+)?$/.test(written)) return Number(written).toFixed(4);
  return written.replace(/^(\d{4}-\d\d-\d\d)[T ](\d\d:\d\d:\d\d)(\.0+)?(Z|\+00(:00)?)?$/, '$1 $2').replace(/ 00:00:00$/, '');
}

const column = (rows: unknown[][], at: number): string[] => rows.map((row) => text(row[at]));
const same = (a: readonly string[], b: readonly string[]): boolean =>
  a.length === b.length && a.every((item, at) => item === b[at]);

/** A period is its first day on some engines, and written like "2026-10" or "2026-Q4" on others. */
const PERIODS: [written: RegExp, of: (year: string, month: string) => string][] = [
  [/^\d{4}\.0000$/, (year) => text(year)],
  [/^\d{4}-\d\d$/, (year, month) => `${year}-${month}`],
  [/^\d{4}-Q\d$/, (year, month) => `${year}-Q${Math.ceil(Number(month) / 3)}`],
];

function asPeriods(found: string[], wanted: readonly string[]): string[] {
  const period = PERIODS.find(([written]) => wanted.length > 0 && wanted.every((item) => written.test(item)));
  return period ? found.map((item) => item.replace(/^(\d{4})-(\d\d)-\d\d$/, (_, year, month) => period[1](year, month))) : found;
}

/** Whether some columns of `found` are the columns of `wanted`; more columns may be shown. */
export function sameRows(found: unknown[][], wanted: unknown[][], options: { ordered?: true; ties?: true }): boolean {
  if (found.length !== wanted.length) return false;
  if (options.ties) return true;
  const expected = (wanted[0] ?? []).map((_, at) => column(wanted, at));
  const shown = (found[0] ?? []).map((_, at) => column(found, at));
  const taken = new Set<number>();
  const matched: string[][] = [];
  for (const values of expected) {
    const sorted = [...values].sort();
    const place = shown.findIndex((item, at) => !taken.has(at) && same([...asPeriods(item, values)].sort(), sorted));
    if (place < 0) return false;
    taken.add(place);
    matched.push(asPeriods(shown[place] ?? [], values));
  }
  const lines = (columns: readonly string[][]): string[] => {
    const rows = wanted.map((_, at) => columns.map((values) => values[at]).join('\u0000'));
    return options.ordered ? rows : rows.sort();
  };
  return same(lines(matched), lines(expected));
}

/** A copy of the sample in some engine. */
export interface Copy {
  plan(question: string, previous?: PlannedQuery): PlanOutcome;
  run(query: string): unknown[][] | Promise<unknown[][]>;
}

/**
 * One question judged, with what was said or run.
 * @param reference where the SQL that was written by hand runs
 */
export async function judge(
  copy: Copy,
  golden: GoldenQuestion,
  reference: Pick<Sample, 'run'>,
): Promise<{ verdict: Verdict; note: string }> {
  const outcome = copy.plan(golden.ask);
  if (outcome.kind !== 'answer')
    return {
      verdict: golden.sql === null ? 'correct' : 'declined',
      note: outcome.kind === 'decline' ? outcome.reason : outcome.kind,
    };
  const note = `${outcome.planned.explanation} ${outcome.planned.sql.replace(/\s+/g, ' ')}`;
  if (golden.sql === null) return { verdict: 'wrong', note };
  const found = await copy.run(outcome.planned.sql);
  const right = [golden.sql, golden.or].some(
    (sql) => sql !== undefined && sql !== null && sameRows(found, reference.run(sql), golden),
  );
  return { verdict: right ? 'correct' : 'wrong', note };
}

/** Every question, by verdict. */
export async function judgeAll(
  copy: Copy,
  questions: readonly GoldenQuestion[],
  reference: Pick<Sample, 'run'>,
): Promise<Record<Verdict, string[]>> {
  const verdicts: Record<Verdict, string[]> = { correct: [], wrong: [], declined: [] };
  for (const question of questions) {
    const { verdict, note } = await judge(copy, question, reference);
    verdicts[verdict].push(`${question.ask} → ${note}`);
  }
  return verdicts;
}
