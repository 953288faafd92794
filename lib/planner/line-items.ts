/** Lines of orders: a table with a quantity, and maybe the price of one, that refers to what was sold. */
import type { CatalogueIndex, IndexedColumn, IndexedTable } from './catalogue-index';
import { joinTree } from './join-tree';

export interface LineItems {
  table: IndexedTable;
  quantity: IndexedColumn;
  /** Of one piece. */
  price: IndexedColumn | null;
  /** A column says how much is taken off. */
  discounted: boolean;
}

const QUANTITIES = ['quantiti', 'piec', 'unit'];
const PRICES = ['price', 'cost'];

/**
 * @param targets tables that each line must belong to one row of
 * @returns the nearest such table, or null
 */
export function lineItems(index: CatalogueIndex, targets: readonly string[]): LineItems | null {
  const found = index.tables.flatMap((table) => {
    const numbers = table.columns.filter((column) => column.role === 'number');
    const price = numbers.find(({ core }) => PRICES.some((word) => core.includes(word))) ?? null;
    const quantity = numbers.find((column) => column !== price && QUANTITIES.some((word) => column.core.includes(word)));
    const refers = (index.edges.get(table.key) ?? []).filter((edge) => !edge.many).length;
    const tree = quantity && refers >= 2 ? joinTree(index, table.key, targets) : null;
    if (!quantity || !tree || tree.multiplies) return [];
    if (tree.joins.length === 0 && targets.length > 0 && !targets.includes(table.key)) return [];
    const discounted = table.columns.some(({ words }) => words.includes('discount') || words.includes('rebat'));
    return [{ table, quantity, price, discounted, cost: tree.cost - (price ? 0.5 : 0) }];
  });
  return found.sort((a, b) => a.cost - b.cost)[0] ?? null;
}
