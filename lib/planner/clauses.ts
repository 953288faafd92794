/** Groups, orders, conditions on groups, absences and memberships. */
import type { IndexedColumn, IndexedTable } from './catalogue-index';
import { Conditions } from './conditions';
import { LISTED, NOT_ADDED } from './expressions';
import { MONEY_WORDS } from './lexicon';
import { lineItems } from './line-items';
import type { Mention } from './link';
import { bestTable, isTable } from './mention';
import { CannotPlan, emptyPlan, leftOf, OPPOSITE } from './plan-parts';
import type { Condition, Expression, Order, Plan } from './schema';
import type { AbsenceSketch, FilterSketch, OrderSketch } from './sketch';

export class Clauses extends Conditions {
  protected selectList(): Expression[] {
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

  protected groupExpressions(): { expressions: Expression[]; shown: Expression[] }[] {
    return this.sketch.groups.flatMap((group) => {
      const { mention, unit } = group;
      if (unit) {
        const column =
          (mention ? this.names.columnFor(mention, { kinds: ['date', 'year'] }) : null) ??
          this.names.dateColumn(this.datedTables(), unit === 'year');
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

  protected groupOfTable(table: IndexedTable): { expressions: Expression[]; shown: Expression[] } {
    this.needed.add(table.key);
    const keys = table.keys.map((column): Expression => ({ kind: 'column', column: { table: table.key, column } }));
    const shown = this.labelOf(table, false).map((column) => this.columnExpression(column));
    return { expressions: keys.length > 0 ? keys : shown, shown };
  }

  protected orders(
    aggregated: boolean,
    grouped: boolean,
    where: Condition[],
  ): { orders: Order[]; limit: number | null; perEntity: boolean } {
    const orders: Order[] = [];
    let limit = this.sketch.limit;
    let perEntity = false;
    for (const order of this.sketch.orders) {
      if (order.fn || order.frequency) {
        const expression = this.orderAggregate(order);
        if (order.frequency) this.leaveOutEmpty(order, where);
        if (order.shown) this.alsoShown.push(expression);
        orders.push({ expression, direction: order.direction });
        perEntity = true;
        limit = order.limit ?? limit;
        continue;
      }
      const ranked = this.rankedTotal(order);
      if (ranked) {
        this.alsoShown.push(ranked);
        orders.push({ expression: ranked, direction: order.direction });
        perEntity = true;
        limit = order.limit ?? limit;
        continue;
      }
      const { column, direction } = this.orderColumn(order);
      const only = this.sketch.selects.length === 1 ? this.sketch.selects[0] : undefined;
      const shown = only?.mention && !only.fn && !this.nounTable(only.mention) ? only.mention : null;
      const attribute = shown ? this.names.columnFor(shown) : null;
      if (
        attribute &&
        !order.extreme &&
        order.limit !== null &&
        !aggregated &&
        !grouped &&
        this.isAttribute(attribute) &&
        this.isMany(column.ref.table) &&
        column.role === 'number'
      )
        throw new CannotPlan(`I could not tell whether ${column.display} is added up for each ${attribute.display}.`);
      const expression = this.columnExpression(column, true);
      const ownerTable = column.ref.table;
      if (!aggregated && !grouped && order.limit === null && this.isMany(ownerTable) && column.role === 'number') {
        const value = this.lineValue(column);
        if (column.words.some((word) => NOT_ADDED.has(word))) throw new CannotPlan(`${column.display} can't be added up.`);
        const total: Expression = value ?? { kind: 'aggregate', fn: 'sum', column: column.ref };
        if (value && !MONEY_WORDS.has(order.mention?.text.toLowerCase() ?? ''))
          throw new CannotPlan(`${column.display} can't be split among ${this.main.display}.`);
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

  /** A column that many rows share, as a region is shared by sites. */
  protected isAttribute(column: IndexedColumn): boolean {
    const table = this.names.table(column.ref.table);
    return column.role === 'text' && !column.isKey && !(table?.label.includes(column) ?? false);
  }

  /** "top 10 cities by revenue": a city has many rows, so the measure is added up for each. */
  protected rankedTotal(order: OrderSketch): Expression | null {
    const [select, other] = this.sketch.selects;
    if (!order.shown || !order.mention || !select?.mention || other || select.fn || this.nounTable(select.mention)) return null;
    const shown = this.names.columnFor(select.mention);
    const table = shown ? this.names.table(shown.ref.table) : undefined;
    if (!shown || shown.isKey || table?.label.includes(shown)) return null;
    const money = MONEY_WORDS.has(order.mention.text.toLowerCase());
    if (!money) throw new CannotPlan(`I could not tell how ${order.mention.text} is taken together for each ${shown.display}.`);
    return this.aggregateExpression({ at: order.at, fn: 'sum', mention: order.mention });
  }

  /** "the most common cause": rows without one are not a cause. */
  protected leaveOutEmpty(order: OrderSketch, where: Condition[]): void {
    const { mention } = order;
    const column = mention && !this.nounTable(mention) ? this.names.columnFor(mention) : null;
    if (!column || column.references || !column.column.nullable || column.ref.table !== this.main.key) return;
    where.push({ kind: 'null', left: { kind: 'column', column: column.ref }, negated: true });
  }

  /** Columns that a condition or an order of a list is about belong into it, next to what names the row. */
  protected showWhatItIsAbout(select: Expression[], where: readonly Condition[], orders: readonly Order[]): Expression[] {
    const table = this.listedTable;
    if (!table) return select;
    const about = [...where.map(leftOf), ...orders.map((order) => order.expression)].flatMap((item) =>
      item?.kind === 'column' && item.column.table === table.key && table.byName.get(item.column.column)?.role !== 'id'
        ? [item]
        : [],
    );
    const key = (item: Expression): string => (item.kind === 'column' ? item.column.column : '');
    const label = table.label.length > 0 ? table.label.length : 1;
    const first = [...select.slice(0, label), ...about.map((item): Expression => ({ kind: 'column', column: item.column }))];
    const named = new Set<string>();
    return [...first, ...select.slice(label)]
      .filter((item) => {
        if (item.kind !== 'column' || item.column.table !== table.key) return true;
        if (named.has(key(item))) return false;
        named.add(key(item));
        return true;
      })
      .slice(0, Math.max(LISTED, first.length));
  }

  protected readonly alsoShown: Expression[] = [];

  protected orderColumn(order: OrderSketch): { column: IndexedColumn; direction: 'asc' | 'desc' } {
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
  protected extremeCondition(order: OrderSketch, column: IndexedColumn, direction: 'asc' | 'desc', table: string): Condition {
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

  protected orderAggregate(order: OrderSketch): Expression {
    if (order.sold) return this.soldPieces();
    if (order.frequency) {
      const table = order.mention ? this.nounTable(order.mention) : null;
      const alone = table?.key === this.main.key && [...this.needed].every((key) => key === table.key);
      if (alone && this.sketch.entities.every((mention) => this.names.tableOf(mention)?.key === table.key))
        return this.soldPieces();
      return { kind: 'aggregate', fn: 'count' };
    }
    const { mention, fn } = order;
    if (fn === 'count' || !fn) {
      if (!mention) return { kind: 'aggregate', fn: 'count' };
      return this.countFor(mention);
    }
    return this.aggregateExpression({ at: order.at, fn, mention, owner: order.owner });
  }

  protected countFor(mention: Mention): Expression {
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

  protected havingCondition(filter: FilterSketch): Condition {
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
  protected absence(absence: AbsenceSketch): Condition {
    const other = absence.sold ? lineItems(this.index, [this.main.key])?.table : this.names.tableOf(absence.mention);
    if (!other) throw new CannotPlan(`I could not find "${absence.mention.text}".`);
    const saved = new Set(this.needed);
    const savedMain = this.names.main;
    this.needed.clear();
    this.names.anchors.add(other.key);
    const measured = this.measuredTable;
    this.measuredTable = other.key;
    const where = this.conditions(absence.filters.filter((filter) => !filter.having));
    this.measuredTable = measured;
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

  /** "both in 2014 and 2015": one membership each. */
  protected bothCondition(filter: FilterSketch, select: readonly Expression[]): Condition {
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
}
