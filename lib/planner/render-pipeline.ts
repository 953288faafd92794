/** Renders a typed plan as the stages of a pipeline over documents. Names come from the catalogue only, values never become operators. */
import type { PipelineStage, PipelineWriter } from '../adapters/contract';
import { type CatalogueIndex, columnOf } from './catalogue-index';
import { type ConditionContext, mergeFilters, present, type Written, writeExpression, writeFilter } from './pipeline-conditions';
import { PipelineScope } from './pipeline-scope';
import { refsOf } from './plan-parts';
import type { ColumnRef, Condition, DateUnit, Expression, Order, Plan } from './schema';

type Json = unknown;
type Aggregate = Extract<Expression, { kind: 'aggregate' }>;

/** @returns one read-only query in the dialect's words */
export function renderPipeline(plan: Plan, index: CatalogueIndex, writer: PipelineWriter): string {
  const scope = new PipelineScope(index);
  const { stages } = new Renderer(scope).render(plan);
  return writer.text(scope.collection(plan), stages);
}

class Renderer {
  private readonly stages: PipelineStage[] = [];

  constructor(private readonly scope: PipelineScope) {}

  /** @returns the stages, and the names of the fields that each document is left with, in the order of the plan's columns */
  render(plan: Plan): { stages: PipelineStage[]; fields: string[] } {
    const grouped = plan.groupBy.length > 0;
    const aggregated =
      grouped ||
      plan.having.length > 0 ||
      plan.select.some(isFigure) ||
      plan.orderBy.some(({ expression }) => isFigure(expression));
    this.rows(plan);
    const fields = aggregated ? this.groups(plan) : this.list(plan);
    if (!plan.countRows) return { stages: this.stages, fields };
    this.stages.push({ $group: { _id: null, count: { $sum: 1 } } }, ...oneRow({ count: 0 }));
    return { stages: this.stages, fields: ['count'] };
  }

  /** Joined and filtered documents; what only needs the first collection comes before any join. */
  private rows(plan: Plan): void {
    this.stages.push(...this.scope.start(plan.from));
    const early = plan.where.filter((condition) => isAbout(condition, plan.from));
    this.match(early);
    for (const join of plan.joins) this.stages.push(...this.scope.join(join));
    this.match(plan.where.filter((condition) => !early.includes(condition)));
  }

  private match(conditions: readonly Condition[], write: (expression: Expression) => Written = this.write): void {
    const written = conditions.map((condition) => {
      const context = this.context(write);
      return { filter: writeFilter(condition, context), before: context.before };
    });
    // What needs no other collection leaves fewer documents for what does.
    const plain = written.filter(({ before }) => before.length === 0).map(({ filter }) => filter);
    if (plain.length > 0) this.stages.push({ $match: mergeFilters(plain) });
    for (const { filter, before } of written) if (before.length > 0) this.stages.push(...before, { $match: filter });
  }

  private context(write: (expression: Expression) => Written): ConditionContext {
    return { scope: this.scope, write, before: [], inner: (plan) => this.inner(plan) };
  }

  private inner(plan: Plan): ReturnType<ConditionContext['inner']> {
    const scope = new PipelineScope(this.scope.index);
    const made = new Renderer(scope).render(plan);
    return { from: scope.collection(plan).name, ...made };
  }

  /** An expression over single rows. */
  private readonly write = (expression: Expression): Written => {
    switch (expression.kind) {
      case 'column': {
        const path = this.scope.path(expression.column);
        return expression.numeric ? { value: asNumber(`$${path}`) } : { value: `$${path}`, path };
      }
      case 'period':
        return { value: this.period(expression) };
      case 'arithmetic':
        return { value: arithmetic(expression.op, this.write(expression.left).value, this.write(expression.right).value) };
      default:
        // Figures are read from groups; a row has none.
        return { value: null };
    }
  };

