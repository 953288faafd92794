/** What is shown: columns, names of rows, counts and other measures. */
import type { IndexedColumn, IndexedTable } from './catalogue-index';
import { joinTree } from './join-tree';
import { MONEY_WORDS } from './lexicon';
import { lineItems } from './line-items';
import type { Mention } from './link';
import { bestTable, isTable } from './mention';
import { CannotPlan } from './plan-parts';
import type { Expression } from './schema';
import type { SelectSketch } from './sketch';
import { Subject } from './subject';

/** Columns of a list at most, if the question does not name them. */
export const LISTED = 7;

/** Stems of columns that are of one thing each, or shares. */
export const NOT_ADDED: ReadonlySet<string> = new Set('price rate percent percentag rate averag mean ratio'.split(' '));

export class Expressions extends Subject {
  protected columnExpression(column: IndexedColumn, compared = false): Expression {
    const ref = this.use(column);
    return compared && this.names.needsNumber(column)
      ? { kind: 'column', column: ref, numeric: true }
      : { kind: 'column', column: ref };
  }

  protected columnsOfNoun(select: SelectSketch): IndexedColumn[] {
    const { mention } = select;
    if (!mention && select.described) return this.labelOf(this.describedTable(select.described), this.isOnlySelect(select));
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
  protected readable(column: IndexedColumn, mention: Mention): IndexedColumn[] {
    const target = column.references ? this.names.table(column.references) : undefined;
    const asksKey = /\b(ids?|codes?|numbers?|keys?)\b/i.test(mention.text);
    if (!target || asksKey || target.label.length === 0 || ((column.words.at(-1) === 'id') === asksKey && asksKey))
      return [column];
    if (target.label.some((label) => label.column.type === column.column.type && target.keys.length > 0 && label.isKey))
      return [column];
    return this.names.isNatural(column) ? [column] : target.label;
  }

  protected isOnlySelect(select: SelectSketch): boolean {
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
  protected labelOf(table: IndexedTable, listing: boolean): IndexedColumn[] {
    if (listing) {
      this.listedTable = table;
      const rest = table.columns.filter(
        (column) => !table.label.includes(column) && !column.references && column.role !== 'id' && column.role !== 'other',
      );
      return [...(table.label.length > 0 ? table.label : table.columns.slice(0, 1)), ...rest].slice(0, LISTED);
    }
    if (table.label.length > 0) return table.label;
    const key = table.columns.find((column) => column.isKey) ?? table.columns[0];
    if (!key) throw new CannotPlan(`The table ${table.display} has no columns.`);
    return [key];
  }

  protected askedColumns(select: SelectSketch): IndexedColumn[] {
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

  protected selectExpressions(select: SelectSketch): Expression[] {
    if (!select.fn) return this.columnsOfNoun(select).map((column) => this.columnExpression(column));
    if (select.fn === 'count') return [this.countExpression(select)];
    return [this.aggregateExpression(select)];
  }

  protected aggregateExpression(select: SelectSketch): Expression {
    const { mention, fn } = select;
    if (select.sold) return this.soldPieces();
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
    if (fn === 'sum' && column.words.some((word) => ['percent', 'percentag', 'rate', 'ratio', 'averag'].includes(word)))
      throw new CannotPlan(`${column.display} is a share, and shares can't be added up.`);
    const value = fn === 'sum' && MONEY_WORDS.has(mention.text.toLowerCase()) ? this.lineValue(column) : null;
    if (value) return value;
    this.measuredTable ??= column.ref.table;
    const expression: Expression = { kind: 'aggregate', fn, column: this.use(column) };
    return this.names.needsNumber(column) ? { ...expression, numeric: true } : expression;
  }

  /** Where to look for a date: the table that is measured, what it belongs to (orders rather than products), then those at hand. */
  protected datedTables(owner?: Mention): string[] {
    const measured = this.measuredTable;
    if (!measured) return this.tablesAtHand(owner);
    const parents = (this.index.edges.get(measured) ?? []).filter((edge) => !edge.many).map((edge) => edge.to);
    const happens = (key: string): boolean => {
      const table = this.names.table(key);
      return (
        table?.columns.some(
          (column) => column.role === 'date' && column.words.some((word) => table.words.some((name) => name.startsWith(word))),
        ) ?? false
      );
    };
    return [...new Set([measured, ...parents.filter(happens), ...this.tablesAtHand(owner)])];
  }

  /** Tables whose rows the figures are for: those grouped by, and the one that the question is about. */
  protected measuredFor(): string[] {
    const groups = this.sketch.groups.flatMap(({ mention }) => {
      if (!mention) return [];
      const table = this.nounTable(mention) ?? this.names.table(this.names.columnFor(mention)?.ref.table ?? '');
      return table ? [table.key] : [];
    });
    // a value that only tables below hold: "revenue of books"
    const valued = this.sketch.filters
      .flatMap(({ operand }) => (operand.kind === 'values' ? operand.mentions : []))
      .flatMap((mention) => {
        const best = mention.values.filter(({ score }) => score >= (mention.values[0]?.score ?? 0));
        const [first] = best;
        return first && best.every((match) => match.table === first.table) ? [first.table] : [];
      });
    return [...new Set([this.main.key, ...groups, ...valued])];
  }

  /** An order's amount can't be split among its products: quantity times price of its lines can. */
  protected lineValue(amount: IndexedColumn): Expression | null {
    const targets = this.measuredFor();
    if (targets.every((key) => !(joinTree(this.index, amount.ref.table, [key])?.multiplies ?? false))) return null;
    const lines = lineItems(
      this.index,
      targets.filter((key) => key !== amount.ref.table),
    );
    if (!lines?.price) return null;
    this.measuredTable ??= lines.table.key;
    this.assumptions.push(
      `The value of a line is its ${lines.quantity.display} times its ${lines.price.display}${lines.discounted ? ', before any discount' : ''}.`,
    );
    return { kind: 'aggregate', fn: 'sum', column: this.use(lines.price), times: this.use(lines.quantity) };
  }

  /** How many pieces were sold of what the question is about. */
  protected soldPieces(): Expression {
    const targets = this.measuredFor();
    const lines = lineItems(
      this.index,
      targets.filter((key) => lineItems(this.index, [key]) !== null),
    );
    if (!lines || (lines.table.key === this.main.key && targets.length === 1 && this.sketch.orders.some((order) => order.sold)))
      throw new CannotPlan('I could not find where this database keeps how many of each were sold.');
    this.measuredTable ??= lines.table.key;
    this.assumptions.push(`"Sold" is the ${lines.quantity.display} of ${lines.table.display}.`);
    return { kind: 'aggregate', fn: 'sum', column: this.use(lines.quantity) };
  }

  /** "total sales", "total orders" in money: the table's amount, if it has one only. */
  protected moneyOf(table: IndexedTable | null): IndexedColumn | null {
    const found =
      table?.columns.filter(
        (column) =>
          column.role === 'number' && column.core.some((word) => ['amount', 'total', 'price', 'revenu', 'valu'].includes(word)),
      ) ?? [];
    return found[0] ?? null;
  }

  protected countExpression(select: SelectSketch): Expression {
    const { mention } = select;
    if (select.described) return this.rowCount(this.describedTable(select.described), false);
    if (!mention) return this.rowCount(this.countedTable(), false);
    const table = this.names.tableOf(mention);
    if (table && isTable(mention) && (this.nounTable(mention) ?? (select.distinct ? null : table))) {
      this.names.used.set(mention, bestTable(mention));
      return this.rowCount(table, false);
    }
    const column = this.names.columnFor(mention);
    if (!column) throw new CannotPlan(`I could not find "${mention.text}" to count.`);
    if (column.role === 'number' && !column.isKey && !column.references && !select.distinct) {
      if (column.words.some((word) => NOT_ADDED.has(word))) throw new CannotPlan(`I could not find "${mention.text}" to count.`);
      this.assumptions.push(`"${mention.text}" is added up from ${column.display}.`);
      return { kind: 'aggregate', fn: 'sum', column: this.use(column) };
    }
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

  /** The table of "routers", where that is a kind of device; a row's own name is not counted. */
  protected describedTable(mention: Mention): IndexedTable {
    const found = this.names.valueFor([mention], null);
    const table = found ? this.names.table(found.column.ref.table) : undefined;
    if (!found || !table || table.label.includes(found.column))
      throw new CannotPlan(`I could not tell what to count for "${mention.text}".`);
    return table;
  }

  /** "and the number": rows of what was named last beside the main table. */
  protected countedTable(): IndexedTable {
    const other = this.sketch.entities
      .map((mention) => this.names.tableOf(mention))
      .find((table) => table && table.key !== this.main.key);
    return other ?? this.main;
  }

  protected rowCount(table: IndexedTable, distinct: boolean): Expression {
    this.needed.add(table.key);
    this.counted = table;
    const key = table.keys[0];
    return distinct && key !== undefined
      ? { kind: 'aggregate', fn: 'count', column: { table: table.key, column: key }, distinct: true }
      : { kind: 'aggregate', fn: 'count' };
  }

  /** The table whose figures are added up: a period is about its dates. */
  protected measuredTable: string | null = null;
  /** Tables of which there are to be no rows: they are not joined. */
  protected readonly denied = new Set<string>();
  /** The table whose rows are shown with the columns that tell most. */
  protected listedTable: IndexedTable | null = null;
  protected counted: IndexedTable | null = null;
}
