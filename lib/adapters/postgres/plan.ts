/** What EXPLAIN (FORMAT JSON, VERBOSE) says of a step; PostgreSQL's documentation, "EXPLAIN". */
interface PlanNode {
  'Node Type'?: string;
  Strategy?: string;
  'Plan Rows'?: number;
  'Total Cost'?: number;
  'Workers Planned'?: number;
  'Parent Relationship'?: string;
  'Join Type'?: string;
  Schema?: string;
  'Relation Name'?: string;
  Filter?: string;
  Plans?: PlanNode[];
}

export interface PlanEstimate {
  rows?: number;
  cost?: number;
  /** What each scan gives up to its parent, with a share when the statement stops early. */
  scans: Scan[];
}

interface Scan {
  schema: string;
  name: string;
  /** Rows after its filter, times how often it is repeated. */
  rows: number;
  /** Part of the table that is gone through, times how often: 1 is all of it. Only for scans that go through the table. */
  share: number | null;
}

/** Steps that read all their input before they give the first row: a limit above them stops nothing below. */
const BLOCKING = new Set(['Sort', 'Hash', 'Aggregate', 'Hashed SetOp', 'SetOp', 'Materialize', 'ModifyTable', 'CTE Scan']);

/** The estimates of a plan, as JSON.parse gives it. */
export function readPlan(plan: unknown): PlanEstimate {
  const top = Array.isArray(plan) ? (plan[0] as { Plan?: PlanNode } | undefined)?.Plan : undefined;
  const scans: Scan[] = [];
  if (top) collect(top, 1, 1, scans);
  return { rows: top?.['Plan Rows'], cost: top?.['Total Cost'], scans };
}

/**
 * Rows that the statement looks at.
 * @param sizeOf rows of a table by "schema.name", for scans that filter: they look at more than they give
 */
export function rowsRead(scans: readonly Scan[], sizeOf: (schema: string, name: string) => number | undefined): number {
  let total = 0;
  for (const { schema, name, rows, share } of scans) {
    const size = share === null ? undefined : sizeOf(schema, name);
    total += size === undefined || share === null ? rows : Math.max(rows, size * share);
  }
  return Math.round(total);
}

/**
 * @param share of its input that a step is asked for before the statement stops (a limit)
 * @param repeats how often it is started (inner side of a nested loop)
 */
function collect(node: PlanNode, share: number, repeats: number, scans: Scan[]): void {
  const type = node['Node Type'] ?? '';
  const rows = node['Plan Rows'] ?? 0;
  if (node['Relation Name'] !== undefined) {
    const whole = /Seq Scan|Foreign Scan/.test(type) && node.Filter !== undefined;
    const part = share * repeats;
    scans.push({
      schema: node.Schema ?? '',
      name: node['Relation Name'],
      rows: rows * part,
      share: whole ? part : null,
    });
  }
  const children = node.Plans ?? [];
  const outer = children.find((child) => child['Parent Relationship'] === 'Outer');
  // A plan below Gather tells what one process of several does.
  const processes = type.startsWith('Gather') ? (node['Workers Planned'] ?? 0) + 1 : 1;
  for (const child of children) {
    const childRows = Math.max(1, child['Plan Rows'] ?? 1);
    const sorted = type === 'Aggregate' && node.Strategy === 'Sorted';
    let part = share;
    if (type === 'Limit') part = Math.min(1, rows / childRows) * share;
    else if (BLOCKING.has(type) && !sorted) part = 1;
    const inner = type === 'Nested Loop' && child['Parent Relationship'] === 'Inner';
    const times = inner ? Math.max(1, (outer?.['Plan Rows'] ?? 1) * share) : 1;
    collect(child, inner ? 1 : part, repeats * times * processes, scans);
  }
}