  /** What sorts by time and reads as people write it: 2026, 2026-Q4, 2026-10, the Monday of a week, a day. */
  private period({ unit, column }: Extract<Expression, { kind: 'period' }>): Json {
    const path = `$${this.scope.path(column)}`;
    const date = this.scope.isUniform(column, 'timestamptz', 'timestamp', 'date')
      ? path
      : { $convert: { input: path, to: 'date', onError: null, onNull: null } };
    if (unit === 'week')
      return { $dateToString: { date: { $dateTrunc: { date, unit: 'week', startOfWeek: 'monday' } }, format: '%Y-%m-%d' } };
    if (unit !== 'quarter') return { $dateToString: { date, format: FORMATS[unit] } };
    const quarter = { $toString: { $toInt: { $ceil: { $divide: [{ $month: date }, 3] } } } };
    return { $concat: [{ $dateToString: { date, format: '%Y-Q' } }, quarter] };
  }

  // ---------------------------------------------------------------- lists

  private list(plan: Plan): string[] {
    const names = this.names(plan.select);
    const columns = plan.select.map((expression, at) => ({ name: names[at] ?? '', value: this.write(expression).value }));
    if (plan.distinct) {
      this.stages.push({ $group: { _id: Object.fromEntries(columns.map(({ name, value }) => [safe(name), orNull(value)])) } });
      const of = (expression: Expression): Written => {
        const at = plan.select.findIndex((item) => sameExpression(item, expression));
        const path = `_id.${safe(names[at] ?? '')}`;
        return { value: `$${path}`, path };
      };
      this.order(plan.orderBy, of);
      this.limit(plan);
      this.project(columns.map(({ name }) => ({ name, value: `$_id.${safe(name)}` })));
      return names;
    }
    this.order(plan.orderBy, this.write);
    this.limit(plan);
    this.project(columns);
    return names;
  }

  private limit(plan: Plan): void {
    if (plan.limit !== null) this.stages.push({ $limit: plan.limit });
  }

  /** The last stage: exactly the plan's columns. */
  private project(columns: readonly { name: string; value: Json }[]): void {
    const fields = Object.fromEntries(columns.map(({ name, value }) => [name, value]));
    this.stages.push({ $project: '_id' in fields ? fields : { _id: 0, ...fields } });
  }

  /** Nulls come last; they are the least here, so only an ascending order has to be told. */
  private order(orders: readonly Order[], write: (expression: Expression) => Written): void {
    if (orders.length === 0) return;
    const computed: Record<string, Json> = {};
    const sort: Record<string, 1 | -1> = {};
    for (const { expression, direction } of orders) {
      const written = write(expression);
      const path = written.path ?? this.scope.hide();
      if (written.path === undefined) computed[path] = written.value;
      if (direction === 'asc' && this.mayBeEmpty(expression)) {
        const last = this.scope.hide();
        computed[last] = { $cond: [present(written.value), 0, 1] };
        sort[last] = 1;
      }
      sort[path] = direction === 'asc' ? 1 : -1;
    }
    if (Object.keys(computed).length > 0) this.stages.push({ $set: computed });
    this.stages.push({ $sort: sort });
  }

  private mayBeEmpty(expression: Expression): boolean {
    if (expression.kind === 'aggregate' && expression.fn === 'count') return false;
    return refsOf(expression).some((ref) => columnOf(this.scope.index, ref)?.column.nullable ?? true);
  }

  // ---------------------------------------------------------------- groups

  private groups(plan: Plan): string[] {
    const groups = new Groups(this.scope, this.write, (condition) => {
      const context = this.context(this.write);
      const written = writeExpression(condition, context);
      this.stages.push(...context.before);
      return written;
    });
    const keys = plan.groupBy.filter((item, at) => plan.groupBy.findIndex((other) => sameExpression(other, item)) === at);
    groups.keys(keys, this.names(keys));
    const names = this.names(plan.select);
    const columns = plan.select.map((expression, at) => ({ name: names[at] ?? '', value: groups.value(expression, names[at]) }));
    const orders = plan.orderBy.map((order) => ({ ...order, written: groups.written(order.expression) }));
    // Having may need figures that aren't shown; they are asked for before the group is written.
    for (const condition of plan.having) forEachExpression(condition, (expression) => groups.written(expression));
    this.stages.push(groups.stage());
    this.match(plan.having, (expression) => groups.written(expression));
    this.order(orders, (expression) => groups.written(expression));
    this.limit(plan);
    this.project(columns);
    if (keys.length === 0 && plan.having.length === 0)
      this.stages.push(
        ...oneRow(Object.fromEntries(plan.select.map((expression, at) => [names[at] ?? '', isCount(expression) ? 0 : null]))),
      );
    return names;
  }

