import { describe, expect, it } from 'vitest';
import { planOf } from './explain';

/** Plans in the form of MySQL 8 (manual, "EXPLAIN Output Format"); MariaDB's are asked of a server in driver.int.test.ts. */
const table = (name: string, rows: number, filtered = 100, more = {}) => ({
  table: { table_name: name, access_type: 'ALL', rows_examined_per_scan: rows, filtered: filtered.toFixed(2), ...more },
});
const block = (content: object, cost = '42.50') =>
  JSON.stringify({ query_block: { select_id: 1, cost_info: { query_cost: cost }, ...content } });

describe("MySQL's plans", () => {
  it('reads cost and rows of one table', () => {
    expect(planOf(block(table('t', 1_000, 10)), 0, null)).toMatchObject({
      estimatedRows: 100,
      estimatedRowsRead: 1_000,
      estimatedCost: 42.5,
    });
  });

  it('multiplies along a join', () => {
    const join = { ordering_operation: { using_filesort: true, nested_loop: [table('a', 100, 50), table('b', 10)] } };
    expect(planOf(block(join), 0, null)).toMatchObject({ estimatedRows: 500, estimatedRowsRead: 100 + 50 * 10 });
  });

  it('believes in a limit only where nothing is sorted first', () => {
    const scan = { ordering_operation: { using_filesort: false, ...table('t', 1_000) } };
    expect(planOf(block(scan), 0, 10)).toMatchObject({ estimatedRows: 10, estimatedRowsRead: 10, estimatedCost: 0.425 });
    const sorted = { ordering_operation: { using_filesort: true, ...table('t', 1_000) } };
    expect(planOf(block(sorted), 0, 10)).toMatchObject({ estimatedRows: 10, estimatedRowsRead: 1_000, estimatedCost: 42.5 });
  });

  it('counts derived tables, sub-queries and unions', () => {
    const derived = table('d', 5, 100, { materialized_from_subquery: { query_block: table('t', 1_000) } });
    expect(planOf(block(derived), 0, null).estimatedRowsRead).toBe(1_005);
    const attached = { ...table('t', 10), optimized_away_subqueries: [{ query_block: table('u', 100) }] };
    expect(planOf(block(attached), 0, null)).toMatchObject({ estimatedRows: 10, estimatedRowsRead: 110 });
    const union = { union_result: { query_specifications: [{ query_block: table('a', 3) }, { query_block: table('b', 4) }] } };
    expect(planOf(block(union), 0, null)).toMatchObject({ estimatedRows: 7, estimatedRowsRead: 7 });
  });

  it('takes the cost of the session where the plan has none, and passes on what is no JSON', () => {
    expect(planOf('{"query_block":{"select_id":1}}', 7, null).estimatedCost).toBe(7);
    expect(planOf('-> Table scan', 0, null)).toEqual({ plan: '-> Table scan' });
  });
});
