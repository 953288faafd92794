/** Says a plan in words: what was understood, so that a person can see whether it was meant. */
import { type CatalogueIndex, columnOf } from './catalogue-index';
import type { ColumnRef, CompareOperator, Condition, Expression, Plan } from './schema';

const AGGREGATES = { count: 'number', sum: 'total', avg: 'average', min: 'lowest', max: 'highest' } as const;
const OPERATORS: Record<CompareOperator, string> = {
  '=': 'is',
  '<>': 'is not',
  '<': 'is less than',
  '<=': 'is at most',
  '>': 'is more than',
  '>=': 'is at least',
};

function list(items: readonly string[]): string {
  if (items.length < 2) return items[0] ?? '';
  return `${items.slice(0, -1).join(', ')} and ${items.at(-1)}`;
}

class Words {
  constructor(
    private readonly index: CatalogueIndex,
    private readonly several: boolean,
  ) {}

  table(key: string): string {
    return this.index.byKey.get(key)?.display ?? key;
  }

  column(ref: ColumnRef): string {
    const name = columnOf(this.index, ref)?.display ?? ref.column;
    const table = this.table(ref.table);
    return this.several && !name.startsWith(table) ? `${table} ${name}` : name;
  }

  expression(expression: Expression): string {
    switch (expression.kind) {
      case 'column':
        return this.column(expression.column);
      case 'aggregate':
        if (!expression.column) return 'number of rows';
        if (expression.fn === 'count')
          return `number of ${expression.distinct ? 'different ' : ''}${this.column(expression.column)}`;
        return `${AGGREGATES[expression.fn]} ${this.column(expression.column)}`;
      case 'period':
        return `${expression.unit} of ${this.column(expression.column)}`;
      case 'arithmetic':
        return `${this.expression(expression.left)} ${expression.op === '-' ? 'minus' : 'divided by'} ${this.expression(expression.right)}`;
      case 'percentage':
        return `percentage where ${this.condition(expression.condition)}`;
    }
  }

  condition(condition: Condition): string {
    switch (condition.kind) {
      case 'compare': {
        const value =
          typeof condition.right === 'string' && condition.valueType === 'text'
            ? `"${condition.right}"`
            : String(condition.right);
        const dated =
          condition.valueType === 'date' ? { '<': 'is before', '>=': 'is on or after' }[condition.op as '<' | '>='] : undefined;
        return `${this.expression(condition.left)} ${dated ?? OPERATORS[condition.op]} ${value}`;
      }
      case 'compareQuery':
        return `${this.expression(condition.left)} ${OPERATORS[condition.op]} the ${list(condition.plan.select.map((item) => this.expression(item)))}`;
      case 'in':
        return `${this.expression(condition.left)} is ${condition.negated ? 'none' : 'one'} of ${list(condition.values.map((value) => `"${value}"`))}`;
      case 'like': {
        const mode = { contains: 'contains', starts: 'starts with', ends: 'ends with' }[condition.mode];
        return `${this.expression(condition.left)} ${condition.negated ? `does not ${mode.replace(/s\b/, '')}` : mode} "${condition.text}"`;
      }
      case 'null':
        return `${this.expression(condition.left)} is ${condition.negated ? 'not ' : ''}empty`;
      case 'member': {
        const inner = condition.plan.where.map((item) => this.condition(item));
        const what = [condition.plan.from, ...condition.plan.joins.map((join) => join.table)].map((key) => this.table(key));
        const top = condition.plan.orderBy[0];
        const by = top ? ` with the ${top.direction === 'desc' ? 'highest' : 'lowest'} ${this.expression(top.expression)}` : '';
        return `${condition.negated ? 'there is no' : 'there is a'} ${[...new Set(what)].join(' with ')}${by}${inner.length > 0 ? ` where ${list(inner)}` : ''}`;
      }
      case 'any':
        return condition.items.map((item) => this.condition(item)).join(' or ');
      case 'all':
        return list(condition.items.map((item) => this.condition(item)));
    }
  }
}

/** @returns one sentence that says what the plan answers */
export function explainPlan(plan: Plan, index: CatalogueIndex): string {
  const words = new Words(index, plan.joins.length > 0);
  const shown = plan.select.map((item) => words.expression(item));
  const parts: string[] = [];
  const tables = [plan.from, ...plan.joins.map((join) => join.table)].map((key) => words.table(key));
  parts.push(
    plan.countRows
      ? `The number of groups of ${tables[0]}`
      : `The ${plan.distinct ? 'different ' : ''}${list(shown)} of ${tables.join(' with ')}`,
  );
  if (plan.where.length > 0) parts.push(`where ${plan.where.map((item) => words.condition(item)).join(', and ')}`);
  const groups = plan.groupBy.filter((item) => plan.select.some((known) => JSON.stringify(known) === JSON.stringify(item)));
  const aggregated =
    plan.select.some((item) => item.kind === 'aggregate') ||
    plan.having.length > 0 ||
    plan.orderBy.some((order) => order.expression.kind === 'aggregate');
  if (plan.groupBy.length > 0 && aggregated)
    parts.push(`for each ${list((groups.length > 0 ? groups : plan.groupBy).map((item) => words.expression(item)))}`);
  if (plan.having.length > 0) parts.push(`where the ${list(plan.having.map((item) => words.condition(item)))}`);
  if (plan.orderBy.length > 0)
    parts.push(
      `ordered by ${list(plan.orderBy.map((order) => `${words.expression(order.expression)}, ${order.direction === 'desc' ? 'highest' : 'lowest'} first`))}`,
    );
  if (plan.limit !== null) parts.push(plan.limit === 1 ? 'only the first' : `only the first ${plan.limit}`);
  return `${parts.join(', ').replace(/, (where|for each)/g, ' $1')}.`;
}
