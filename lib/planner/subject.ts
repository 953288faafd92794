/** Finds what a question is about: the main table, the tables that it names, and what a noun means. */
import type { CatalogueIndex, IndexedColumn, IndexedTable } from './catalogue-index';
import { lineItems } from './line-items';
import type { Mention } from './link';
import { bestColumn, bestTable, isTable } from './mention';
import { CannotPlan } from './plan-parts';
import { type Choice, Resolver } from './resolve';
import type { ColumnRef, ValueIndex } from './schema';
import type { Sketch } from './sketch';

export class Subject {
  protected readonly names: Resolver;
  protected readonly assumptions: string[] = [];
  protected certainty = 1;
  /** Tables whose columns are used. */
  protected readonly needed = new Set<string>();

  constructor(
    protected readonly sketch: Sketch,
    protected readonly index: CatalogueIndex,
    protected readonly values: ValueIndex,
    choice: Choice | null,
  ) {
    this.names = new Resolver(index, values, choice);
  }

  protected outside(mention: Mention): boolean {
    return this.sketch.absences.every((absence) => mention.start < absence.at || mention.start >= absence.at + 12);
  }

  protected findMain(): void {
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
    const described = selects.find((select) => select.described)?.described?.values[0];
    const pieces = selects.some((select) => select.sold) ? lineItems(this.index, [])?.table : undefined;
    let table = after && bestTable(after) > 0.5 ? this.names.tableOf(after) : null;
    if (table && !noun && !owned && !about) table = this.mainByColumns(table) ?? table;
    if (described) table = this.names.table(described.table) ?? table;
    table ??= pieces ?? this.mainByColumns(null) ?? this.mainByFilters();
    if (!table) throw new CannotPlan('I could not find a table of this database that the question is about.');
    this.names.main = table.key;
    this.names.anchors.add(table.key);
  }

  /** The table that holds most of the columns that were asked for. */
  protected columnVotes(): Map<string, number> {
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

  protected mainByColumns(named: IndexedTable | null): IndexedTable | null {
    const votes = new Map(this.names.votes);
    for (const key of votes.keys()) if (this.names.anchors.has(key)) votes.set(key, (votes.get(key) ?? 0) + 0.6);
    const best = [...votes].sort((a, b) => b[1] - a[1] || (a[0] < b[0] ? -1 : 1))[0];
    if (!best) return null;
    if (named && (votes.get(named.key) ?? 0) > 0.4) return named;
    if (named && !Number.isFinite(this.index.distance(named.key, best[0]))) return named;
    if (named && this.sketch.selects.every((select) => !select.mention || isTable(select.mention))) return named;
    return this.names.table(best[0]) ?? null;
  }

  protected mainByFilters(): IndexedTable | null {
    for (const filter of this.sketch.filters) {
      if (filter.operand.kind !== 'values') continue;
      const match = filter.operand.mentions[0]?.values[0];
      const table = match ? this.names.table(match.table) : undefined;
      // "books over 20": a row's own name does not say what is to be shown of it
      const named = table?.label.some((label) => label.ref.column === match?.column) ?? false;
      if (table && named && this.sketch.filters.length > 1)
        throw new CannotPlan(`I could not tell what to show of "${filter.operand.mentions[0]?.text ?? ''}".`);
      if (table) return table;
    }
    return null;
  }

  protected get main(): IndexedTable {
    const table = this.names.main ? this.names.table(this.names.main) : undefined;
    if (!table) throw new CannotPlan('I could not find a table of this database that the question is about.');
    return table;
  }

  /** A noun may be a table or a column of the main table ("countries"). */
  protected nounTable(mention: Mention): IndexedTable | null {
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

  protected isAnchor(key: string): boolean {
    return (
      this.names.anchors.has(key) &&
      this.sketch.entities.some((mention) => this.names.tableOf(mention)?.key === key && bestTable(mention) > 0.8)
    );
  }

  protected tablesAtHand(owner?: Mention): string[] {
    const own = owner ? this.names.tableOf(owner)?.key : undefined;
    const near = [...this.index.byKey.keys()].filter((key) => this.index.distance(this.main.key, key) === 1);
    return [...new Set([...(own ? [own] : []), this.main.key, ...this.names.anchors, ...this.needed, ...near])];
  }

  protected use(column: IndexedColumn): ColumnRef {
    this.needed.add(column.ref.table);
    return column.ref;
  }
}
