/** Says a plan in words: what was understood, so that a person can see whether it was meant. */
import { type CatalogueIndex, columnOf } from './catalogue-index';
import type { ColumnRef, CompareOperator, Condition, Expression, Order, Plan } from './schema';
import { singular } from './words';

const AGGREGATES = { count: 'number of', sum: 'total', avg: 'average', min: 'lowest', max: 'highest' } as const;
const DATE_AGGREGATES = { ...AGGREGATES, min: 'earliest', max: 'latest' } as const;
const OPERATORS: Record<CompareOperator, string> = {
  '=': 'is',
  '<>': 'is not',
  '<': 'is less than',
  '<=': 'is at most',
  '>': 'is more than',
  '>=': 'is at least',
};

/** @returns the plan as one phrase with a full stop: "Total amount of payments per month where the method is "card"." */
export function explainPlan(plan: Plan, index: CatalogueIndex): string {
  const words = new Words(plan, index);
  const phrase = [words.subject(), words.groups(), words.conditions(), words.having(), words.order()].filter(Boolean).join(' ');
  return `${capitalise(phrase.replace(/ ,/g, ','))}.`;
}

class Words {
  private readonly several: boolean;

  constructor(
    private readonly plan: Plan,
    private readonly index: CatalogueIndex,
  ) {
    this.several = plan.joins.length > 0;
  }

  subject(): string {
    const { plan } = this;
    if (plan.countRows) return `number of different groups of ${this.table(plan.from)}`;
    const figures = plan.select.filter((item) => !isPlain(item));
    if (figures.length > 0) return `${list(figures.map((item) => this.figure(item)))}${this.owner(figures)}`;
    return this.listed();
  }

  /** What a list without figures shows: "customers" for their names, else "price and name of products". */
  private listed(): string {
    const { select, distinct, from } = this.plan;
    const columns = select.flatMap((item) => (item.kind === 'column' ? [item.column] : []));
    const tables = new Set(columns.map((column) => column.table));
    const [only] = tables;
    const different = distinct ? 'different ' : '';
    if (tables.size === 1 && only !== undefined && columns.length === select.length) {
      const labels = this.index.byKey.get(only)?.label.map((label) => label.ref.column) ?? [];
      if (this.plan.rows || columns.every((column) => labels.includes(column.column))) {
        return this.plan.limit === 1 ? singular(this.table(only)) : `${different}${this.table(only)}`;
      }
      return `${different}${list(columns.map((column) => this.bare(column)))} of ${this.table(only)}`;
    }
    return `${different}${list(select.map((item) => this.expression(item)))} of ${this.table(from)}`;
  }

  /** " of payments", when the figures don't name their table already. */
  private owner(figures: Expression[]): string {
    const tables = new Set(figures.flatMap((item) => (item.kind === 'aggregate' && item.column ? [item.column.table] : [])));
    const counts = figures.every((item) => item.kind === 'aggregate' && item.fn === 'count');
    const [only] = tables;
    return !counts && tables.size === 1 && only !== undefined ? ` of ${this.table(only)}` : '';
  }

  groups(): string {
    const { groupBy, select, having, orderBy, distinct } = this.plan;
    const aggregated =
      [...select, ...orderBy.map((order) => order.expression)].some((item) => !isPlain(item)) || having.length > 0;
    if (groupBy.length === 0 || !aggregated || distinct || !select.some((item) => !isPlain(item))) return '';
    return `per ${list(this.groupNames(groupBy))}`;
  }

  /** Columns that only name one row of a table stand for the row: "per customer". */
  private groupNames(groupBy: Expression[]): string[] {
    const keyed = new Set<string>();
    for (const item of groupBy) {
      if (item.kind !== 'column') continue;
      const table = this.index.byKey.get(item.column.table);
      if (table?.table.primaryKey.includes(item.column.column)) keyed.add(table.key);
    }
    const names = groupBy.map((item) => {
      if (item.kind === 'period') return item.unit;
      if (item.kind === 'column' && keyed.has(item.column.table)) return singular(this.table(item.column.table));
      return this.expression(item);
    });
    return [...new Set(names)];
  }

  conditions(): string {
    return this.plan.where.length > 0 ? `where ${this.plan.where.map((item) => this.condition(item)).join(' and ')}` : '';
  }

