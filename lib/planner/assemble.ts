/** Turns a sketch into a typed plan: resolves names, finds the join tree, keeps counts and averages from being inflated. */
import type { CatalogueIndex, IndexedTable } from './catalogue-index';
import { Clauses } from './clauses';
import { joinTree } from './join-tree';
import { bestColumn, bestTable } from './mention';
import { CannotPlan, emptyPlan, leftOf, refsOf, sameRef, usesTable } from './plan-parts';
import type { Choice, Doubt } from './resolve';
import type { ColumnRef, Condition, Expression, Order, Plan, ValueIndex } from './schema';
import type { Sketch } from './sketch';

export interface Assembly {
  plan: Plan;
  assumptions: string[];
  /** Between 0 and 1: what the certainty of names and joins leaves. */
  certainty: number;
  doubts: Doubt[];
}

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

class Assembler extends Clauses {
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
  protected changeConditions(plan: Plan): boolean {
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

  protected changeGroups(plan: Plan): boolean {
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
    // A series over time comes in the order of time, as in a question of its own.
    const period = plan.groupBy.find((item) => item.kind === 'period');
    if (period && plan.orderBy.length === 0) plan.orderBy = [{ expression: period, direction: 'asc' }];
    plan.distinct = false;
    return true;
  }

  protected changeMeasure(plan: Plan, counting: boolean): boolean {
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

  protected percentagePlan(): Plan {
    const { sketch } = this;
    const conditions = this.conditions(sketch.filters.filter((filter) => !filter.having));
    if (conditions.length === 0) throw new CannotPlan('I could not tell the share of what.');
    const condition: Condition = conditions.length === 1 && conditions[0] ? conditions[0] : { kind: 'all', items: conditions };
    const tree = this.joined([...this.needed], this.main.key);
    if (tree.multiplies) throw new CannotPlan('I could not calculate that share without counting rows twice.');
    return { ...emptyPlan(this.main.key, [{ kind: 'percentage', condition }]), joins: tree.joins };
  }

  protected plan(): Plan {
    const { sketch } = this;
    this.splitContradictions();
    const plain = sketch.filters.filter((filter) => !filter.having && !filter.both);
    const both = sketch.filters.filter((filter) => filter.both && !filter.having);
    const havings = sketch.filters.filter((filter) => filter.having);
    let select = this.selectList();
    const where = this.conditions(plain);
    const aggregated = select.some((item) => item.kind !== 'column' && item.kind !== 'period');
    const groups = this.groupExpressions();
    const ordered = this.orders(aggregated, groups.length > 0, where);
    select = [...this.showWhatItIsAbout(select, where, ordered.orders), ...this.alsoShown];
    const having = havings.map((filter) => this.havingCondition(filter));
    for (const absence of sketch.absences) where.push(this.absence(absence));
    for (const filter of both.length > 1 ? both : []) where.push(this.bothCondition(filter, select));
    if (both.length === 1 && both[0]) where.push(this.condition(both[0]));
    this.joinNamed(groups.length > 0 || aggregated);
    if (sketch.ranked && ordered.orders.length === 0 && !aggregated)
      throw new CannotPlan('I could not tell what the top is measured by. Say "by" and what, as in "top 10 by amount".');
    if (sketch.averageCount) select = [this.averageCount(select, groups)];
    const made = this.finish({ select, where, groups: sketch.averageCount ? [] : groups, having, ordered, aggregated });
    if (this.listedTable && made.groupBy.length === 0) made.rows = true;
    return made;
  }

  /** Rows divided by the groups that have any. */
  protected averageCount(select: readonly Expression[], groups: readonly { expressions: Expression[] }[]): Expression {
    const [counted] = select;
    const [key, other] = groups[0]?.expressions ?? [];
    if (
      counted?.kind !== 'aggregate' ||
      counted.fn !== 'count' ||
      counted.column ||
      select.length > 1 ||
      groups.length !== 1 ||
      key?.kind !== 'column' ||
      other ||
      this.sketch.filters.some((filter) => filter.having) ||
      this.sketch.orders.length > 0
    )
      throw new CannotPlan('I could not tell of what the average is taken.');
    const table = this.names.table(key.column.table);
    this.assumptions.push(`Only ${table?.display ?? key.column.table} that have any are counted.`);
    return {
      kind: 'arithmetic',
      op: '/',
      left: counted,
      right: { kind: 'aggregate', fn: 'count', column: key.column, distinct: true },
    };
  }

  /** "a singer above 40 and a singer below 30": no row is both, so each condition is about a row of its own. */
  protected splitContradictions(): void {
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
  protected joinNamed(aggregated: boolean): void {
    for (const mention of this.sketch.entities) {
      if (!this.outside(mention) || this.sketch.absences.length > 0) continue;
      const table = this.names.tableOf(mention);
      if (!table || this.denied.has(table.key) || table.key === this.main.key || bestTable(mention) < 0.74) continue;
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

  protected finish(parts: {
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
  protected entityKeys(shown: Expression[], counting: boolean): Expression[] {
    const tables = [...new Set(shown.flatMap((item) => (item.kind === 'column' ? [item.column.table] : [])))];
    const entity = tables.length === 1 && tables[0] ? this.names.table(tables[0]) : counting ? this.main : undefined;
    if (!entity) return shown;
    const keyed = entity.keys.map((column): Expression => ({ kind: 'column', column: { table: entity.key, column } }));
    // columns of the very table that is counted are values to group by, not rows
    if (entity.key === this.counted?.key && !counting) return shown;
    if (
      entity.key === this.measuredTable &&
      !counting &&
      !shown.some((item) => item.kind === 'column' && this.namesRow(entity, item.column))
    )
      return shown;
    if (!this.counted && entity.key === this.main.key && this.sketch.orders.some((order) => order.frequency)) return shown;
    const names = shown.some((item) => item.kind === 'column' && this.namesRow(entity, item.column));
    if (!names && !counting && shown.length > 0 && !this.names.anchors.has(entity.key)) return shown;
    return keyed.length > 0 ? keyed : shown;
  }

  /** A column that tells the rows of its table apart. */
  protected namesRow(entity: IndexedTable, column: ColumnRef): boolean {
    return entity.label.some((label) => sameRef(label.ref, column)) || entity.keys.includes(column.column);
  }

  protected withJoins(draft: Omit<Plan, 'from' | 'joins'>): Plan {
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
    const own = this.counted?.keys.length === 1 ? { table: this.counted.key, column: this.counted.keys[0] ?? '' } : null;
    const counts = draft.select.some((item) => item.kind === 'aggregate' && item.fn === 'count' && !item.column);
    if (own && counts && !tree.multiplies && draft.groupBy.some((item) => item.kind === 'column' && sameRef(item.column, own)))
      throw new CannotPlan(`Each of the ${this.counted?.display} would be counted by itself.`);
    const plan: Plan = { ...draft, from: root, joins: tree.joins };
    if (tree.multiplies) this.guardAgainstRepeats(plan, tree.tables, measured !== undefined);
    const plain = plan.groupBy.length === 0 && plan.select.every((item) => item.kind === 'column' || item.kind === 'period');
    const wanted = this.sketch.distinct || this.sketch.selects.some((select) => select.distinct && !select.fn);
    if (plain && (wanted || tree.multiplies || this.mayRepeat(plan, tree.joins.length)) && this.ordersByShown(plan))
      plan.distinct = true;
    if (plan.countRows === false) delete plan.countRows;
    return plan;
  }

  /** Columns of the "one" side, reached from many rows, repeat. */
  protected mayRepeat(plan: Plan, joins: number): boolean {
    const rooted = plan.select.some((item) => item.kind === 'column' && item.column.table === plan.from);
    return joins > 0 && !rooted;
  }

  protected ordersByShown(plan: Plan): boolean {
    return plan.orderBy.every((order) => plan.select.some((item) => JSON.stringify(item) === JSON.stringify(order.expression)));
  }

  /** A join to many rows would count or add rows twice: count keys once, and filter sums through membership. */
  protected guardAgainstRepeats(plan: Plan, tables: readonly string[], measured: boolean): void {
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
  protected pairsOnly(counted: IndexedTable, groups: ReadonlySet<string>, tables: readonly string[]): boolean {
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
  protected sumOnce(plan: Plan): void {
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
