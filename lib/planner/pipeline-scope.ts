/** Where each table of a plan lies in the documents of a pipeline, and the stages that bring it there. */
import type { ColumnType, PipelineStage, TableRef } from '../adapters/contract';
import { type CatalogueIndex, columnOf } from './catalogue-index';
import { arrayTables, collectionOf, OWNER } from './document-view';
import type { ColumnRef, Join, Plan } from './schema';

export class PipelineScope {
  /** Table key to the path of its fields; '' for the root. */
  private readonly places = new Map<string, string>();
  private hidden = 0;

  constructor(readonly index: CatalogueIndex) {}

  /** The collection that the pipeline runs over. */
  collection(plan: Plan): TableRef {
    return this.tableRef(collectionOf(this.index.catalogue, plan.from));
  }

  private tableRef(key: string): TableRef {
    const table = this.index.byKey.get(key)?.table;
    return table ? { ...(table.schema ? { schema: table.schema } : {}), name: table.name } : { name: key };
  }

  /** A field for the pipeline's own use, which no document has. */
  hide(): string {
    this.hidden += 1;
    return `__${this.hidden}`;
  }

  /** The path of a column's values, without `$`. */
  path(ref: ColumnRef): string {
    const arrays = arrayTables(this.index.catalogue);
    const array = arrays.get(ref.table);
    if (array && ref.column === OWNER) return this.path({ table: array.parent, column: this.keyOf(array.parent) });
    const place = this.places.get(ref.table) ?? '';
    if (array?.plain) return place;
    return place === '' ? ref.column : `${place}.${ref.column}`;
  }

  /** Whether a column holds values of these types only, so that operators which refuse others can be used on it. */
  isUniform(ref: ColumnRef, ...types: ColumnType[]): boolean {
    const column = columnOf(this.index, ref)?.column;
    if (!column) return false;
    const met = column.types?.map(({ type }) => type) ?? [column.type];
    return met.every((type) => types.includes(type));
  }

  private keyOf(key: string): string {
    return arrayTables(this.index.catalogue).has(key) ? OWNER : (this.index.byKey.get(key)?.table.primaryKey[0] ?? '_id');
  }

  /** Puts the first table in place; an array's elements are taken out of its documents. */
  start(key: string): PipelineStage[] {
    const array = arrayTables(this.index.catalogue).get(key);
    if (!array) {
      this.places.set(key, '');
      return [];
    }
    return [...this.start(array.parent), ...this.open(key)];
  }

  /** One document per element of an array whose documents are there already. */
  private open(key: string): PipelineStage[] {
    const array = arrayTables(this.index.catalogue).get(key);
    if (!array) return [];
    const parent = this.places.get(array.parent) ?? '';
    const path = parent === '' ? array.path : `${parent}.${array.path}`;
    this.places.set(key, path);
    return [{ $unwind: `$${path}` }];
  }

  /** Brings a joined table next to what is there. */
  join(join: Join): PipelineStage[] {
    if (this.places.has(join.table)) return [];
    const chain = this.arrayChain(join.table);
    const inside = chain.find((key) => this.places.has(key));
    if (inside !== undefined)
      return chain
        .slice(0, chain.indexOf(inside))
        .reverse()
        .flatMap((key) => this.open(key));
    const [first, ...others] = join.on;
    if (!first) return [];
    const collection = chain.at(-1) ?? join.table;
    const alias = this.alias(collection);
    const from = this.tableRef(collection).name;
    const left = this.path(first.left);
    const foreign = this.pathInside(first.right, chain);
    this.places.set(collection, alias);
    const opened = chain
      .slice(0, -1)
      .reverse()
      .flatMap((key) => this.open(key));
    const stages = [...this.lookup(first, { from, left, foreign, alias }), { $unwind: `$${alias}` }, ...opened];
    const again = opened.length > 0 ? join.on : others;
    if (again.length > 0)
      stages.push({ $match: { $expr: allEqual(again.map((pair) => [this.path(pair.left), this.path(pair.right)])) } });
    return stages;
  }

  /** Keys of different kinds are compared as text; nothing never equals nothing. */
  private lookup(
    pair: { left: ColumnRef; right: ColumnRef },
    { from, left, foreign, alias }: { from: string; left: string; foreign: string; alias: string },
  ): PipelineStage[] {
    const leftColumn = columnOf(this.index, pair.left)?.column;
    const rightColumn = columnOf(this.index, pair.right)?.column;
    const clash = leftColumn && rightColumn && (leftColumn.type === 'text') !== (rightColumn.type === 'text');
    const present: PipelineStage[] = leftColumn?.nullable === false ? [] : [{ $match: { [left]: { $ne: null } } }];
    if (!clash) return [...present, { $lookup: { from, localField: left, foreignField: foreign, as: alias } }];
    const pipeline = [{ $match: { $expr: { $eq: [{ $toString: `$${foreign}` }, '$$key'] } } }];
    return [...present, { $lookup: { from, let: { key: { $toString: `$${left}` } }, pipeline, as: alias } }];
  }

  /** The table, the arrays it lies in, and last the collection. */
  private arrayChain(key: string): string[] {
    const array = arrayTables(this.index.catalogue).get(key);
    return array ? [key, ...this.arrayChain(array.parent)] : [key];
  }

  /** The path of a column within the documents of its collection. */
  private pathInside(ref: ColumnRef, chain: readonly string[]): string {
    const arrays = arrayTables(this.index.catalogue);
    const parts = chain
      .slice(0, -1)
      .reverse()
      .map((key) => arrays.get(key)?.path ?? '');
    if (ref.column === OWNER) return this.keyOf(chain.at(-1) ?? '');
    return [...parts, ...(arrays.get(ref.table)?.plain ? [] : [ref.column])].join('.');
  }

  /** The collection's name, unless a field at the root has it. */
  private alias(collection: string): string {
    const bare = this.tableRef(collection).name.replace(/[.$\0]/g, '_');
    const root = [...this.places].find(([, place]) => place === '')?.[0] ?? '';
    const taken = new Set([
      ...this.places.values(),
      ...(this.index.byKey.get(root)?.table.columns.map((column) => column.name.split('.')[0]) ?? []),
    ]);
    let alias = bare;
    for (let n = 2; taken.has(alias); n++) alias = `${bare}_${n}`;
    return alias;
  }
}

function allEqual(pairs: readonly [string, string][]): Record<string, unknown> {
  const equal = pairs.map(([left, right]) => ({ $eq: [`$${left}`, `$${right}`] }));
  return equal.length === 1 ? (equal[0] ?? {}) : { $and: equal };
}