  having(): string {
    return this.plan.having.length > 0
      ? `with ${list(this.plan.having.map((item) => this.condition(item).replace(/^(.*?) is /, '$1 ')))}`
      : '';
  }

  order(): string {
    const [first] = this.plan.orderBy;
    const { limit } = this.plan;
    if (!first) return limit === null ? '' : `, ${limit} of them`;
    const by = this.ordered(first);
    if (limit === 1) return `with the ${this.extreme(first)} ${by}`;
    if (limit !== null) return `, ${limit} with the ${this.extreme(first)} ${by}`;
    // A series over time is in the order that one expects.
    if (first.expression.kind === 'period') return '';
    return `, ${this.extreme(first)} ${by} first`;
  }

  private ordered({ expression }: Order): string {
    return expression.kind === 'column' ? this.bare(expression.column) : this.figure(expression);
  }

  private extreme({ expression, direction }: Order): string {
    if (expression.kind === 'column' && this.isDate(expression.column)) return direction === 'desc' ? 'latest' : 'earliest';
    return direction === 'desc' ? 'highest' : 'lowest';
  }

  private isDate(ref: ColumnRef): boolean {
    const role = columnOf(this.index, ref)?.role;
    return role === 'date' || role === 'year';
  }

  private table(key: string): string {
    return this.index.byKey.get(key)?.display ?? key;
  }

  private bare(ref: ColumnRef): string {
    return columnOf(this.index, ref)?.display ?? ref.column;
  }

  private column(ref: ColumnRef): string {
    const name = this.bare(ref);
    const table = singular(this.table(ref.table));
    return this.several && !name.startsWith(table) ? `${table} ${name}` : name;
  }

  /** A figure without the table it belongs to. */
  private figure(expression: Expression): string {
    if (expression.kind !== 'aggregate') return this.expression(expression);
    const { fn, column, distinct } = expression;
    if (!column) return `number of ${this.table(this.plan.from)}`;
    if (fn === 'count') return `number of ${this.counted(column, distinct === true)}`;
    const word = (this.isDate(column) ? DATE_AGGREGATES : AGGREGATES)[fn];
    const name = this.bare(column);
    if (column && expression.times) return `${word} ${this.bare(expression.times)} times ${name}`;
    // "total amount" added up is still the total amount.
    return name.startsWith(`${word} `) ? name : `${word} ${name}`;
  }

  private counted(column: ColumnRef, distinct: boolean): string {
    const known = columnOf(this.index, column);
    if (known?.isKey && this.index.byKey.get(column.table)?.table.primaryKey.includes(column.column))
      return this.table(column.table);
    return `${distinct ? 'different ' : ''}${this.bare(column)} values`;
  }

  private expression(expression: Expression): string {
    switch (expression.kind) {
      case 'column':
        return this.column(expression.column);
      case 'aggregate':
        return this.figure(expression);
      case 'period':
        return expression.unit;
      case 'arithmetic':
        if (isAverageCount(expression)) return this.averageCount(expression);
        return `${this.expression(expression.left)} ${expression.op === '-' ? 'minus' : 'divided by'} ${this.expression(expression.right)}`;
      case 'percentage':
        return `percentage where ${this.condition(expression.condition)}`;
    }
  }

  /** "average number of orders per customer". */
  private averageCount({ left, right }: Extract<Expression, { kind: 'arithmetic' }>): string {
    const per =
      right.kind === 'aggregate' && right.column ? singular(this.counted(right.column, false).replace(/ values$/, '')) : '';
    return `average ${this.figure(left)} per ${per}`;
  }

