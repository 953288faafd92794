/** Renders a typed plan through the dialect, as SQL here or as a pipeline (render-pipeline.ts). Names come from the catalogue only, values go through its literal rules. */
import type { ColumnType, Dialect, SqlPieces } from '../adapters/contract';
import { QuarryError } from '../kernel/errors';
import { type CatalogueIndex, columnOf } from './catalogue-index';
import { renderPipeline } from './render-pipeline';
import type { ColumnRef, Condition, Expression, Plan, Scalar } from './schema';

interface Scope {
  index: CatalogueIndex;
  dialect: Dialect;
  pieces: SqlPieces;
  /** Alias or table name to write before a column; empty when one table is enough. */
  names: Map<string, string>;
}

const DIRECTIONS = { asc: 'ASC', desc: 'DESC' } as const;
const FUNCTIONS = { count: 'COUNT', sum: 'SUM', avg: 'AVG', min: 'MIN', max: 'MAX' } as const;

/**
 * @returns one SELECT statement without a closing semicolon, or one pipeline
 * @throws QuarryError source.unsupported when the dialect has neither
 */
export function renderPlan(plan: Plan, index: CatalogueIndex, dialect: Dialect): string {
  if (dialect.pipeline) return renderPipeline(plan, index, dialect.pipeline);
  const pieces = dialect.sql;
  if (!pieces) throw new QuarryError('source.unsupported', `Questions cannot be turned into ${dialect.name} yet.`);
  const scope: Scope = { index, dialect, pieces, names: new Map() };
  if (!plan.countRows) return renderSelect(plan, scope);
  return `SELECT COUNT(*) AS ${dialect.quoteIdentifier('count')} FROM (${renderSelect({ ...plan, countRows: false }, scope)}) AS counted`;
}

function tableName(scope: Scope, key: string): string {
  const table = scope.index.byKey.get(key)?.table;
  return table ? scope.dialect.qualify({ schema: table.schema, name: table.name }, scope.index.catalogue.defaultSchema) : key;
}

/** Aliases are needed only when a qualified name can't stand before a column, or two tables have the same name. */
function nameTables(plan: Plan, scope: Scope): Map<string, string> {
  const keys = [plan.from, ...plan.joins.map((join) => join.table)];
  const names = new Map<string, string>();
  if (keys.length === 1) return names;
  const used = new Set<string>();
  for (const key of keys) {
    const bare = scope.index.byKey.get(key)?.table.name ?? key;
    let alias = bare;
    for (let n = 2; used.has(alias.toLowerCase()); n++) alias = `${bare}_${n}`;
    used.add(alias.toLowerCase());
    names.set(key, alias);
  }
  return names;
}

function fromClause(plan: Plan, scope: Scope): string {
  const written = (key: string): string => {
    const name = tableName(scope, key);
    const alias = scope.names.get(key);
    const quoted = alias === undefined ? name : scope.dialect.quoteIdentifier(alias);
    return alias === undefined || quoted === name ? name : `${name} AS ${quoted}`;
  };
  const joins = plan.joins.map((join) => {
    const on = join.on.map((pair) => joinCondition(pair, scope)).join(' AND ');
    return `JOIN ${written(join.table)} ON ${on}`;
  });
  return [`FROM ${written(plan.from)}`, ...joins].join('\n');
}

const NUMBERS = new Set<ColumnType>(['integer', 'bigint', 'decimal', 'double']);

/** Keys of different kinds (text against number) are compared as text, which every engine allows. */
function joinCondition(pair: { left: ColumnRef; right: ColumnRef }, scope: Scope): string {
  const left = columnOf(scope.index, pair.left)?.column.type ?? 'unknown';
  const right = columnOf(scope.index, pair.right)?.column.type ?? 'unknown';
  const clash = (left === 'text' && NUMBERS.has(right)) || (right === 'text' && NUMBERS.has(left));
  const write = (ref: ColumnRef, type: ColumnType): string =>
    clash && type !== 'text' ? scope.dialect.cast(columnName(ref, scope), 'text') : columnName(ref, scope);
  return `${write(pair.left, left)} = ${write(pair.right, right)}`;
}

