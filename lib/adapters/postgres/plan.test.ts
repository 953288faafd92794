import { describe, expect, it } from 'vitest';
import { readPlan, rowsRead } from './plan';

const scan = (rows: number, more: object = {}) => ({
  'Node Type': 'Seq Scan',
  Schema: 'public',
  'Relation Name': 'big',
  'Plan Rows': rows,
  'Parent Relationship': 'Outer',
  ...more,
});
const estimate = (Plan: object, size?: number) => rowsRead(readPlan([{ Plan }]).scans, () => size);

describe('the rows that a plan reads', () => {
  it('are those of its scans', () => {
    expect(estimate(scan(12_000_000))).toBe(12_000_000);
  });

  it('stop with a limit, unless everything must be read before', () => {
    const limit = (Plans: object[]) => ({ 'Node Type': 'Limit', 'Plan Rows': 101, Plans });
    expect(estimate(limit([scan(12_000_000)]))).toBe(101);
    const sort = { 'Node Type': 'Sort', 'Plan Rows': 12_000_000, Plans: [scan(12_000_000)] };
    expect(estimate(limit([sort]))).toBe(12_000_000);
  });

  it('include what a filter passes over', () => {
    expect(estimate(scan(3, { Filter: '(x = 1)' }), 12_000_000)).toBe(12_000_000);
    expect(estimate(scan(3, { 'Node Type': 'Index Scan', Filter: '(x = 1)' }), 12_000_000)).toBe(3);
  });

  it('count for each repetition of a nested loop, and for each process', () => {
    const loop = {
      'Node Type': 'Nested Loop',
      'Plan Rows': 1_000,
      Plans: [scan(1_000), scan(10, { 'Node Type': 'Index Scan', 'Parent Relationship': 'Inner' })],
    };
    expect(estimate(loop)).toBe(11_000);
    expect(estimate({ 'Node Type': 'Gather', 'Workers Planned': 2, 'Plan Rows': 3_000, Plans: [scan(1_000)] })).toBe(3_000);
  });

  it('are unknown when the plan is no plan', () => {
    expect(readPlan('nothing')).toEqual({ scans: [] });
  });
});
