import type { Row } from '../contract';

/** One loop of a plan: through a whole table, or to the rows that an index gives (then table is null). */
interface Scan {
  /** Loops of one statement part lie inside each other, in their order. */
  parent: string;
  table: string | null;
}

/** Rows of EXPLAIN QUERY PLAN: id, parent, unused, detail (https://sqlite.org/eqp.html). */
export function readScans(plan: readonly Row[]): Scan[] {
  return plan.flatMap(([, parent, , detail]): Scan[] => {
    const text = textOf(detail);
    const scanned = /^SCAN (?!CONSTANT ROW|\()(\S+|"[^"]+")/.exec(text)?.[1];
    if (scanned !== undefined) return [{ parent: textOf(parent), table: scanned.replace(/^"(.*)"$/, '$1') }];
    return text.startsWith('SEARCH ') ? [{ parent: textOf(parent), table: null }] : [];
  });
}

/**
 * Rows that are looked at when nothing ends the statement early: SQLite gives no estimates of its own, and a step of an index counts
 * as one row.
 */
export function rowsRead(scans: readonly Scan[], sizes: ReadonlyMap<string, number>): number | undefined {
  if (scans.some(({ table }) => table !== null && !sizes.has(table))) return undefined;
  const loops = new Map<string, number>();
  let total = 0;
  for (const { parent, table } of scans) {
    const times = (loops.get(parent) ?? 1) * (table === null ? 1 : Math.max(1, sizes.get(table) ?? 1));
    loops.set(parent, times);
    total += times;
  }
  return total;
}

/** Opcodes of steps that take all their input before they give the first row (https://sqlite.org/opcode.html). */
const BLOCKING = /^(AggStep|SorterOpen|OpenEphemeral)/;
/** How a program counts down to its limit. */
const LIMIT = 'DecrJumpZero';

/** Whether a program (rows of EXPLAIN) ends as soon as it has given as many rows as its limit says. */
export function stopsEarly(program: readonly Row[]): boolean {
  const opcodes = program.map((row) => textOf(row[1]));
  return opcodes.includes(LIMIT) && !opcodes.some((opcode) => BLOCKING.test(opcode));
}

/** An exact value of a column of unknown type. */
function textOf(cell: Row[number] | undefined): string {
  return typeof cell === 'object' && cell !== null && 'exact' in cell ? String(cell.exact) : String(cell ?? '');
}