function columnName(ref: ColumnRef, scope: Scope): string {
  const alias = scope.names.get(ref.table);
  const column = scope.dialect.quoteIdentifier(ref.column);
  return alias === undefined ? column : `${scope.dialect.quoteIdentifier(alias)}.${column}`;
}

function renderSelect(plan: Plan, outer: Scope): string {
  const scope: Scope = { ...outer, names: new Map() };
  scope.names = nameTables(plan, scope);
  const grouped = plan.groupBy.length > 0;
  const select = plan.select.map((expression) => `${renderExpression(expression, scope)}${aliasOf(expression, scope)}`);
  const parts = [`SELECT ${plan.distinct && !grouped ? 'DISTINCT ' : ''}${select.join(', ')}`, fromClause(plan, scope)];
  if (plan.where.length > 0)
    parts.push(`WHERE ${plan.where.map((item) => renderCondition(item, scope, plan.where.length > 1)).join(' AND ')}`);
  if (grouped) parts.push(`GROUP BY ${[...new Set(plan.groupBy.map((item) => renderExpression(item, scope)))].join(', ')}`);
  if (plan.having.length > 0)
    parts.push(`HAVING ${plan.having.map((item) => renderCondition(item, scope, plan.having.length > 1)).join(' AND ')}`);
  if (plan.orderBy.length > 0) {
    const orders = plan.orderBy.map((order) => {
      const written = renderExpression(order.expression, scope);
      const counts = order.expression.kind === 'aggregate' && order.expression.fn === 'count';
      return counts ? `${written} ${DIRECTIONS[order.direction]}` : scope.pieces.nullsLast(written, order.direction);
    });
    parts.push(`ORDER BY ${orders.join(', ')}`);
  }
  if (plan.limit !== null) parts.push(`LIMIT ${plan.limit}`);
  return parts.join('\n');
}

/** Computed columns get a readable name; plain columns keep theirs. */
function aliasOf(expression: Expression, scope: Scope): string {
  const quoted = (name: string): string => ` AS ${scope.dialect.quoteIdentifier(name)}`;
  if (expression.kind === 'aggregate') {
    if (!expression.column || expression.fn === 'count') return quoted('count');
    if (expression.times) return quoted('total_value');
    const prefix = { sum: 'total', avg: 'average', min: 'lowest', max: 'highest', count: 'count' }[expression.fn];
    const name = expression.column.column.toLowerCase();
    return quoted(name.startsWith(prefix) ? name : `${prefix}_${name}`);
  }
  if (expression.kind === 'period') return quoted(expression.unit);
  if (expression.kind === 'arithmetic') return quoted(expression.op === '-' ? 'difference' : 'ratio');
  if (expression.kind === 'percentage') return quoted('percentage');
  return '';
}

export function renderExpression(expression: Expression, scope: Scope): string {
  switch (expression.kind) {
    case 'column': {
      const name = columnName(expression.column, scope);
      return expression.numeric ? scope.dialect.cast(name, 'decimal') : name;
    }
    case 'aggregate': {
      if (!expression.column) return 'COUNT(*)';
      const name = columnName(expression.column, scope);
      const bare = expression.numeric ? scope.dialect.cast(name, 'decimal') : name;
      const argument = expression.times ? `${bare} * ${columnName(expression.times, scope)}` : bare;
      return `${FUNCTIONS[expression.fn]}(${expression.distinct ? 'DISTINCT ' : ''}${argument})`;
    }
    case 'period':
      return scope.pieces.truncateDate(columnName(expression.column, scope), expression.unit, typeOf(expression.column, scope));
    case 'arithmetic': {
      const left = renderExpression(expression.left, scope);
      const right = renderExpression(expression.right, scope);
      return expression.op === '-' ? `${left} - ${right}` : scope.pieces.divide(left, right);
    }
    case 'percentage':
      return scope.pieces.divide(
        `100 * SUM(CASE WHEN ${renderCondition(expression.condition, scope, false)} THEN 1 ELSE 0 END)`,
        'COUNT(*)',
      );
  }
}

