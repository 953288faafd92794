/** Turns a sketch into a typed plan: resolves names, finds the join tree, keeps counts and averages from being inflated. */
import type { CatalogueIndex, IndexedColumn, IndexedTable } from './catalogue-index';
import type { Period } from './dates';
import { joinTree } from './join-tree';
import type { Mention } from './link';
import { bestColumn, bestTable, isTable } from './read';
import { type Choice, type Doubt, Resolver } from './resolve';
import type { ColumnRef, CompareOperator, Condition, Expression, Order, Plan, ValueIndex } from './schema';
import type { AbsenceSketch, FilterSketch, OrderSketch, SelectSketch, Sketch } from './sketch';

export interface Assembly {
  plan: Plan;
  assumptions: string[];
  /** Between 0 and 1: what the certainty of names and joins leaves. */
  certainty: number;
  doubts: Doubt[];
}

/** A reason why the sketch can't be a plan, as a sentence. */
export class CannotPlan extends Error {}

const OPPOSITE: Record<CompareOperator, CompareOperator> = { '=': '<>', '<>': '=', '<': '>=', '<=': '>', '>': '<=', '>=': '<' };
const sameRef = (a: ColumnRef, b: ColumnRef): boolean => a.table === b.table && a.column === b.column;

export function assemble(sketch: Sketch, index: CatalogueIndex, values: ValueIndex, choice: Choice | null = null): Assembly {
  return new Assembler(sketch, index, values, choice).build();
}

/** Applies the sketch of a follow-up to the plan before; null when the sketch changes nothing. */
export function extend(
  previous: Plan,
  sketch: Sketch,
  index: CatalogueIndex,
  values: ValueIndex,
  counting: boolean,
): Assembly | null {
  return new Assembler(sketch, index, values, null).extend(previous, counting);
}

class Assembler {
  private readonly names: Resolver;
  private readonly assumptions: string[] = [];
  private certainty = 1;
  /** Tables whose columns are used. */
  private readonly needed = new Set<string>();

  constructor(
    private readonly sketch: Sketch,
    private readonly index: CatalogueIndex,
    private readonly values: ValueIndex,
    choice: Choice | null,
  ) {
    this.names = new Resolver(index, values, choice);
  }

  build(): Assembly {
    this.findMain();
    const plan = this.sketch.selects.some((select) => select.percentage) ? this.percentagePlan() : this.plan();
    for (const [mention, score] of this.names.used)
      if (score < 0.95) this.certainty -= (0.95 - score) * (mention.values.length > 0 ? 0.3 : 0.55);
    return { plan, assumptions: this.assumptions, certainty: this.certainty, doubts: this.names.doubts };
  }

  /** The previous plan with this sketch's conditions, groups, order, limit or measure put in. */
  extend(previous: Plan, counting: boolean): Assembly | null {
    const { sketch } = this;
    const tables = [previous.from, ...previous.joins.map((join) => join.table)];
    this.names.main = previous.from;
    for (const key of tables) this.names.anchors.add(key);
    if (
      sketch.entities.some((mention) => bestTable(mention) >= 0.9 && !tables.includes(this.names.tableOf(mention)?.key ?? '')) &&
      sketch.selects.length > 0
    )
      return null;
    const plan: Plan = structuredClone(previous);
    let changed = this.changeConditions(plan);
    changed = this.changeGroups(plan) || changed;
    changed = this.changeMeasure(plan, counting) || changed;
    const { orders, limit } = this.orders(false, plan.groupBy.length > 0, plan.where);
    if (orders.length > 0) plan.orderBy = orders;
    if (limit !== null) plan.limit = limit;
    if (limit !== null && plan.orderBy.length === 0) {
      const measure = plan.select.find((item) => item.kind === 'aggregate');
      if (measure) plan.orderBy = [{ expression: measure, direction: 'desc' }];
    }
    if (!changed && orders.length === 0 && limit === null) return null;
    const used = [...plan.select, ...plan.groupBy].flatMap((item) => refsOf(item).map((ref) => ref.table));
    const tree = this.joined([...new Set([...tables, ...this.needed, ...used])], previous.from);
    plan.joins = tree.joins;
    if (tree.multiplies && tree.joins.length > previous.joins.length) {
      if (plan.select.some((item) => item.kind === 'aggregate'))
        throw new CannotPlan('I could not add that without counting rows twice.');
      plan.distinct = this.ordersByShown(plan);
    }
    return { plan, assumptions: this.assumptions, certainty: this.certainty, doubts: [] };
  }

  /** A condition on the same column takes the place of the one before ("what about Germany?"). */
  private changeConditions(plan: Plan): boolean {
    const added = this.conditions(this.sketch.filters.filter((filter) => !filter.having));
    for (const condition of added) {
      const left = leftOf(condition);
      const narrows = condition.kind === 'compare' && condition.op !== '=';
      if (left && !narrows) plan.where = plan.where.filter((known) => JSON.stringify(leftOf(known)) !== JSON.stringify(left));
      plan.where.push(condition);
    }
    for (const absence of this.sketch.absences) plan.where.push(this.absence(absence));
    const havings = this.sketch.filters.filter((filter) => filter.having);
    if (havings.length > 0 && plan.groupBy.length > 0) plan.having.push(...havings.map((filter) => this.havingCondition(filter)));
    return added.length + this.sketch.absences.length + havings.length > 0;
  }

  private changeGroups(plan: Plan): boolean {
    const groups = this.groupExpressions();
    if (groups.length === 0) return false;
    const measures = plan.select.filter((item) => item.kind === 'aggregate' || item.kind === 'percentage');
    if (measures.length === 0) throw new CannotPlan('There is no number to group.');
    const shown = groups.flatMap((group) => group.shown);
    plan.select = [...shown, ...measures];
    plan.groupBy = groups.flatMap((group) => group.expressions);
    for (const item of shown)
      if (!plan.groupBy.some((known) => JSON.stringify(known) === JSON.stringify(item))) plan.groupBy.push(item);
    plan.orderBy = plan.orderBy.filter((order) => order.expression.kind === 'aggregate' && plan.limit !== null);
    plan.distinct = false;
    return true;
  }

  private changeMeasure(plan: Plan, counting: boolean): boolean {
    const measured = this.sketch.selects.filter((select) => select.fn && select.fn !== 'count' && select.mention);
    if (counting) {
      if (plan.groupBy.length > 0 || plan.limit !== null || plan.distinct) plan.countRows = true;
      else plan.select = [{ kind: 'aggregate', fn: 'count' }];
      plan.orderBy = plan.limit === null ? [] : plan.orderBy;
      return true;
    }
    if (measured.length === 0) return false;
    const made = measured.map((select) => this.aggregateExpression(select));
    const grouped = plan.groupBy.length > 0;
    plan.select = [...(grouped ? plan.select.filter((item) => item.kind !== 'aggregate') : []), ...made];
    if (!grouped && plan.limit !== null) throw new CannotPlan('I could not calculate over the first rows only.');
    plan.distinct = false;
    plan.orderBy = grouped ? plan.orderBy.filter((order) => order.expression.kind !== 'aggregate') : [];
    return true;
  }

  // ------------------------------------------------------------ what it is about