  // ---------------------------------------------------------------- names

  /** Names of the columns, as SQL would give them; a second one of the same name has its table before it. */
  private names(select: readonly Expression[]): string[] {
    const used = new Set<string>();
    return select.map((expression) => {
      const wanted = this.nameOf(expression, used);
      let name = wanted;
      for (let n = 2; used.has(name); n++) name = `${wanted}_${n}`;
      used.add(name);
      return name;
    });
  }

  private nameOf(expression: Expression, used: ReadonlySet<string>): string {
    if (expression.kind === 'aggregate') return aggregateName(expression);
    if (expression.kind === 'period') return expression.unit;
    if (expression.kind === 'arithmetic') return expression.op === '-' ? 'difference' : 'ratio';
    if (expression.kind === 'percentage') return 'percentage';
    const { table, column } = expression.column;
    const last = column.split('.').at(-1) ?? column;
    const bare = last.startsWith('$') || last === '' ? 'value' : last;
    if (!used.has(bare)) return bare;
    const owner = (this.scope.index.byKey.get(table)?.table.name ?? table).replace(/[.$\0]/g, '_');
    return column.includes('.') ? column.replace(/[.$]/g, '_') : `${owner}_${bare}`;
  }
}

const FORMATS: Record<Exclude<DateUnit, 'week' | 'quarter'>, string> = { year: '%Y', month: '%Y-%m', day: '%Y-%m-%d' };

function aggregateName({ fn, column, times }: Aggregate): string {
  if (!column || fn === 'count') return 'count';
  if (times) return 'total_value';
  const prefix = { sum: 'total', avg: 'average', min: 'lowest', max: 'highest' }[fn];
  const name = (column.column.split('.').at(-1) ?? column.column).toLowerCase();
  return name.startsWith(prefix) ? name : `${prefix}_${name}`;
}

/** Figures of groups: each is added up once, whether it is shown, compared or sorted by. */
class Groups {
  private id: Json = null;
  private readonly places = new Map<string, string>();
  private readonly accumulators: Record<string, Json> = {};
  private readonly figures = new Map<string, Written>();

  constructor(
    private readonly scope: PipelineScope,
    private readonly row: (expression: Expression) => Written,
    private readonly condition: (condition: Condition) => Json,
  ) {}

  keys(expressions: readonly Expression[], names: readonly string[]): void {
    const [only] = expressions;
    if (!only) return;
    if (expressions.length === 1) {
      this.id = this.row(only).value;
      this.places.set(JSON.stringify(only), '_id');
      return;
    }
    this.id = Object.fromEntries(expressions.map((item, at) => [safe(names[at] ?? ''), orNull(this.row(item).value)]));
    for (const [at, item] of expressions.entries()) this.places.set(JSON.stringify(item), `_id.${safe(names[at] ?? '')}`);
  }

  stage(): PipelineStage {
    return { $group: { _id: this.id, ...this.accumulators } };
  }

  value(expression: Expression, name?: string): Json {
    return this.written(expression, name).value;
  }

  /** Where an expression is found in a group; figures that it needs are added. */
  written(expression: Expression, name?: string): Written {
    const text = JSON.stringify(expression);
    const place = this.places.get(text);
    if (place !== undefined) return { value: `$${place}`, path: place };
    const known = this.figures.get(text);
    if (known) return known;
    const made = this.figure(expression, name);
    this.figures.set(text, made);
    return made;
  }

  private figure(expression: Expression, name?: string): Written {
    switch (expression.kind) {
      case 'aggregate':
        return this.aggregate(expression, name ?? aggregateName(expression));
      case 'arithmetic':
        return { value: arithmetic(expression.op, this.value(expression.left), this.value(expression.right)) };
      case 'percentage': {
        const hits = this.add('matching', { $sum: { $cond: [this.condition(expression.condition), 1, 0] } });
        const all = this.add('all', { $sum: 1 });
        return { value: arithmetic('/', { $multiply: [100, `$${hits}`] }, `$${all}`) };
      }
      default: {
        // A column that its group determines.
        const path = this.add(name ?? 'value', { $first: this.row(expression).value });
        return { value: `$${path}`, path };
      }
    }
  }

