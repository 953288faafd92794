/** What was read from a question before names are resolved: the grammar fills it, assemble.ts turns it into a plan. */
import type { Period } from './dates';
import type { Adjective } from './lexicon';
import type { Mention } from './link';
import type { AggregateFunction, CompareOperator, DateUnit } from './schema';

export interface SelectSketch {
  at: number;
  fn?: AggregateFunction;
  distinct?: boolean;
  /** Null: rows of the entity that the question is about. */
  mention: Mention | null;
  /** The table named with the column ("name of the singer"). */
  owner?: Mention;
  percentage?: boolean;
  /** "when", "where", "who" stand for a column. */
  asks?: 'when' | 'where' | 'who';
  difference?: SelectSketch;
  /** "how many routers": rows that have this value. */
  described?: Mention;
  /** Pieces that were sold. */
  sold?: true;
}

export type Operand =
  | { kind: 'number'; value: number }
  | { kind: 'numbers'; values: number[] }
  | { kind: 'range'; low: number; high: number }
  | { kind: 'period'; period: Period; last?: Period }
  | { kind: 'periods'; periods: Period[] }
  | { kind: 'values'; mentions: Mention[] }
  | { kind: 'text'; text: string; mode: 'contains' | 'starts' | 'ends' | 'equals' }
  | { kind: 'aggregate'; fn: AggregateFunction; mention: Mention | null }
  | { kind: 'null' }
  | { kind: 'true' };

export interface FilterSketch {
  at: number;
  mention: Mention | null;
  owner?: Mention;
  adjective?: Adjective;
  unit?: string;
  /** Stem of the verb before a date ("released in 2010"). */
  verb?: string;
  op: CompareOperator;
  operand: Operand;
  negated: boolean;
  either: boolean;
  /** "both … and …": one row each, not one row with both. */
  both?: boolean;
  /** Count or sum of something per entity ("with more than two orders"). */
  having?: { fn: AggregateFunction; mention: Mention | null; distinct?: boolean };
}

export interface OrderSketch {
  at: number;
  direction: 'asc' | 'desc';
  mention: Mention | null;
  owner?: Mention;
  adjective?: Adjective;
  fn?: AggregateFunction;
  limit: number | null;
  /** "in the earliest year": every row that has the extreme value. */
  extreme?: boolean;
  /** Frequency of the mention itself ("most common city"). */
  frequency?: boolean;
  /** What "top 5 by …" is measured by is shown as well. */
  shown?: boolean;
  /** By how many pieces of each were sold. */
  sold?: true;
  /** The table last named before, whose rows are ordered. */
  entity?: Mention;
}

export interface GroupSketch {
  at: number;
  mention: Mention | null;
  unit?: DateUnit;
  owner?: Mention;
}

export interface AbsenceSketch {
  at: number;
  mention: Mention;
  filters: FilterSketch[];
  /** "never sold": on no line of an order. */
  sold?: true;
}

export interface Sketch {
  selects: SelectSketch[];
  filters: FilterSketch[];
  groups: GroupSketch[];
  orders: OrderSketch[];
  absences: AbsenceSketch[];
  /** Tables that were named, in order. */
  entities: Mention[];
  limit: number | null;
  distinct: boolean;
  /** "how many orders per customer on average". */
  averageCount: boolean;
  /** "top": something must say by what. */
  ranked: boolean;
  /** "list", "show": more than a name is expected. */
  listing: boolean;
  /** Content words that mean nothing here. */
  unknown: { word: string; weight: number }[];
  /** Something was recognised that the planner can't express. */
  unsupported: string[];
}

export const emptySketch = (): Sketch => ({
  selects: [],
  filters: [],
  groups: [],
  orders: [],
  absences: [],
  entities: [],
  limit: null,
  distinct: false,
  averageCount: false,
  ranked: false,
  listing: false,
  unknown: [],
  unsupported: [],
});