  private outside(mention: Mention): boolean {
    return this.sketch.absences.every((absence) => mention.start < absence.at || mention.start >= absence.at + 12);
  }

  private findMain(): void {
    const { selects, entities, groups } = this.sketch;
    this.names.votes = this.columnVotes();
    const outer = entities.filter((mention) => this.outside(mention));
    const counted = selects.find((select) => select.fn === 'count' && select.mention && isTable(select.mention));
    const owned = selects.find((select) => select.owner && !select.fn) ?? selects.find((select) => select.owner);
    const noun = selects.find(
      (select) => !select.fn && select.mention && isTable(select.mention) && this.nounTable(select.mention),
    );
    const about = selects.some((select) => !select.fn && select.mention && !isTable(select.mention))
      ? undefined
      : counted?.mention;
    const each = groups.find((group) => group.mention && isTable(group.mention))?.mention;
    const after =
      about ??
      owned?.owner ??
      noun?.mention ??
      (counted && selects.some((select) => !select.fn) ? each : null) ??
      counted?.mention ??
      selects.find((select) => select.fn && select.mention && isTable(select.mention))?.mention ??
      outer[0] ??
      groups[0]?.mention;
    for (const mention of outer) {
      const table = this.names.tableOf(mention);
      if (table && bestTable(mention) >= 0.6) this.names.anchors.add(table.key);
    }
    let table = after && bestTable(after) > 0.5 ? this.names.tableOf(after) : null;
    if (table && !noun && !owned && !about) table = this.mainByColumns(table) ?? table;
    table ??= this.mainByColumns(null) ?? this.mainByFilters();
    if (!table) throw new CannotPlan('I could not find a table of this database that the question is about.');
    this.names.main = table.key;
    this.names.anchors.add(table.key);
  }

  /** The table that holds most of the columns that were asked for. */
  private columnVotes(): Map<string, number> {
    const votes = new Map<string, number>();
    const columns = [
      ...this.sketch.selects.flatMap((select) => (select.mention ? [{ mention: select.mention, weight: 1 }] : [])),
      ...this.sketch.filters.flatMap((filter) => (filter.mention ? [{ mention: filter.mention, weight: 0.5 }] : [])),
      ...this.sketch.orders.flatMap((order) => (order.mention && !order.fn ? [{ mention: order.mention, weight: 0.5 }] : [])),
      ...this.sketch.groups.flatMap((group) => (group.mention ? [{ mention: group.mention, weight: 0.4 }] : [])),
    ];
    for (const { mention, weight } of columns) {
      const perTable = new Map<string, number>();
      for (const { column, score } of mention.columns) {
        const fk = column.references ? 0.3 : 0;
        perTable.set(column.ref.table, Math.max(perTable.get(column.ref.table) ?? 0, score - fk));
      }
      for (const [key, score] of perTable) votes.set(key, (votes.get(key) ?? 0) + weight * score);
    }
    return votes;
  }

  private mainByColumns(named: IndexedTable | null): IndexedTable | null {
    const votes = new Map(this.names.votes);
    for (const key of votes.keys()) if (this.names.anchors.has(key)) votes.set(key, (votes.get(key) ?? 0) + 0.6);
    const best = [...votes].sort((a, b) => b[1] - a[1] || (a[0] < b[0] ? -1 : 1))[0];
    if (!best) return null;
    if (named && (votes.get(named.key) ?? 0) > 0.4) return named;
    if (named && !Number.isFinite(this.index.distance(named.key, best[0]))) return named;
    if (named && this.sketch.selects.every((select) => !select.mention || isTable(select.mention))) return named;
    return this.names.table(best[0]) ?? null;
  }

  private mainByFilters(): IndexedTable | null {
    for (const filter of this.sketch.filters) {
      if (filter.operand.kind !== 'values') continue;
      const match = filter.operand.mentions[0]?.values[0];
      if (match) return this.names.table(match.table) ?? null;
    }
    return null;
  }

  private get main(): IndexedTable {
    const table = this.names.main ? this.names.table(this.names.main) : undefined;
    if (!table) throw new CannotPlan('I could not find a table of this database that the question is about.');
    return table;
  }

  /** A noun may be a table or a column of the main table ("countries"). */
  private nounTable(mention: Mention): IndexedTable | null {
    if (!isTable(mention)) return null;
    const table = this.names.tableOf(mention);
    if (!table) return null;
    const exact = mention.columns.find(
      ({ column, score }) =>
        score >= 0.95 && !column.references && this.isAnchor(column.ref.table) && column.ref.table !== table.key,
    );
    if (exact && bestTable(mention) < 1.01 && exact.score >= bestTable(mention)) return null;
    if (bestColumn(mention) > bestTable(mention) + 0.04) return null;
    return table;
  }

  private isAnchor(key: string): boolean {
    return (
      this.names.anchors.has(key) &&
      this.sketch.entities.some((mention) => this.names.tableOf(mention)?.key === key && bestTable(mention) > 0.8)
    );
  }

  private tablesAtHand(owner?: Mention): string[] {
    const own = owner ? this.names.tableOf(owner)?.key : undefined;
    const near = [...this.index.byKey.keys()].filter((key) => this.index.distance(this.main.key, key) === 1);
    return [...new Set([...(own ? [own] : []), this.main.key, ...this.names.anchors, ...this.needed, ...near])];
  }

  private use(column: IndexedColumn): ColumnRef {
    this.needed.add(column.ref.table);
    return column.ref;
  }

  // ------------------------------------------------------------ expressions

  private columnExpression(column: IndexedColumn, compared = false): Expression {
    const ref = this.use(column);
    return compared && this.names.needsNumber(column)
      ? { kind: 'column', column: ref, numeric: true }
      : { kind: 'column', column: ref };
  }

  private columnsOfNoun(select: SelectSketch): IndexedColumn[] {
    const { mention } = select;
    if (!mention) return this.askedColumns(select);
    const table = select.owner ? null : this.nounTable(mention);
    if (table) {
      this.names.used.set(mention, bestTable(mention));
      return this.labelOf(table, this.isOnlySelect(select));
    }
    const each = this.sketch.groups.find((group) => group.mention && this.nounTable(group.mention))?.mention;
    const named = select.owner ?? each;
    const owner = named ? this.names.tableOf(named)?.key : undefined;
    const column = this.names.columnFor(mention, { owner });
    if (!column) {
      const fallback = this.names.tableOf(mention);
      if (fallback) return this.labelOf(fallback, false);
      throw new CannotPlan(`I could not find a column for "${mention.text}".`);
    }
    return this.readable(column, mention);
  }

  /** A foreign key that was not asked for as a key is shown as what names the row it points to. */
  private readable(column: IndexedColumn, mention: Mention): IndexedColumn[] {
    const target = column.references ? this.names.table(column.references) : undefined;
    const asksKey = /\b(ids?|codes?|numbers?|keys?)\b/i.test(mention.text);
    if (!target || asksKey || target.label.length === 0 || ((column.words.at(-1) === 'id') === asksKey && asksKey))
      return [column];
    if (target.label.some((label) => label.column.type === column.column.type && target.keys.length > 0 && label.isKey))
      return [column];
    return this.names.isNatural(column) ? [column] : target.label;
  }