  private condition(condition: Condition): string {
    switch (condition.kind) {
      case 'compare':
        return this.comparison(condition);
      case 'compareQuery': {
        const inner = new Words(condition.plan, this.index);
        return `${this.expression(condition.left)} ${OPERATORS[condition.op]} the ${list(condition.plan.select.map((item) => inner.expression(item)))}`;
      }
      case 'in':
        return `${this.expression(condition.left)} is ${condition.negated ? 'none' : 'one'} of ${list(condition.values.map((value) => `"${value}"`))}`;
      case 'like': {
        const mode = { contains: 'contains', starts: 'starts with', ends: 'ends with' }[condition.mode];
        return `${this.expression(condition.left)} ${condition.negated ? `does not ${mode.replace(/s\b/, '')}` : mode} "${condition.text}"`;
      }
      case 'null':
        return `${this.expression(condition.left)} is ${condition.negated ? 'not ' : ''}empty`;
      case 'member':
        return this.membership(condition);
      case 'any':
        return condition.items.map((item) => this.condition(item)).join(' or ');
      case 'all':
        return this.range(condition.items) ?? list(condition.items.map((item) => this.condition(item)));
    }
  }

  /** "ordered at is in October 2026" for its first day and the day after its last. */
  private range(items: readonly Condition[]): string | null {
    const [low, high] = items;
    if (items.length !== 2 || low?.kind !== 'compare' || high?.kind !== 'compare') return null;
    if (low.valueType !== high.valueType || low.op !== '>=' || JSON.stringify(low.left) !== JSON.stringify(high.left))
      return null;
    if (low.valueType === 'number' && high.op === '<=')
      return `${this.expression(low.left)} is between ${low.right} and ${high.right}`;
    if (low.valueType !== 'date' || high.op !== '<') return null;
    return `${this.expression(low.left)} is ${periodWords(String(low.right), String(high.right))}`;
  }

  private comparison({ left, op, right, valueType }: Extract<Condition, { kind: 'compare' }>): string {
    const value = typeof right === 'string' && valueType === 'text' ? `"${right}"` : String(right);
    const dated = valueType === 'date' ? { '<': 'is before', '>=': 'is on or after' }[op as '<' | '>='] : undefined;
    return `${this.expression(left)} ${dated ?? OPERATORS[op]} ${value}`;
  }

  private membership({ plan, negated }: Extract<Condition, { kind: 'member' }>): string {
    const inner = new Words(plan, this.index);
    // The table that was asked for comes last on the way to it: "no returns" goes over the order items.
    const wanted = plan.joins.at(-1)?.table ?? plan.from;
    const [top] = plan.orderBy;
    const by = top ? ` with the ${inner.extreme(top)} ${inner.ordered(top)}` : '';
    const where = plan.where.length > 0 ? ` where ${plan.where.map((item) => inner.condition(item)).join(' and ')}` : '';
    return `there are ${negated ? 'no ' : ''}${this.table(wanted)}${by}${where}`;
  }
}

const isAverageCount = ({ op, right }: Extract<Expression, { kind: 'arithmetic' }>): boolean =>
  op === '/' && right.kind === 'aggregate' && right.fn === 'count' && right.distinct === true;

const isPlain = (expression: Expression): boolean => expression.kind === 'column' || expression.kind === 'period';

function list(items: readonly string[]): string {
  if (items.length < 2) return items[0] ?? '';
  return `${items.slice(0, -1).join(', ')} and ${items.at(-1)}`;
}

const capitalise = (text: string): string => (text[0]?.toUpperCase() ?? '') + text.slice(1);

const MONTHS = 'January February March April May June July August September October November December'.split(' ');

/** A half-open range of days: "in 2025", "in October 2026", "in the second quarter of 2026", "on 2026-10-31", else its first and last day. */
function periodWords(from: string, to: string): string {
  const [first, next] = [new Date(`${from.slice(0, 10)}T00:00:00Z`), new Date(`${to.slice(0, 10)}T00:00:00Z`)];
  const months = (next.getUTCFullYear() - first.getUTCFullYear()) * 12 + next.getUTCMonth() - first.getUTCMonth();
  const year = first.getUTCFullYear();
  const month = first.getUTCMonth();
  if (first.getUTCDate() === 1 && next.getUTCDate() === 1) {
    if (months === 12 && month === 0) return `in ${year}`;
    if (months === 1) return `in ${MONTHS[month]} ${year}`;
    if (months === 3 && month % 3 === 0) return `in quarter ${month / 3 + 1} of ${year}`;
  }
  const last = new Date(next.getTime() - 86_400_000).toISOString().slice(0, 10);
  return last === from.slice(0, 10) ? `on ${last}` : `from ${from.slice(0, 10)} to ${last}`;
}
