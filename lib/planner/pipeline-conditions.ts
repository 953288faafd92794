/** Conditions and values of a plan in a document database's query language. Values of a question are never read as operators or paths. */
import type { ColumnType, PipelineStage } from '../adapters/contract';
import { columnOf } from './catalogue-index';
import { isArrayTable } from './document-view';
import type { PipelineScope } from './pipeline-scope';
import type { CompareOperator, Condition, Expression, Plan, Scalar } from './schema';

type Json = unknown;
type ValueType = 'text' | 'number' | 'date' | 'boolean';

const OPERATORS: Record<CompareOperator, string> = {
  '=': '$eq',
  '<>': '$ne',
  '<': '$lt',
  '<=': '$lte',
  '>': '$gt',
  '>=': '$gte',
};
const DATES = new Set<ColumnType>(['date', 'timestamp', 'timestamptz']);

/** How an expression of the plan is computed where the condition stands; a path when it is just a field. */
export interface Written {
  value: Json;
  path?: string;
}

export interface ConditionContext {
  scope: PipelineScope;
  write(expression: Expression): Written;
  /** The rows of an inner plan, which don't depend on the outer ones: stages that leave `fields` in each document. */
  inner(plan: Plan): { from: string; stages: PipelineStage[]; fields: string[] };
  /** Stages that must stand before the condition; the condition adds to them. */
  before: PipelineStage[];
}

/** A condition as a filter of $match. */
export function writeFilter(condition: Condition, context: ConditionContext): Record<string, Json> {
  switch (condition.kind) {
    case 'any':
    case 'all': {
      const items = condition.items.map((item) => writeFilter(item, context));
      return condition.kind === 'any' ? { $or: items } : mergeFilters(items);
    }
    case 'member':
      return writeMember(condition, context);
    case 'compareQuery':
      return { $expr: writeExpression(condition, context) };
    default: {
      const left = context.write(condition.left);
      if (left.path === undefined) return { $expr: writeExpression(condition, context) };
      return { [left.path]: fieldTest(condition, typeOf(condition.left, context), nativeBoolean(condition.left, context)) };
    }
  }
}

/** Filters that hold together, in one document where no field has two. */
export function mergeFilters(items: readonly Record<string, Json>[]): Record<string, Json> {
  const merged: Record<string, Json> = {};
  for (const item of items) {
    for (const [key, value] of Object.entries(item)) {
      const known = merged[key];
      if (known === undefined) merged[key] = value;
      else if (isTests(known) && isTests(value) && Object.keys(known).every((name) => !(name in value)))
        merged[key] = { ...known, ...value };
      else return { $and: [...items] };
    }
  }
  return merged;
}

const isTests = (value: Json): value is Record<string, Json> =>
  typeof value === 'object' &&
  value !== null &&
  !Array.isArray(value) &&
  Object.keys(value).every((key) => key.startsWith('$') && key !== '$date' && key !== '$oid');

type Simple = Exclude<Condition, { kind: 'any' | 'all' | 'member' | 'compareQuery' }>;

/** What a field must be. A missing value meets nothing but "is empty", as in SQL. */
function fieldTest(condition: Simple, type: ColumnType, boolean: boolean): Json {
  switch (condition.kind) {
    case 'compare': {
      const value = literal(condition.right, condition.valueType, type, boolean);
      if (condition.op === '=') return value;
      return condition.op === '<>' ? { $nin: [value, null] } : { [OPERATORS[condition.op]]: value };
    }
    case 'in': {
      const values = condition.values.map((value) => literal(value, condition.valueType, type, boolean));
      return condition.negated ? { $nin: [...values, null] } : { $in: values };
    }
    case 'like': {
      const pattern = { $regex: regexOf(condition), $options: 'i' };
      return condition.negated ? { $not: pattern, $ne: null } : pattern;
    }
    case 'null':
      return condition.negated ? { $ne: null } : null;
  }
}

function regexOf({ text, mode }: Extract<Condition, { kind: 'like' }>): string {
  const escaped = text.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&');
  return `${mode === 'starts' ? '^' : ''}${escaped}${mode === 'ends' ? '$' : ''}`;
}

/** A value of the question in the type that the field holds. */
export function literal(value: Scalar, valueType: ValueType, type: ColumnType, boolean: boolean): Json {
  if (valueType === 'boolean') return boolean ? value === true : value === true ? 1 : 0;
  if (valueType === 'number') return value;
  const text = String(value);
  if (valueType === 'date' && DATES.has(type)) return { $date: `${text.slice(0, 10)}T${text.slice(11) || '00:00:00'}Z` };
  if (type === 'objectid' && /^[0-9a-f]{24}$/i.test(text)) return { $oid: text };
  return text;
}

/** In expressions a text that begins with `$` would be a path. */
const inExpression = (value: Json): Json => (typeof value === 'string' && value.startsWith('$') ? { $literal: value } : value);