  private isOnlySelect(select: SelectSketch): boolean {
    const { sketch } = this;
    return (
      sketch.listing &&
      sketch.selects.length === 1 &&
      sketch.selects[0] === select &&
      sketch.groups.length === 0 &&
      !sketch.orders.some((order) => order.fn || order.frequency || order.shown) &&
      !sketch.filters.some((filter) => filter.having)
    );
  }

  /** What people expect to see of a row: its name; for a list also its main columns. */
  private labelOf(table: IndexedTable, listing: boolean): IndexedColumn[] {
    if (listing) {
      const rest = table.columns.filter(
        (column) => !table.label.includes(column) && !column.references && column.role !== 'id' && column.role !== 'other',
      );
      return [...(table.label.length > 0 ? table.label : table.columns.slice(0, 1)), ...rest].slice(0, 7);
    }
    if (table.label.length > 0) return table.label;
    const key = table.columns.find((column) => column.isKey) ?? table.columns[0];
    if (!key) throw new CannotPlan(`The table ${table.display} has no columns.`);
    return [key];
  }

  private askedColumns(select: SelectSketch): IndexedColumn[] {
    if (select.asks === 'when') {
      const column = this.names.dateColumn(this.tablesAtHand(), false);
      if (column) return [column];
      throw new CannotPlan('I could not find a date that tells when.');
    }
    if (select.asks === 'where') {
      const places = ['hometown', 'home', 'location', 'city', 'place', 'address', 'country', 'venue', 'state', 'region'];
      for (const place of places) {
        const column = this.main.columns.find(
          (entry) =>
            entry.role === 'text' &&
            entry.core.some(
              (word) =>
                word === place ||
                (place.startsWith(word) && word.length > 5) ||
                (place === 'location' && word === 'locat') ||
                (place === 'country' && word === 'countri') ||
                (place === 'city' && word === 'citi'),
            ),
        );
        if (column) return [column];
      }
      throw new CannotPlan('I could not find a place that tells where.');
    }
    return this.labelOf(this.main, false);
  }

  private selectExpressions(select: SelectSketch): Expression[] {
    if (!select.fn) return this.columnsOfNoun(select).map((column) => this.columnExpression(column));
    if (select.fn === 'count') return [this.countExpression(select)];
    return [this.aggregateExpression(select)];
  }

  private aggregateExpression(select: SelectSketch): Expression {
    const { mention, fn } = select;
    if (!mention || !fn) throw new CannotPlan('I could not find what to calculate.');
    const owner = select.owner ? this.names.tableOf(select.owner)?.key : undefined;
    const amount =
      isTable(mention) && bestTable(mention) > 0.9 && fn !== 'min' && fn !== 'max'
        ? this.moneyOf(this.names.tableOf(mention))
        : null;
    if (amount) this.assumptions.push(`The ${fn === 'avg' ? 'average' : 'total'} is of ${amount.display}.`);
    let column = amount ?? this.names.columnFor(mention, { owner, kinds: ['number', 'year', 'date'] });
    if (!column && isTable(mention)) column = this.moneyOf(this.names.tableOf(mention));
    if (!column) throw new CannotPlan(`I could not find a number called "${mention.text}" to calculate with.`);
    if (
      (fn === 'sum' || fn === 'avg') &&
      !(column.role === 'number' || this.names.isNumericText(column) || (column.role === 'year' && fn === 'avg'))
    ) {
      throw new CannotPlan(`"${mention.text}" is not a number, so there is no ${fn === 'sum' ? 'total' : 'average'} of it.`);
    }
    const expression: Expression = { kind: 'aggregate', fn, column: this.use(column) };
    return this.names.needsNumber(column) ? { ...expression, numeric: true } : expression;
  }

  /** "total sales", "total orders" in money: the table's amount, if it has one only. */
  private moneyOf(table: IndexedTable | null): IndexedColumn | null {
    const found =
      table?.columns.filter(
        (column) =>
          column.role === 'number' && column.core.some((word) => ['amount', 'total', 'price', 'revenu', 'valu'].includes(word)),
      ) ?? [];
    return found[0] ?? null;
  }

  private countExpression(select: SelectSketch): Expression {
    const { mention } = select;
    if (!mention) return this.rowCount(this.countedTable(), false);
    const table = this.names.tableOf(mention);
    if (table && isTable(mention) && (this.nounTable(mention) ?? (select.distinct ? null : table))) {
      this.names.used.set(mention, bestTable(mention));
      return this.rowCount(table, false);
    }
    const column = this.names.columnFor(mention);
    if (!column) throw new CannotPlan(`I could not find "${mention.text}" to count.`);
    if (column.isKey && !select.distinct) return this.rowCount(this.names.table(column.ref.table) ?? this.main, false);
    if (
      column.ref.table === this.main.key &&
      column.role === 'text' &&
      !select.distinct &&
      column.ref.table !== mention.tables[0]?.table.key &&
      this.sketch.entities.length === 0
    ) {
      return { kind: 'aggregate', fn: 'count', column: this.use(column), distinct: true };
    }
    return { kind: 'aggregate', fn: 'count', column: this.use(column), distinct: true };
  }

  /** "and the number": rows of what was named last beside the main table. */
  private countedTable(): IndexedTable {
    const other = this.sketch.entities
      .map((mention) => this.names.tableOf(mention))
      .find((table) => table && table.key !== this.main.key);
    return other ?? this.main;
  }

  private rowCount(table: IndexedTable, distinct: boolean): Expression {
    this.needed.add(table.key);
    this.counted = table;
    const key = table.keys[0];
    return distinct && key !== undefined
      ? { kind: 'aggregate', fn: 'count', column: { table: table.key, column: key }, distinct: true }
      : { kind: 'aggregate', fn: 'count' };
  }

  private counted: IndexedTable | null = null;

  // ------------------------------------------------------------ conditions

  private conditions(filters: readonly FilterSketch[]): Condition[] {
    const out: Condition[] = [];
    for (const filter of filters) {
      const made = this.condition(filter);
      const last = out.at(-1);
      if (filter.either && last && !filter.both) {
        out[out.length - 1] =
          last.kind === 'any' ? { kind: 'any', items: [...last.items, made] } : { kind: 'any', items: [last, made] };
      } else out.push(made);
    }
    return out;
  }

  private condition(filter: FilterSketch): Condition {
    const { operand } = filter;
    switch (operand.kind) {
      case 'values':
        return this.valueCondition(filter, operand.mentions);
      case 'text':
        return this.textCondition(filter, operand.text, operand.mode);
      case 'period':
        return this.periodCondition(filter, operand.period, operand.last);
      case 'null': {
        const column = filter.mention ? this.names.columnFor(filter.mention, { owner: this.ownerKey(filter) }) : null;
        if (!column) throw new CannotPlan('I could not find what should be empty.');
        return { kind: 'null', left: this.columnExpression(column), negated: filter.negated };
      }
      case 'aggregate':
        return this.aggregateCondition(filter, operand.fn, operand.mention);
      default:
        return this.numberCondition(filter);
    }
  }

