import type { Cell, ExplainPlan } from '../contract';

type Node = { [key: string]: Cell };

/**
 * What the cost gate needs of EXPLAIN FORMAT=JSON. Rows are those that the joins of the outermost block give: of each table, those read
 * for one row before it, times the share that its conditions keep (both servers' manuals, "EXPLAIN Output Format").
 * @param sessionCost Last_query_cost, for plans without one; 0 when the server has none either
 */
export function planOf(cell: Cell, sessionCost: number): ExplainPlan {
  const plan = typeof cell === 'string' ? parse(cell) : cell;
  const block = isNode(plan) && isNode(plan.query_block) ? plan.query_block : null;
  if (!block) return { plan };
  const tables = tablesOf(block);
  const rows = tables.reduce((product, table) => product * rowsOf(table), 1);
  const info = isNode(block.cost_info) ? Number(block.cost_info.query_cost) : Number(block.cost ?? 0);
  const cost = info > 0 ? info : sessionCost;
  return {
    plan,
    ...(tables.length > 0 && Number.isFinite(rows) ? { estimatedRows: Math.round(rows) } : {}),
    ...(cost > 0 ? { estimatedCost: cost } : {}),
  };
}

function parse(text: string): Cell {
  try {
    return JSON.parse(text) as Cell;
  } catch {
    return text;
  }
}

function isNode(value: Cell | undefined): value is Node {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** The tables that the outermost block joins; derived tables stand for themselves, their own blocks aren't entered. */
function tablesOf(value: Cell | undefined): Node[] {
  if (Array.isArray(value)) return value.flatMap(tablesOf);
  if (!isNode(value)) return [];
  return Object.entries(value).flatMap(([key, child]) => {
    if (key === 'table' && isNode(child)) return [child];
    if (/subqueries|union_result|materialized|window_functions_computation/.test(key) && key !== 'windowing') return [];
    return tablesOf(child);
  });
}

function rowsOf(table: Node): number {
  const rows = Number(table.rows_examined_per_scan ?? table.rows ?? 1);
  const kept = Number(table.filtered ?? 100) / 100;
  return rows * (Number.isFinite(kept) ? kept : 1);
}
