/**
 * The typed plan: what a question means, apart from any engine. render.ts writes it as SQL, render-pipeline.ts as a pipeline.
 * Browser-safe, serialisable, checked by zod where it comes back from storage.
 */
import { z } from 'zod';

export interface ColumnRef {
  /** Table key: "schema.name", or "name" when the engine has no schemas. */
  table: string;
  column: string;
}

export type AggregateFunction = 'count' | 'sum' | 'avg' | 'min' | 'max';
export type DateUnit = 'year' | 'quarter' | 'month' | 'week' | 'day';
export type Scalar = string | number | boolean;
export type CompareOperator = '=' | '<>' | '<' | '<=' | '>' | '>=';

export type Expression =
  | { kind: 'column'; column: ColumnRef /** text that holds numbers is compared as a number */; numeric?: boolean }
  /** No column counts rows. */
  | {
      kind: 'aggregate';
      fn: AggregateFunction;
      column?: ColumnRef;
      /** Multiplied with the column before it is added up: quantity times price. */
      times?: ColumnRef;
      distinct?: boolean;
      numeric?: boolean;
    }
  | { kind: 'period'; unit: DateUnit; column: ColumnRef }
  /** Difference or ratio of two expressions. */
  | { kind: 'arithmetic'; op: '-' | '/'; left: Expression; right: Expression }
  /** Share of the rows that meet the condition, in percent. */
  | { kind: 'percentage'; condition: Condition };

export type Condition =
  | { kind: 'compare'; left: Expression; op: CompareOperator; right: Scalar; valueType: 'text' | 'number' | 'date' | 'boolean' }
  | { kind: 'compareQuery'; left: Expression; op: CompareOperator; plan: Plan }
  | { kind: 'in'; left: Expression; values: Scalar[]; valueType: 'text' | 'number'; negated: boolean }
  | { kind: 'like'; left: Expression; mode: 'contains' | 'starts' | 'ends'; text: string; negated: boolean }
  | { kind: 'null'; left: Expression; negated: boolean }
  /** The column's value is (not) among the values of a plan with one column. */
  | { kind: 'member'; column: ColumnRef; plan: Plan; negated: boolean }
  | { kind: 'any'; items: Condition[] }
  | { kind: 'all'; items: Condition[] };

export interface Join {
  /** Pairs of equal columns; `left` belongs to a table that is already in the plan. */
  on: { left: ColumnRef; right: ColumnRef }[];
  table: string;
  inferred?: boolean;
}

export interface Order {
  expression: Expression;
  direction: 'asc' | 'desc';
}

export interface Plan {
  select: Expression[];
  distinct: boolean;
  /** First table; the others come with joins. */
  from: string;
  joins: Join[];
  where: Condition[];
  groupBy: Expression[];
  having: Condition[];
  orderBy: Order[];
  limit: number | null;
  /** The rows themselves are asked for; the columns are those that tell most. */
  rows?: boolean;
  /** The count of this plan's rows is wanted, not the rows. */
  countRows?: boolean;
}

const columnRef = z.object({ table: z.string(), column: z.string() });
const scalar = z.union([z.string(), z.number(), z.boolean()]);
const compareOperator = z.enum(['=', '<>', '<', '<=', '>', '>=']);

const expression: z.ZodType<Expression> = z.lazy(() =>
  z.discriminatedUnion('kind', [
    z.object({ kind: z.literal('column'), column: columnRef, numeric: z.boolean().optional() }),
    z.object({
      kind: z.literal('aggregate'),
      fn: z.enum(['count', 'sum', 'avg', 'min', 'max']),
      column: columnRef.optional(),
      times: columnRef.optional(),
      distinct: z.boolean().optional(),
      numeric: z.boolean().optional(),
    }),
    z.object({ kind: z.literal('period'), unit: z.enum(['year', 'quarter', 'month', 'week', 'day']), column: columnRef }),
    z.object({ kind: z.literal('arithmetic'), op: z.enum(['-', '/']), left: expression, right: expression }),
    z.object({ kind: z.literal('percentage'), condition }),
  ]),
);