  private ownerKey(filter: { owner?: Mention }): string | undefined {
    return filter.owner ? this.names.tableOf(filter.owner)?.key : undefined;
  }

  private valueCondition(filter: FilterSketch, mentions: readonly Mention[]): Condition {
    const found = this.names.valueFor(mentions, filter.mention, this.ownerKey(filter));
    const first = mentions[0];
    if (!found || !first) throw new CannotPlan(`I could not find "${first?.text ?? 'that'}" among the values.`);
    this.names.used.set(first, Math.min(1, found.score));
    const left = this.columnExpression(found.column);
    const [value] = found.values;
    if (value === undefined) throw new CannotPlan(`I could not find "${first.text}" among the values.`);
    if (value.toLowerCase() !== first.text.toLowerCase())
      this.assumptions.push(`"${first.text}" is read as ${found.column.display} ${found.values.slice(0, 3).join(', ')}.`);
    const numeric = found.column.role === 'number' || found.column.role === 'year';
    if (found.column.role === 'boolean')
      return {
        kind: 'compare',
        left,
        op: filter.negated ? '<>' : '=',
        right: /^(1|t|true|y|yes)$/i.test(value),
        valueType: 'boolean',
      };
    const valueType = numeric ? 'number' : 'text';
    if (found.values.length > 1) return { kind: 'in', left, values: found.values, valueType, negated: filter.negated };
    return { kind: 'compare', left, op: filter.negated ? '<>' : '=', right: numeric ? Number(value) : value, valueType };
  }

  private textCondition(filter: FilterSketch, text: string, mode: 'contains' | 'starts' | 'ends' | 'equals'): Condition {
    const owner = this.ownerKey(filter);
    const column =
      (filter.mention ? this.names.columnFor(filter.mention, { owner, kinds: ['text', 'date'] }) : null) ??
      this.names.table(owner ?? this.main.key)?.label[0] ??
      this.main.label[0];
    if (!column) throw new CannotPlan(`I could not find which column should hold "${text}".`);
    const left = this.columnExpression(column);
    if (mode !== 'equals') return { kind: 'like', left, mode, text, negated: filter.negated };
    const [nearest] = this.values.nearest(column.ref.table, column.ref.column, text);
    if (nearest !== undefined && nearest.toLowerCase() !== text.toLowerCase())
      this.assumptions.push(`"${text}" is not among the sampled values of ${column.display}; the nearest is "${nearest}".`);
    if (!filter.mention) this.certainty -= 0.25;
    return {
      kind: 'compare',
      left,
      op: filter.negated ? '<>' : '=',
      right: nearest?.toLowerCase() === text.toLowerCase() ? nearest : text,
      valueType: 'text',
    };
  }

  private periodCondition(filter: FilterSketch, period: Period, last?: Period): Condition {
    const owner = this.ownerKey(filter);
    const mention = filter.mention && filter.mention.columns.length > 0 ? filter.mention : null;
    const column =
      (mention ? this.names.columnFor(mention, { owner, kinds: ['date', 'year', 'number'] }) : null) ??
      this.names.dateColumn(this.tablesAtHand(filter.owner), period.year !== undefined, filter.verb);
    if (!column) throw new CannotPlan(`I found no date that "${period.text}" could be about.`);
    if (!mention)
      this.assumptions.push(
        `"${period.text}" is taken from ${column.display} of ${this.names.table(column.ref.table)?.display ?? column.ref.table}.`,
      );
    const left = this.columnExpression(column);
    const dated =
      column.role === 'date' ||
      (column.role === 'text' && (this.values.profile(column.ref.table, column.ref.column)?.dates ?? false));
    if (!dated) return this.yearCondition(filter, left, column, period, last);
    const compare = (op: CompareOperator, day: string): Condition => ({
      kind: 'compare',
      left,
      op,
      right: day,
      valueType: 'date',
    });
    const to = last?.to ?? period.to;
    const op = filter.negated ? OPPOSITE[filter.op] : filter.op;
    if (op === '<') return compare('<', period.from);
    if (op === '<=') return compare('<', to);
    if (op === '>') return compare('>=', to);
    if (op === '>=') return compare('>=', period.from);
    if (op === '<>') return { kind: 'any', items: [compare('<', period.from), compare('>=', to)] };
    return { kind: 'all', items: [compare('>=', period.from), compare('<', to)] };
  }

  private yearCondition(filter: FilterSketch, left: Expression, column: IndexedColumn, period: Period, last?: Period): Condition {
    const text = column.column.type === 'text';
    const yearOf = (day: string): number => Number(day.slice(0, 4));
    const write = (year: number): string | number => (text ? String(year) : year);
    const valueType = text ? 'text' : 'number';
    const first = period.year ?? yearOf(period.from);
    if (period.year === undefined) this.certainty -= 0.15;
    if (last) {
      const until = last.year ?? yearOf(last.from);
      return {
        kind: 'all',
        items: [
          { kind: 'compare', left, op: '>=', right: write(first), valueType },
          { kind: 'compare', left, op: '<=', right: write(until), valueType },
        ],
      };
    }
    return { kind: 'compare', left, op: filter.negated ? OPPOSITE[filter.op] : filter.op, right: write(first), valueType };
  }

  /** The column of a number: named, or meant by an adjective or a unit. */
  private measureFor(filter: FilterSketch): IndexedColumn {
    const owner = this.ownerKey(filter);
    const hand = this.tablesAtHand(filter.owner);
    if (filter.mention) {
      const column = this.names.columnFor(filter.mention, { owner, kinds: ['number', 'year'], allowIds: true });
      if (column) return column;
    }
    if (filter.adjective) {
      const found = this.names.adjectiveColumn(filter.adjective, hand);
      if (found) return found.column;
    }
    if (filter.unit) {
      const found = this.names.unitColumn(filter.unit, hand);
      if (found) return found;
    }
    const money = this.moneyOf(this.names.table(owner ?? this.main.key) ?? null);
    if (money && !filter.unit && !filter.adjective && !filter.mention) {
      this.assumptions.push(`The number is compared with ${money.display}.`);
      this.certainty -= 0.1;
      return money;
    }
    throw new CannotPlan('I could not tell which number is compared.');
  }

  private numberCondition(filter: FilterSketch): Condition {
    const column = this.measureFor(filter);
    const turned = filter.adjective
      ? (this.names.adjectiveColumn(filter.adjective, this.tablesAtHand(filter.owner))?.turned ?? false)
      : false;
    if (turned) throw new CannotPlan(`I could not compare ${column.display} with a number.`);
    const asText = column.column.type === 'text' && !this.names.isNumericText(column);
    const left = this.columnExpression(column, true);
    const text = column.column.type === 'text' && !(left.kind === 'column' && left.numeric);
    const valueType = text ? 'text' : 'number';
    if (asText && (filter.op !== '=' || filter.operand.kind === 'range'))
      throw new CannotPlan(`${column.display} is not a number that could be compared.`);
    const write = (value: number): string | number => (text ? String(value) : value);
    const { operand } = filter;
    if (operand.kind === 'range') {
      const items: Condition[] = [
        { kind: 'compare', left, op: '>=', right: write(operand.low), valueType },
        { kind: 'compare', left, op: '<=', right: write(operand.high), valueType },
      ];
      return filter.negated
        ? {
            kind: 'any',
            items: [
              { kind: 'compare', left, op: '<', right: write(operand.low), valueType },
              { kind: 'compare', left, op: '>', right: write(operand.high), valueType },
            ],
          }
        : { kind: 'all', items };
    }
    if (operand.kind !== 'number') throw new CannotPlan('I could not read a condition.');
    return {
      kind: 'compare',
      left,
      op: filter.negated ? OPPOSITE[filter.op] : filter.op,
      right: write(operand.value),
      valueType,
    };
  }