function typeOf(ref: ColumnRef, scope: Scope): ColumnType {
  return columnOf(scope.index, ref)?.column.type ?? 'unknown';
}

function literal(value: Scalar, valueType: 'text' | 'number' | 'date' | 'boolean', left: Expression, scope: Scope): string {
  if (valueType === 'boolean') return renderBoolean(value === true, left, scope);
  if (valueType === 'number') return String(value);
  const text = String(value);
  const type = left.kind === 'column' ? typeOf(left.column, scope) : 'text';
  if (valueType === 'date' && type !== 'text') return scope.pieces.literalDate(text);
  return scope.pieces.literalString(text);
}

/** Engines without a boolean type keep 0 and 1. */
function renderBoolean(value: boolean, left: Expression, scope: Scope): string {
  const native = left.kind === 'column' ? columnOf(scope.index, left.column)?.column.nativeType.toLowerCase() : '';
  const lone = native === 'boolean' && scope.index.catalogue.defaultSchema !== undefined;
  return lone ? (value ? 'TRUE' : 'FALSE') : value ? '1' : '0';
}

function renderCondition(condition: Condition, scope: Scope, nested: boolean): string {
  switch (condition.kind) {
    case 'compare': {
      const left = renderExpression(condition.left, scope);
      return `${left} ${condition.op} ${literal(condition.right, condition.valueType, condition.left, scope)}`;
    }
    case 'compareQuery':
      return `${renderExpression(condition.left, scope)} ${condition.op} (${renderSelect(condition.plan, scope)})`;
    case 'in': {
      const values = condition.values.map((value) => literal(value, condition.valueType, condition.left, scope));
      return `${renderExpression(condition.left, scope)} ${condition.negated ? 'NOT IN' : 'IN'} (${values.join(', ')})`;
    }
    case 'like':
      return renderLike(condition, scope);
    case 'null':
      return `${renderExpression(condition.left, scope)} IS ${condition.negated ? 'NOT ' : ''}NULL`;
    case 'member':
      return renderMember(condition, scope);
    case 'any':
    case 'all': {
      const glue = condition.kind === 'any' ? ' OR ' : ' AND ';
      const text = condition.items.map((item) => renderCondition(item, scope, true)).join(glue);
      return nested && condition.items.length > 1 ? `(${text})` : text;
    }
  }
}

function renderLike(condition: Extract<Condition, { kind: 'like' }>, scope: Scope): string {
  const left = renderExpression(condition.left, scope);
  if (condition.mode === 'contains') {
    const text = scope.pieces.containsIgnoreCase(left, scope.pieces.literalString(condition.text));
    return condition.negated ? `NOT (${text})` : text;
  }
  const escaped = condition.text.toLowerCase().replace(/[%_\\]/g, '\\$&');
  const pattern = scope.pieces.literalString(condition.mode === 'starts' ? `${escaped}%` : `%${escaped}`);
  const escaping = escaped === condition.text.toLowerCase() ? '' : ` ESCAPE ${scope.pieces.literalString('\\')}`;
  return `LOWER(${left}) ${condition.negated ? 'NOT LIKE' : 'LIKE'} ${pattern}${escaping}`;
}

/** NOT IN is never true once the list holds a NULL, so NULLs are taken out of it. */
function renderMember(condition: Extract<Condition, { kind: 'member' }>, scope: Scope): string {
  const inner = condition.plan.select[0];
  const column = inner?.kind === 'column' ? columnOf(scope.index, inner.column)?.column : undefined;
  const guarded: Plan =
    condition.negated &&
    inner &&
    (column?.nullable ?? true) &&
    condition.plan.limit === null &&
    condition.plan.groupBy.length === 0
      ? { ...condition.plan, where: [...condition.plan.where, { kind: 'null', left: inner, negated: true }] }
      : condition.plan;
  return `${columnName(condition.column, scope)} ${condition.negated ? 'NOT IN' : 'IN'} (${renderSelect(guarded, scope)})`;
}
