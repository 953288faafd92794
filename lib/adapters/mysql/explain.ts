import type { Cell, ExplainPlan } from '../contract';

type Node = { [key: string]: Cell };

/** What a part of a plan reads on its way, and how many rows it gives. */
interface Estimate {
  read: number;
  rows: number;
}

/**
 * What the cost gate needs of EXPLAIN FORMAT=JSON. Of each table of a join as many rows are read as its scan takes, once for every row that
 * the tables before it leave; its conditions keep `filtered` percent (both servers' manuals, "EXPLAIN Output Format").
 * @param sessionCost Last_query_cost, for plans without one; 0 when the server has none either
 * @param stopsAfter rows after which the statement has enough, which no plan of these servers knows; null when it goes to the end
 */
export function planOf(cell: Cell, sessionCost: number, stopsAfter: number | null): ExplainPlan {
  const plan = typeof cell === 'string' ? parse(cell) : cell;
  const block = isNode(plan) && isNode(plan.query_block) ? plan.query_block : null;
  if (!block) return { plan };
  const { read, rows } = estimate(block);
  const own = isNode(block.cost_info) ? Number(block.cost_info.query_cost) : Number(block.cost ?? 0);
  const cost = own > 0 ? own : sessionCost;
  const stops = stopsAfter !== null && stopsAfter < rows && !sorts(block);
  const share = stops ? stopsAfter / rows : 1;
  return {
    plan,
    estimatedRows: Math.round(stopsAfter === null ? rows : Math.min(rows, stopsAfter)),
    estimatedRowsRead: Math.ceil(read * share),
    ...(cost > 0 ? { estimatedCost: cost * share } : {}),
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

function estimate(node: Node): Estimate {
  const total: Estimate = { read: 0, rows: 1 };
  for (const [key, child] of Object.entries(node)) {
    if (key === 'query_specifications' && Array.isArray(child)) add(total, unionOf(child));
    else if (/subqueries$/.test(key)) total.read += partsOf(child).reduce((sum, part) => sum + estimate(part).read, 0);
    else if (key === 'table' && isNode(child)) multiply(total, tableOf(child));
    else if (key === 'nested_loop' && Array.isArray(child)) for (const part of partsOf(child)) multiply(total, estimate(part));
    else if (isNode(child)) multiply(total, estimate(child));
  }
  return total;
}

function partsOf(value: Cell | undefined): Node[] {
  return Array.isArray(value) ? value.filter(isNode) : [];
}

/** Every row so far meets the next part anew. */
function multiply(total: Estimate, next: Estimate): void {
  total.read += total.rows * next.read;
  total.rows *= next.rows;
}

function add(total: Estimate, parts: Estimate): void {
  total.read += parts.read;
  total.rows *= parts.rows;
}

function unionOf(parts: Cell[]): Estimate {
  const estimates = partsOf(parts).map(estimate);
  return {
    read: estimates.reduce((sum, { read }) => sum + read, 0),
    rows: estimates.reduce((sum, { rows }) => sum + rows, 0),
  };
}

/** A derived table is read once to make it, and then like any other. */
function tableOf(table: Node): Estimate {
  const scanned = Number(table.rows_examined_per_scan ?? table.rows ?? 1);
  const kept = Number(table.filtered ?? 100) / 100;
  const inner = Object.entries(table).reduce((sum, [key, child]) => {
    if (!/materialized|subqueries$/.test(key)) return sum;
    return sum + (isNode(child) ? [child] : partsOf(child)).reduce((reads, part) => reads + estimate(part).read, 0);
  }, 0);
  return { read: scanned + inner, rows: scanned * (Number.isFinite(kept) ? kept : 1) };
}

/** Whether something in the block must see all rows before it gives the first. */
function sorts(node: Node): boolean {
  return Object.entries(node).some(([key, child]) => {
    if (/^(?:filesort|temporary_table|union_result|windowing|window_functions_computation|read_sorted_file)$/.test(key))
      return true;
    if (/^using_(?:filesort|temporary_table)$/.test(key)) return child === true;
    return (isNode(child) ? [child] : partsOf(child)).some(sorts);
  });
}