  private aggregateCondition(filter: FilterSketch, fn: 'count' | 'sum' | 'avg' | 'min' | 'max', own: Mention | null): Condition {
    const column = this.measureFor(filter.mention || filter.adjective ? filter : { ...filter, mention: own });
    if (fn === 'avg' && column.role !== 'number' && column.role !== 'year' && !this.names.isNumericText(column)) {
      throw new CannotPlan(`There is no average of ${column.display}.`);
    }
    const numeric = this.names.needsNumber(column);
    const inner: Expression = numeric
      ? { kind: 'aggregate', fn, column: column.ref, numeric }
      : { kind: 'aggregate', fn, column: column.ref };
    const plan = emptyPlan(column.ref.table, [inner]);
    return {
      kind: 'compareQuery',
      left: this.columnExpression(column, true),
      op: filter.negated ? OPPOSITE[filter.op] : filter.op,
      plan,
    };
  }

  // ------------------------------------------------------------ the plan

  private percentagePlan(): Plan {
    const { sketch } = this;
    const conditions = this.conditions(sketch.filters.filter((filter) => !filter.having));
    if (conditions.length === 0) throw new CannotPlan('I could not tell the share of what.');
    const condition: Condition = conditions.length === 1 && conditions[0] ? conditions[0] : { kind: 'all', items: conditions };
    const tree = this.joined([...this.needed], this.main.key);
    if (tree.multiplies) throw new CannotPlan('I could not calculate that share without counting rows twice.');
    return { ...emptyPlan(this.main.key, [{ kind: 'percentage', condition }]), joins: tree.joins };
  }

  private joined(tables: readonly string[], root: string): NonNullable<ReturnType<typeof joinTree>> {
    const tree = joinTree(this.index, root, tables);
    if (!tree) {
      const names = tables.map((key) => this.names.table(key)?.display ?? key);
      throw new CannotPlan(
        `I found no key that connects ${[...new Set([this.names.table(root)?.display ?? root, ...names])].join(' and ')}.`,
      );
    }
    if (tree.joins.some((join) => join.inferred)) {
      this.certainty -= 0.06;
      this.assumptions.push('Some tables are joined by a key that is not declared.');
    }
    this.certainty -= Math.max(0, tree.joins.length - 2) * 0.04;
    return tree;
  }

  private plan(): Plan {
    const { sketch } = this;
    this.splitContradictions();
    const plain = sketch.filters.filter((filter) => !filter.having && !filter.both);
    const both = sketch.filters.filter((filter) => filter.both && !filter.having);
    const havings = sketch.filters.filter((filter) => filter.having);
    const select = this.selectList();
    const where = this.conditions(plain);
    const aggregated = select.some((item) => item.kind !== 'column' && item.kind !== 'period');
    const groups = this.groupExpressions();
    const ordered = this.orders(aggregated, groups.length > 0, where);
    select.push(...this.alsoShown);
    const having = havings.map((filter) => this.havingCondition(filter));
    for (const absence of sketch.absences) where.push(this.absence(absence));
    for (const filter of both.length > 1 ? both : []) where.push(this.bothCondition(filter, select));
    if (both.length === 1 && both[0]) where.push(this.condition(both[0]));
    this.joinNamed(groups.length > 0 || aggregated);
    return this.finish({ select, where, groups, having, ordered, aggregated });
  }

  /** "a singer above 40 and a singer below 30": no row is both, so each condition is about a row of its own. */
  private splitContradictions(): void {
    const { filters, selects } = this.sketch;
    if (selects.some((select) => select.fn)) return;
    for (const [at, second] of filters.entries()) {
      const first = filters[at - 1];
      if (
        !first ||
        second.either ||
        first.having ||
        second.having ||
        first.operand.kind !== 'number' ||
        second.operand.kind !== 'number'
      )
        continue;
      const column = second.mention ?? first.mention;
      const alike = first.adjective !== undefined && first.adjective.concepts[0] === second.adjective?.concepts[0];
      if (
        (!column && !alike) ||
        (second.mention && first.mention && second.mention.text.toLowerCase() !== first.mention.text.toLowerCase())
      )
        continue;
      const empty =
        first.op.startsWith('>') && second.op.startsWith('<')
          ? first.operand.value >= second.operand.value
          : first.op.startsWith('<') && second.op.startsWith('>') && first.operand.value <= second.operand.value;
      if (!empty) continue;
      first.both = true;
      second.both = true;
      if (column) second.mention ??= column;
    }
  }

  /** Tables that were named but hold no used column still say which rows count ("singers who performed in a concert"). */
  private joinNamed(aggregated: boolean): void {
    for (const mention of this.sketch.entities) {
      if (!this.outside(mention) || this.sketch.absences.length > 0) continue;
      const table = this.names.tableOf(mention);
      if (!table || table.key === this.main.key || bestTable(mention) < 0.74) continue;
      if (
        bestColumn(mention) >= bestTable(mention) &&
        mention.columns.some(({ column, score }) => score >= bestTable(mention) && this.needed.has(column.ref.table))
      )
        continue;
      if (!Number.isFinite(this.index.distance(this.main.key, table.key))) continue;
      void aggregated;
      this.needed.add(table.key);
    }
  }

  private selectList(): Expression[] {
    const out: Expression[] = [];
    const selects = this.sketch.selects.filter(
      (select, _, all) => !(select.asks === 'who' && all.some((other) => other !== select)),
    );
    for (const select of selects) {
      for (const expression of this.selectExpressions(select)) {
        if (!out.some((known) => JSON.stringify(known) === JSON.stringify(expression))) out.push(expression);
      }
    }
    if (out.length === 0)
      for (const column of this.labelOf(this.main, this.sketch.listing)) out.push(this.columnExpression(column));
    return out;
  }

  private groupExpressions(): { expressions: Expression[]; shown: Expression[] }[] {
    return this.sketch.groups.flatMap((group) => {
      const { mention, unit } = group;
      if (unit) {
        const column =
          (mention ? this.names.columnFor(mention, { kinds: ['date', 'year'] }) : null) ??
          this.names.dateColumn(this.tablesAtHand(), unit === 'year');
        if (!column) throw new CannotPlan(`I found no date to group by ${unit}.`);
        const expression: Expression =
          column.role === 'date' ? { kind: 'period', unit, column: this.use(column) } : this.columnExpression(column);
        return [{ expressions: [expression], shown: [expression] }];
      }
      if (!mention) return [];
      const table = this.nounTable(mention);
      if (table) {
        this.names.used.set(mention, bestTable(mention));
        if (table.key === this.counted?.key && this.sketch.selects.length === 1 && !this.sketch.selects[0]?.mention) return [];
        return [this.groupOfTable(table)];
      }
      const owner = group.owner ? this.names.tableOf(group.owner)?.key : undefined;
      const column = this.names.columnFor(mention, { owner });
      if (!column) throw new CannotPlan(`I could not find "${mention.text}" to group by.`);
      if (column.references) {
        const target = this.names.table(column.references);
        const [shown] = this.readable(column, mention);
        if (target && shown && shown !== column) return [this.groupOfTable(target)];
      }
      const expression = this.columnExpression(column);
      return [{ expressions: [expression], shown: [expression] }];
    });
  }