const condition: z.ZodType<Condition> = z.lazy(() =>
  z.discriminatedUnion('kind', [
    z.object({
      kind: z.literal('compare'),
      left: expression,
      op: compareOperator,
      right: scalar,
      valueType: z.enum(['text', 'number', 'date', 'boolean']),
    }),
    z.object({ kind: z.literal('compareQuery'), left: expression, op: compareOperator, plan: planSchema }),
    z.object({
      kind: z.literal('in'),
      left: expression,
      values: z.array(scalar),
      valueType: z.enum(['text', 'number']),
      negated: z.boolean(),
    }),
    z.object({
      kind: z.literal('like'),
      left: expression,
      mode: z.enum(['contains', 'starts', 'ends']),
      text: z.string(),
      negated: z.boolean(),
    }),
    z.object({ kind: z.literal('null'), left: expression, negated: z.boolean() }),
    z.object({ kind: z.literal('member'), column: columnRef, plan: planSchema, negated: z.boolean() }),
    z.object({ kind: z.literal('any'), items: z.array(condition) }),
    z.object({ kind: z.literal('all'), items: z.array(condition) }),
  ]),
);

export const planSchema: z.ZodType<Plan> = z.lazy(() =>
  z.object({
    select: z.array(expression),
    distinct: z.boolean(),
    from: z.string(),
    joins: z.array(
      z.object({
        on: z.array(z.object({ left: columnRef, right: columnRef })),
        table: z.string(),
        inferred: z.boolean().optional(),
      }),
    ),
    where: z.array(condition),
    groupBy: z.array(expression),
    having: z.array(condition),
    orderBy: z.array(z.object({ expression, direction: z.enum(['asc', 'desc']) })),
    limit: z.number().int().positive().nullable(),
    rows: z.boolean().optional(),
    countRows: z.boolean().optional(),
  }),
);

/** A question that was understood. `explanation` is the reading in words; `confidence` is between 0 and 1. */
export interface PlannedQuery {
  sql: string;
  plan: Plan;
  explanation: string;
  assumptions: string[];
  tables: string[];
  confidence: number;
}

export const plannedQuerySchema: z.ZodType<PlannedQuery> = z.object({
  sql: z.string(),
  plan: planSchema,
  explanation: z.string(),
  assumptions: z.array(z.string()),
  tables: z.array(z.string()),
  confidence: z.number(),
});

export type PlanOutcome =
  | { kind: 'answer'; planned: PlannedQuery }
  | { kind: 'clarify'; question: string; choices: { label: string; planned: PlannedQuery }[] }
  | { kind: 'decline'; reason: string; suggestions: string[] }
  /** A question about the schema itself, answered without the database. */
  | { kind: 'schema'; text: string; tables: string[] }
  /** Small talk. */
  | { kind: 'chat'; text: string };

/** One word of the organisation's vocabulary ("active customer" = "status is 'active'"). */
export interface GlossaryTerm {
  term: string;
  definition: string;
}

export interface ValueMatch {
  table: string;
  column: string;
  /** The value as it is stored. */
  value: string;
  /** 1: the words are the whole value; less: part of it. */
  score: number;
}

/** What is known of a column's values. */
export interface ColumnProfile {
  distinct: number;
  /** Every sampled value reads as a number. */
  numeric: boolean;
  /** Every sampled value reads as an ISO date or timestamp. */
  dates: boolean;
  /** Every sampled value has as many characters, so that text order is number order. */
  sameLength: boolean;
  sample: string[];
}

export interface ValueIndex {
  /** Columns whose sampled distinct values match the words, best first. */
  find(words: string[]): ValueMatch[];
  /** Values that differ from the word by a slip of the pen. */
  similar(word: string): ValueMatch[];
  /** The stored values of a column that are nearest to what was written. */
  nearest(table: string, column: string, value: string): string[];
  profile(table: string, column: string): ColumnProfile | null;
}
