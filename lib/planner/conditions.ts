/** Filters of the sketch as conditions of the plan. */
import type { IndexedColumn } from './catalogue-index';
import type { Period } from './dates';
import { Expressions } from './expressions';
import { joinTree } from './join-tree';
import type { Mention } from './link';
import { CannotPlan, emptyPlan, OPPOSITE, usesTable } from './plan-parts';
import type { CompareOperator, Condition, Expression, Plan } from './schema';
import type { FilterSketch } from './sketch';

export class Conditions extends Expressions {
  protected joined(tables: readonly string[], root: string): NonNullable<ReturnType<typeof joinTree>> {
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

  /** Whether one row of the main table has several rows of that one. */
  protected isMany(table: string): boolean {
    return table !== this.main.key && (joinTree(this.index, this.main.key, [table])?.multiplies ?? false);
  }

  /** main.key [not] in (select key of main through the other tables where …). */
  protected member(tables: readonly string[], where: Condition[], negated: boolean): Condition {
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

  protected conditions(filters: readonly FilterSketch[]): Condition[] {
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

  protected condition(filter: FilterSketch): Condition {
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
      case 'true': {
        const column = filter.mention
          ? this.names.columnFor(filter.mention, { owner: this.ownerKey(filter), kinds: ['boolean'] })
          : null;
        if (!column) throw new CannotPlan('I could not find what should hold.');
        return { kind: 'compare', left: this.columnExpression(column), op: '=', right: !filter.negated, valueType: 'boolean' };
      }
      case 'aggregate':
        return this.aggregateCondition(filter, operand.fn, operand.mention);
      default:
        return this.numberCondition(filter);
    }
  }

  protected ownerKey(filter: { owner?: Mention }): string | undefined {
    return filter.owner ? this.names.tableOf(filter.owner)?.key : undefined;
  }

  protected valueCondition(filter: FilterSketch, mentions: readonly Mention[]): Condition {
    const found = this.names.valueFor(mentions, filter.mention, this.ownerKey(filter));
    const first = mentions[0];
    if (found && filter.negated && this.isMany(found.column.ref.table)) {
      // "sites without routers": none of its rows, not one that is another
      this.denied.add(found.column.ref.table);
      const had = new Set(this.needed);
      const positive = this.valueCondition({ ...filter, negated: false }, mentions);
      this.needed.clear();
      for (const key of had) this.needed.add(key);
      return this.member([found.column.ref.table], [positive], true);
    }
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

  protected textCondition(filter: FilterSketch, text: string, mode: 'contains' | 'starts' | 'ends' | 'equals'): Condition {
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

  protected periodCondition(filter: FilterSketch, period: Period, last?: Period): Condition {
    const owner = this.ownerKey(filter);
    const mention = filter.mention && filter.mention.columns.length > 0 ? filter.mention : null;
    const column =
      (mention ? this.names.columnFor(mention, { owner, kinds: ['date', 'year', 'number'] }) : null) ??
      this.names.dateColumn(this.datedTables(filter.owner), period.year !== undefined, filter.verb);
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
    if (filter.negated && this.sketch.filters.some((other) => other !== filter && other.operand.kind === 'period'))
      throw new CannotPlan('I cannot answer yet what happened at one time but not at another.');
    const op = filter.negated ? OPPOSITE[filter.op] : filter.op;
    if (op === '<') return compare('<', period.from);
    if (op === '<=') return compare('<', to);
    if (op === '>') return compare('>=', to);
    if (op === '>=') return compare('>=', period.from);
    if (op === '<>') return { kind: 'any', items: [compare('<', period.from), compare('>=', to)] };
    return { kind: 'all', items: [compare('>=', period.from), compare('<', to)] };
  }

  protected yearCondition(
    filter: FilterSketch,
    left: Expression,
    column: IndexedColumn,
    period: Period,
    last?: Period,
  ): Condition {
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
  protected measureFor(filter: FilterSketch): IndexedColumn {
    const owner = this.ownerKey(filter);
    const hand = this.tablesAtHand(filter.owner);
    if (filter.mention) {
      const column = this.names.columnFor(filter.mention, { owner, kinds: ['number', 'year'], allowIds: true });
      if (column) return column;
    }
    if (filter.adjective) {
      const found = this.names.adjectiveColumn(filter.adjective, hand);
      if (found && found.column.ref.table !== (owner ?? this.main.key)) this.certainty -= 0.25;
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

  protected numberCondition(filter: FilterSketch): Condition {
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

  protected aggregateCondition(
    filter: FilterSketch,
    fn: 'count' | 'sum' | 'avg' | 'min' | 'max',
    own: Mention | null,
  ): Condition {
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
}