  private groupOfTable(table: IndexedTable): { expressions: Expression[]; shown: Expression[] } {
    this.needed.add(table.key);
    const keys = table.keys.map((column): Expression => ({ kind: 'column', column: { table: table.key, column } }));
    const shown = this.labelOf(table, false).map((column) => this.columnExpression(column));
    return { expressions: keys.length > 0 ? keys : shown, shown };
  }

  private orders(
    aggregated: boolean,
    grouped: boolean,
    where: Condition[],
  ): { orders: Order[]; limit: number | null; perEntity: boolean } {
    const orders: Order[] = [];
    let limit = this.sketch.limit;
    let perEntity = false;
    for (const order of this.sketch.orders) {
      if (order.fn || order.frequency) {
        orders.push({ expression: this.orderAggregate(order), direction: order.direction });
        perEntity = true;
        limit = order.limit ?? limit;
        continue;
      }
      const { column, direction } = this.orderColumn(order);
      const expression = this.columnExpression(column, true);
      const ownerTable = column.ref.table;
      if (!aggregated && !grouped && order.limit === null && this.isMany(ownerTable) && column.role === 'number') {
        const total: Expression = { kind: 'aggregate', fn: 'sum', column: column.ref };
        this.assumptions.push(`"${order.mention?.text ?? column.display}" is added up for each ${this.main.display}.`);
        orders.push({ expression: total, direction });
        perEntity = true;
        if (order.shown) this.alsoShown.push(total);
        continue;
      }
      if (
        order.extreme ||
        (order.limit !== null && aggregated && !grouped && !this.sketch.selects.some((select) => !select.fn))
      ) {
        where.push(this.extremeCondition(order, column, direction, ownerTable));
        continue;
      }
      orders.push({ expression, direction });
      limit = order.limit ?? limit;
    }
    // "with the highest price, ordered by price": once, in the first place, the way that was said last
    const once: Order[] = [];
    for (const order of orders) {
      const known = once.find((entry) => JSON.stringify(entry.expression) === JSON.stringify(order.expression));
      if (!known) once.push(order);
      else if (limit === null) known.direction = order.direction;
    }
    return { orders: once, limit, perEntity };
  }

  private readonly alsoShown: Expression[] = [];

  /** Whether one row of the main table has several rows of that one. */
  private isMany(table: string): boolean {
    return table !== this.main.key && (joinTree(this.index, this.main.key, [table])?.multiplies ?? false);
  }

  private orderColumn(order: OrderSketch): { column: IndexedColumn; direction: 'asc' | 'desc' } {
    const owner = order.owner
      ? this.names.tableOf(order.owner)?.key
      : order.entity
        ? this.names.tableOf(order.entity)?.key
        : undefined;
    if (order.adjective) {
      const found = this.names.adjectiveColumn(order.adjective, this.tablesAtHand(order.entity));
      if (!found) throw new CannotPlan('I could not tell by what to compare them.');
      this.assumptions.push(`Ordered by ${found.column.display}.`);
      const flip = (direction: 'asc' | 'desc'): 'asc' | 'desc' => (direction === 'asc' ? 'desc' : 'asc');
      return { column: found.column, direction: found.turned ? flip(order.direction) : order.direction };
    }
    const { mention } = order;
    if (!mention) {
      const [label] = this.main.label;
      if (!label) throw new CannotPlan('I could not tell by what to order.');
      return { column: label, direction: order.direction };
    }
    const kinds = order.limit === null ? undefined : (['number', 'year', 'date'] as const);
    const column = this.names.columnFor(mention, { owner, kinds }) ?? this.names.tableOf(mention)?.label[0];
    if (!column) throw new CannotPlan(`I could not find "${mention.text}" to order by.`);
    return { column, direction: order.direction };
  }

  /** Rows that have the extreme value, or that belong to the entity which has it. */
  private extremeCondition(order: OrderSketch, column: IndexedColumn, direction: 'asc' | 'desc', table: string): Condition {
    if (order.extreme || table === this.main.key) {
      const numeric = this.names.needsNumber(column);
      const inner: Expression = {
        kind: 'aggregate',
        fn: direction === 'desc' ? 'max' : 'min',
        column: column.ref,
        ...(numeric ? { numeric } : {}),
      };
      return { kind: 'compareQuery', left: this.columnExpression(column, true), op: '=', plan: emptyPlan(table, [inner]) };
    }
    const key = this.names.table(table)?.keys[0];
    if (key === undefined) throw new CannotPlan('I could not tell the rows of that table apart.');
    const ref = { table, column: key };
    this.needed.add(table);
    const plan: Plan = {
      ...emptyPlan(table, [{ kind: 'column', column: ref }]),
      orderBy: [
        {
          expression: { kind: 'column', column: column.ref, ...(this.names.needsNumber(column) ? { numeric: true } : {}) },
          direction,
        },
      ],
      limit: order.limit ?? 1,
    };
    return { kind: 'member', column: ref, plan, negated: false };
  }

  private orderAggregate(order: OrderSketch): Expression {
    if (order.frequency) return { kind: 'aggregate', fn: 'count' };
    const { mention, fn } = order;
    if (fn === 'count' || !fn) {
      if (!mention) return { kind: 'aggregate', fn: 'count' };
      return this.countFor(mention);
    }
    return this.aggregateExpression({ at: order.at, fn, mention, owner: order.owner });
  }

  private countFor(mention: Mention): Expression {
    const table = isTable(mention) ? this.names.tableOf(mention) : null;
    if (table) {
      this.names.used.set(mention, bestTable(mention));
      return this.rowCount(table, false);
    }
    const column = this.names.columnFor(mention);
    if (!column) throw new CannotPlan(`I could not find "${mention.text}" to count.`);
    if (column.role === 'number' && !mention.text.endsWith('s'))
      return { kind: 'aggregate', fn: 'sum', column: this.use(column) };
    return { kind: 'aggregate', fn: 'count', column: this.use(column), distinct: true };
  }

  private havingCondition(filter: FilterSketch): Condition {
    const { having, operand } = filter;
    if (!having) throw new CannotPlan('I could not read a condition on a group.');
    const left =
      having.fn === 'count'
        ? having.mention
          ? this.countFor(having.mention)
          : this.rowCount(this.countedTable(), false)
        : this.aggregateExpression({ at: filter.at, fn: having.fn, mention: having.mention });
    if (operand.kind === 'range') {
      return {
        kind: 'all',
        items: [
          { kind: 'compare', left, op: '>=', right: operand.low, valueType: 'number' },
          { kind: 'compare', left, op: '<=', right: operand.high, valueType: 'number' },
        ],
      };
    }
    if (operand.kind !== 'number') throw new CannotPlan('I could not read a condition on a group.');
    return {
      kind: 'compare',
      left,
      op: filter.negated ? OPPOSITE[filter.op] : filter.op,
      right: operand.value,
      valueType: 'number',
    };
  }