  private add(name: string, accumulator: Json): string {
    let field = safe(name === '_id' ? 'id' : name);
    for (let n = 2; field in this.accumulators; n++) field = `${safe(name)}_${n}`;
    this.accumulators[field] = accumulator;
    return field;
  }

  private aggregate(expression: Aggregate, name: string): Written {
    const { fn, column, times, distinct } = expression;
    if (!column) {
      const path = this.add(name, { $sum: 1 });
      return { value: `$${path}`, path };
    }
    const field = this.row({ kind: 'column', column, ...(expression.numeric ? { numeric: true } : {}) }).value;
    const input = times ? { $multiply: [this.factor(column), this.factor(times)] } : field;
    if (fn === 'count' && distinct) {
      const path = this.add(name, { $addToSet: orNull(input) });
      return { value: { $size: { $setDifference: [`$${path}`, [null]] } } };
    }
    if (fn === 'count') {
      const path = this.add(name, { $sum: { $cond: [present(input), 1, 0] } });
      return { value: `$${path}`, path };
    }
    if (distinct) {
      const path = this.add(name, { $addToSet: input });
      return { value: { [`$${fn}`]: `$${path}` } };
    }
    const path = this.add(name, { [`$${fn}`]: input });
    if (fn !== 'sum' || !this.mayBeEmpty(expression)) return { value: `$${path}`, path };
    // The sum of nothing is nothing, not zero.
    const some = this.add(`${name}_values`, { $sum: { $cond: [present(input), 1, 0] } });
    return { value: { $cond: [{ $gt: [`$${some}`, 0] }, `$${path}`, null] } };
  }

  /** A product of something else than numbers is an error, where a sum leaves it out. */
  private factor(column: ColumnRef): Json {
    const path = `$${this.scope.path(column)}`;
    return this.scope.isUniform(column, 'integer', 'bigint', 'decimal', 'double') ? path : asNumber(path);
  }

  private mayBeEmpty(expression: Aggregate): boolean {
    return refsOf(expression).some((ref) => columnOf(this.scope.index, ref)?.column.nullable ?? true);
  }
}

/** A pipeline that found nothing gives no document; a figure over nothing is still a row. */
function oneRow(empty: Record<string, 0 | null>): PipelineStage[] {
  const fields = Object.entries(empty).map(([name, value]) => [name, { $ifNull: [{ $first: `$rows.${name}` }, value] }]);
  return [{ $facet: { rows: [{ $limit: 1 }] } }, { $project: { _id: 0, ...Object.fromEntries(fields) } }];
}

const isFigure = (expression: Expression): boolean =>
  expression.kind === 'aggregate' ||
  expression.kind === 'percentage' ||
  (expression.kind === 'arithmetic' && (isFigure(expression.left) || isFigure(expression.right)));
const isCount = (expression: Expression): boolean => expression.kind === 'aggregate' && expression.fn === 'count';
const sameExpression = (a: Expression, b: Expression): boolean => JSON.stringify(a) === JSON.stringify(b);

/** Field names of a group can't have dots. */
const safe = (name: string): string => name.replace(/[.$]/g, '_') || 'value';
/** In a key of several parts a missing part would be another group than an empty one. */
const orNull = (value: Json): Json => ({ $ifNull: [value, null] });
const asNumber = (value: Json): Json => ({ $convert: { input: value, to: 'decimal', onError: null, onNull: null } });

function arithmetic(op: '-' | '/', left: Json, right: Json): Json {
  if (op === '-') return { $subtract: [left, right] };
  return { $cond: [{ $in: [right, [0, null]] }, null, { $divide: [left, right] }] };
}

/** Whether a condition needs nothing but the fields of one table, so that it can stand first. */
function isAbout(condition: Condition, table: string): boolean {
  if (condition.kind === 'any' || condition.kind === 'all') return condition.items.every((item) => isAbout(item, table));
  if (condition.kind === 'member') return condition.column.table === table;
  return refsOf(condition.left).every((ref) => ref.table === table);
}

function forEachExpression(condition: Condition, visit: (expression: Expression) => void): void {
  if (condition.kind === 'any' || condition.kind === 'all') for (const item of condition.items) forEachExpression(item, visit);
  else if (condition.kind !== 'member') visit(condition.left);
}