/** A condition as an expression, which is true or false. */
export function writeExpression(condition: Condition, context: ConditionContext): Json {
  switch (condition.kind) {
    case 'any':
    case 'all':
      return { [condition.kind === 'any' ? '$or' : '$and']: condition.items.map((item) => writeExpression(item, context)) };
    case 'member': {
      const { list, key } = memberList(condition, context);
      const inside = { $in: [key, list] };
      return condition.negated ? { $and: [present(key), { $not: [inside] }] } : inside;
    }
    case 'compareQuery': {
      const field = context.scope.hide();
      const { from, stages, fields } = context.inner(condition.plan);
      context.before.push({ $lookup: { from, pipeline: stages, as: field } });
      const right = { $first: `$${field}.${fields[0] ?? ''}` };
      return comparison(context.write(condition.left).value, condition.op, right, true);
    }
    case 'compare': {
      const right = literal(
        condition.right,
        condition.valueType,
        typeOf(condition.left, context),
        nativeBoolean(condition.left, context),
      );
      return comparison(context.write(condition.left).value, condition.op, inExpression(right), false);
    }
    case 'in': {
      const left = context.write(condition.left).value;
      const type = typeOf(condition.left, context);
      const values = condition.values.map((value) => inExpression(literal(value, condition.valueType, type, false)));
      const inside = { $in: [left, values] };
      return condition.negated ? { $and: [present(left), { $not: [inside] }] } : inside;
    }
    case 'like': {
      const left = context.write(condition.left).value;
      const matches = {
        $regexMatch: {
          input: { $convert: { input: left, to: 'string', onError: null, onNull: null } },
          regex: inExpression(regexOf(condition)),
          options: 'i',
        },
      };
      return condition.negated ? { $and: [present(left), { $not: [matches] }] } : matches;
    }
    case 'null': {
      const there = present(context.write(condition.left).value);
      return condition.negated ? there : { $not: [there] };
    }
  }
}

/** Missing and null are both less than everything else. */
export const present = (value: Json): Json => ({ $gt: [value, null] });

/** Nothing is compared with what isn't there. */
function comparison(left: Json, op: CompareOperator, right: Json, guardRight: boolean): Json {
  const test = { [OPERATORS[op]]: [left, right] };
  const below = op === '<' || op === '<=' || op === '<>';
  const above = op === '>' || op === '>=' || op === '<>';
  const guards = [...(below || guardRight ? [present(left)] : []), ...(guardRight && above ? [present(right)] : [])];
  return guards.length > 0 ? { $and: [...guards, test] } : test;
}

/** Whether a column's value is among those of an inner plan: looked up where the inner side has an index, else in a list of all. */
function writeMember(condition: Extract<Condition, { kind: 'member' }>, context: ConditionContext): Record<string, Json> {
  const { column, negated } = condition;
  const path = context.scope.path(column);
  const found = keyedLookup(condition, context);
  if (found === null) {
    const { list, key } = memberList(condition, context);
    const inside = { $in: [key, list] };
    return { [path]: { $ne: null }, $expr: negated ? { $not: [inside] } : inside };
  }
  const field = context.scope.hide();
  context.before.push({ $lookup: { ...found, localField: path, as: field } });
  return { [path]: { $ne: null }, [`${field}.0`]: { $exists: !negated } };
}

/** One document of the inner plan by its key; null when that would read the inner collection again for each outer document. */
function keyedLookup(
  { plan, column }: Extract<Condition, { kind: 'member' }>,
  context: ConditionContext,
): Record<string, Json> | null {
  const [select] = plan.select;
  const { index } = context.scope;
  const whole = plan.groupBy.length === 0 && plan.having.length === 0 && plan.limit === null && !plan.countRows;
  if (
    !whole ||
    select?.kind !== 'column' ||
    select.numeric ||
    select.column.table !== plan.from ||
    isArrayTable(index, plan.from)
  )
    return null;
  const table = index.byKey.get(plan.from)?.table;
  const name = select.column.column;
  const indexed = table?.primaryKey[0] === name || table?.indexes.some(({ columns }) => columns[0] === name);
  const clash = (columnOf(index, column)?.column.type === 'text') !== (columnOf(index, select.column)?.column.type === 'text');
  if (!indexed || clash) return null;
  const { from, stages } = context.inner(plan);
  const rows = stages.filter((stage) => !('$project' in stage) && !('$group' in stage));
  return { from, foreignField: name, pipeline: [...rows, { $limit: 1 }] };
}

/** The values of an inner plan as one list. */
function memberList(
  { plan, column }: Extract<Condition, { kind: 'member' }>,
  context: ConditionContext,
): { list: Json; key: Json } {
  const field = context.scope.hide();
  const { from, stages, fields } = context.inner(plan);
  const value = `$${fields[0] ?? ''}`;
  const gathered = { $group: { _id: null, values: { $addToSet: value } } };
  context.before.push({ $lookup: { from, pipeline: [...stages, gathered], as: field } });
  const left = columnOf(context.scope.index, column)?.column.type;
  const [select] = plan.select;
  const right = select?.kind === 'column' ? columnOf(context.scope.index, select.column)?.column.type : left;
  const key = `$${context.scope.path(column)}`;
  const list = { $ifNull: [{ $first: `$${field}.values` }, []] };
  if ((left === 'text') === (right === 'text')) return { list, key };
  return { list: { $map: { input: list, in: { $toString: '$$this' } } }, key: { $toString: key } };
}

export function typeOf(expression: Expression, context: Pick<ConditionContext, 'scope'>): ColumnType {
  return expression.kind === 'column' ? (columnOf(context.scope.index, expression.column)?.column.type ?? 'unknown') : 'unknown';
}

/** Documents have true and false; other fields keep 1 and 0. */
const nativeBoolean = (expression: Expression, context: ConditionContext): boolean => typeOf(expression, context) === 'boolean';