  /** "without any orders": the key is not among those that the other side holds. */
  private absence(absence: AbsenceSketch): Condition {
    const other = this.names.tableOf(absence.mention);
    if (!other) throw new CannotPlan(`I could not find "${absence.mention.text}".`);
    const saved = new Set(this.needed);
    const savedMain = this.names.main;
    this.needed.clear();
    this.names.anchors.add(other.key);
    const where = this.conditions(absence.filters.filter((filter) => !filter.having));
    for (const mention of this.sketch.entities) {
      const table = this.names.tableOf(mention);
      if (mention.start > absence.mention.start && table && table.key !== this.main.key && bestTable(mention) >= 0.74)
        this.needed.add(table.key);
    }
    const inner = new Set([other.key, ...this.needed]);
    this.needed.clear();
    for (const key of saved) this.needed.add(key);
    this.names.main = savedMain;
    return this.member(
      [...inner].filter((key) => key !== this.main.key),
      where,
      true,
    );
  }

  /** main.key [not] in (select key of main through the other tables where …). */
  private member(tables: readonly string[], where: Condition[], negated: boolean): Condition {
    const tree = this.joined(tables, this.main.key);
    const [first] = tree.joins;
    const key = this.main.keys[0];
    if (
      first &&
      first.on.length === 1 &&
      first.on[0] &&
      !usesTable(where, this.main.key) &&
      tree.joins.slice(1).every((join) => join.on.every((pair) => pair.left.table !== this.main.key))
    ) {
      const [pair] = first.on;
      const plan: Plan = {
        ...emptyPlan(first.table, [{ kind: 'column', column: pair.right }]),
        joins: tree.joins.slice(1),
        where,
      };
      return { kind: 'member', column: pair.left, plan, negated };
    }
    if (key === undefined) throw new CannotPlan(`The table ${this.main.display} has no key to tell its rows apart.`);
    const ref = { table: this.main.key, column: key };
    const plan: Plan = { ...emptyPlan(this.main.key, [{ kind: 'column', column: ref }]), joins: tree.joins, where };
    return { kind: 'member', column: ref, plan, negated };
  }

  /** "both in 2014 and 2015": one membership each. */
  private bothCondition(filter: FilterSketch, select: readonly Expression[]): Condition {
    const saved = new Set(this.needed);
    this.needed.clear();
    const made = this.condition({ ...filter, either: false });
    const used = new Set(this.needed);
    this.needed.clear();
    for (const key of saved) this.needed.add(key);
    const [shown] = select;
    const others = [...used].filter((key) => key !== this.main.key);
    if (others.length === 0 && shown?.kind === 'column') {
      return {
        kind: 'member',
        column: shown.column,
        negated: false,
        plan: { ...emptyPlan(this.main.key, [shown]), where: [made] },
      };
    }
    return this.member(others.length > 0 ? others : [...used], [made], false);
  }

  private finish(parts: {
    select: Expression[];
    where: Condition[];
    groups: { expressions: Expression[]; shown: Expression[] }[];
    having: Condition[];
    ordered: { orders: Order[]; limit: number | null; perEntity: boolean };
    aggregated: boolean;
  }): Plan {
    const { where, having, ordered, aggregated } = parts;
    let { select } = parts;
    let countRows = false;
    // one row per thing that has both
    if (
      !aggregated &&
      parts.groups.length === 0 &&
      this.sketch.filters.some((filter) => filter.both) &&
      having.length === 0 &&
      !ordered.perEntity
    ) {
      return this.withJoins({
        select,
        where,
        groupBy: [...select],
        having,
        orderBy: ordered.orders,
        limit: ordered.limit,
        distinct: false,
        countRows,
      });
    }
    const [first] = select;
    const others = select.slice(1);
    const single = first?.kind === 'aggregate' && (first.fn === 'min' || first.fn === 'max') && first.column ? first : null;
    if (
      single?.column &&
      others.length > 0 &&
      others.every((item) => item.kind === 'column') &&
      parts.groups.length === 0 &&
      ordered.orders.length === 0 &&
      having.length === 0
    ) {
      // "the highest price and the name": of the row that has it
      const measure: Expression = { kind: 'column', column: single.column, ...(single.numeric ? { numeric: true } : {}) };
      const orderBy: Order[] = [{ expression: measure, direction: single.fn === 'max' ? 'desc' : 'asc' }];
      return this.withJoins({
        select: [measure, ...others],
        where,
        groupBy: [],
        having,
        orderBy,
        limit: ordered.limit ?? 1,
        distinct: false,
        countRows,
      });
    }
    let groupBy = parts.groups.flatMap((group) => group.expressions);
    const shown = parts.groups.flatMap((group) => group.shown);
    const perGroup = ordered.perEntity || having.length > 0;
    if (parts.groups.length > 0) {
      const missing = shown.filter((item) => !select.some((known) => JSON.stringify(known) === JSON.stringify(item)));
      const named = select.some(
        (item) =>
          item.kind === 'column' && shown.some((group) => group.kind === 'column' && group.column.table === item.column.table),
      );
      const labels = shown.length > 0 && shown.every((item) => item.kind === 'column') && named;
      if (!labels) select = [...missing, ...select];
      if (!aggregated && !perGroup) groupBy = [];
      if (!aggregated && !perGroup) select = parts.select;
    }
    if (groupBy.length === 0 && perGroup) {
      const onlyCount = aggregated && select.every((item) => item.kind === 'aggregate');
      groupBy = this.entityKeys(
        select.filter((item) => item.kind === 'column'),
        onlyCount,
      );
      if (onlyCount && having.length > 0) {
        select = groupBy;
        countRows = true;
      }
    } else if (groupBy.length === 0 && aggregated && select.some((item) => item.kind === 'column')) {
      groupBy = this.entityKeys(
        select.filter((item) => item.kind === 'column'),
        false,
      );
    }
    if (groupBy.length > 0) {
      for (const item of [...select, ...ordered.orders.map((order) => order.expression)]) {
        if (
          (item.kind === 'column' || item.kind === 'period') &&
          !groupBy.some((known) => JSON.stringify(known) === JSON.stringify(item))
        )
          groupBy.push(item);
      }
    }
    const period = groupBy.find((item) => item.kind === 'period');
    const orderBy: Order[] = period && ordered.orders.length === 0 ? [{ expression: period, direction: 'asc' }] : ordered.orders;
    return this.withJoins({ select, where, groupBy, having, orderBy, limit: ordered.limit, distinct: false, countRows });
  }

  /** What makes a group: the key of the entity that is shown, or the shown columns themselves. */
  private entityKeys(shown: Expression[], counting: boolean): Expression[] {
    const tables = [...new Set(shown.flatMap((item) => (item.kind === 'column' ? [item.column.table] : [])))];
    const entity = tables.length === 1 && tables[0] ? this.names.table(tables[0]) : counting ? this.main : undefined;
    if (!entity) return shown;
    const keyed = entity.keys.map((column): Expression => ({ kind: 'column', column: { table: entity.key, column } }));
    // columns of the very table that is counted are values to group by, not rows
    if (entity.key === this.counted?.key && !counting) return shown;
    if (!this.counted && entity.key === this.main.key && this.sketch.orders.some((order) => order.frequency)) return shown;
    const names = shown.some(
      (item) =>
        item.kind === 'column' &&
        (entity.label.some((label) => sameRef(label.ref, item.column)) || entity.keys.includes(item.column.column)),
    );
    if (!names && !counting && shown.length > 0 && !this.names.anchors.has(entity.key)) return shown;
    return keyed.length > 0 ? keyed : shown;
  }

  private withJoins(draft: Omit<Plan, 'from' | 'joins'>): Plan {
    const aggregates = [...draft.select, ...draft.orderBy.map((order) => order.expression)].filter(
      (item) => item.kind === 'aggregate',
    );
    const measured = aggregates.find(
      (item) => item.kind === 'aggregate' && item.column && item.fn !== 'count' && item.fn !== 'min' && item.fn !== 'max',
    );
    const root = (measured?.kind === 'aggregate' ? measured.column?.table : undefined) ?? this.counted?.key ?? this.main.key;
    for (const item of [...draft.select, ...draft.groupBy])
      if (item.kind === 'column' || item.kind === 'period') this.needed.add(item.column.table);
    this.needed.add(this.main.key);
    const shown = [...draft.select, ...draft.groupBy, ...draft.orderBy.map((order) => order.expression)];
    const read = new Set(shown.flatMap((item) => refsOf(item).map((ref) => ref.table)));
    if (
      !read.has(this.main.key) &&
      !usesTable([...draft.where, ...draft.having], this.main.key) &&
      root !== this.main.key &&
      !draft.groupBy.some((item) => item.kind === 'column' && item.column.table === this.main.key) &&
      !draft.select.some((item) => item.kind === 'column' && item.column.table === this.main.key)
    ) {
      if (!this.sketch.entities.some((mention) => this.names.tableOf(mention)?.key === this.main.key))
        this.needed.delete(this.main.key);
    }
    const tree = this.joined([...this.needed], root);
    const plan: Plan = { ...draft, from: root, joins: tree.joins };
    if (tree.multiplies) this.guardAgainstRepeats(plan, tree.tables, measured !== undefined);
    const plain = plan.groupBy.length === 0 && !plan.select.some((item) => item.kind === 'aggregate');
    const wanted = this.sketch.distinct || this.sketch.selects.some((select) => select.distinct && !select.fn);
    if (plain && (wanted || tree.multiplies || this.mayRepeat(plan, tree.joins.length)) && this.ordersByShown(plan))
      plan.distinct = true;
    if (plan.countRows === false) delete plan.countRows;
    return plan;
  }

  /** Columns of the "one" side, reached from many rows, repeat. */
  private mayRepeat(plan: Plan, joins: number): boolean {
    const rooted = plan.select.some((item) => item.kind === 'column' && item.column.table === plan.from);
    return joins > 0 && !rooted;
  }

  private ordersByShown(plan: Plan): boolean {
    return plan.orderBy.every((order) => plan.select.some((item) => JSON.stringify(item) === JSON.stringify(order.expression)));
  }

  /** A join to many rows would count or add rows twice: count keys once, and filter sums through membership. */
  private guardAgainstRepeats(plan: Plan, tables: readonly string[], measured: boolean): void {
    const counted = this.counted;
    if (counted && !measured) {
      const groupTables = new Set(plan.groupBy.flatMap((item) => (item.kind === 'column' ? [item.column.table] : [])));
      const pairs = this.pairsOnly(counted, groupTables, tables);
      const key = counted.keys.length === 1 ? counted.keys[0] : undefined;
      if (pairs || key === undefined) return;
      const once = (item: Expression): Expression =>
        item.kind === 'aggregate' && item.fn === 'count' && !item.column
          ? { kind: 'aggregate', fn: 'count', column: { table: counted.key, column: key }, distinct: true }
          : item;
      plan.select = plan.select.map(once);
      plan.orderBy = plan.orderBy.map((order) => ({ ...order, expression: once(order.expression) }));
      plan.having = plan.having.map((item) => (item.kind === 'compare' ? { ...item, left: once(item.left) } : item));
      return;
    }
    if (measured) this.sumOnce(plan);
  }

  /** Through a link table that holds each pair once, rows of one group are not repeated. */
  private pairsOnly(counted: IndexedTable, groups: ReadonlySet<string>, tables: readonly string[]): boolean {
    if (groups.size !== 1) return false;
    const [group] = groups;
    const between = tables.filter((key) => key !== counted.key && key !== group);
    const links = between.map((key) => this.names.table(key));
    const single = links.length === 1 ? links[0] : undefined;
    if (!single) return false;
    const foreign = new Set(single.table.foreignKeys.flatMap((fk) => fk.columns));
    return single.keys.length === 2 && single.keys.every((column) => foreign.has(column));
  }

  /** Moves conditions on the many side into a membership, so that each measured row counts once. */
  private sumOnce(plan: Plan): void {
    const used = new Set<string>();
    for (const item of [...plan.select, ...plan.groupBy, ...plan.orderBy.map((order) => order.expression)])
      for (const ref of refsOf(item)) used.add(ref.table);
    const key = this.names.table(plan.from)?.keys[0];
    const tree = joinTree(this.index, plan.from, [...used]);
    if (!tree || key === undefined || tree.multiplies)
      throw new CannotPlan('I could not calculate that without counting rows twice.');
    const ref = { table: plan.from, column: key };
    const inner: Plan = { ...emptyPlan(plan.from, [{ kind: 'column', column: ref }]), joins: plan.joins, where: plan.where };
    plan.joins = tree.joins;
    plan.where = [{ kind: 'member', column: ref, plan: inner, negated: false }];
  }
}

export function emptyPlan(from: string, select: Expression[]): Plan {
  return { select, distinct: false, from, joins: [], where: [], groupBy: [], having: [], orderBy: [], limit: null };
}

export function refsOf(expression: Expression): ColumnRef[] {
  if (expression.kind === 'column' || expression.kind === 'period') return [expression.column];
  if (expression.kind === 'aggregate') return expression.column ? [expression.column] : [];
  if (expression.kind === 'arithmetic') return [...refsOf(expression.left), ...refsOf(expression.right)];
  return [];
}

/** What a condition is about; a range's two halves are about the same. */
function leftOf(condition: Condition | undefined): Expression | null {
  if (!condition) return null;
  if (condition.kind === 'any' || condition.kind === 'all') return leftOf(condition.items[0]);
  return condition.kind === 'member' ? null : condition.left;
}

function usesTable(conditions: readonly Condition[], table: string): boolean {
  return conditions.some((condition) => {
    if (condition.kind === 'any' || condition.kind === 'all') return usesTable(condition.items, table);
    if (condition.kind === 'member') return condition.column.table === table;
    return refsOf(condition.left).some((ref) => ref.table === table);
  });
}
