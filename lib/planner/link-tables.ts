/** Which tables a question needs: for the page's hints and for the tables that a model is shown. */
import type { Catalogue, CatalogueTable } from '../adapters/contract';
import { indexCatalogue } from './catalogue-index';
import { joinTree } from './join-tree';
import { linkMentions } from './link';
import type { ValueIndex } from './schema';
import { buildValueIndex } from './value-index';
import { tokenise } from './words';

export interface LinkedTables {
  /** The linked tables, best first, then the tables that only connect them. */
  tables: CatalogueTable[];
  /** Score per table key of the linked ones. */
  scores: Record<string, number>;
}

const NO_VALUES = buildValueIndex([]);

/**
 * @param options.max tables at most; tables of the join paths come on top (D8)
 * @param options.values real values, so that "in Paris" finds the table of cities
 */
export function linkTables(question: string, catalogue: Catalogue, options: { max: number; values?: ValueIndex }): LinkedTables {
  const index = indexCatalogue(catalogue);
  const scores = new Map<string, number>();
  const add = (key: string, score: number): void => void scores.set(key, (scores.get(key) ?? 0) + score);
  for (const mention of linkMentions(tokenise(question), index, options.values ?? NO_VALUES, new Set())) {
    const perTable = new Map<string, number>();
    const note = (key: string, score: number): void => void perTable.set(key, Math.max(perTable.get(key) ?? 0, score));
    for (const { table, score } of mention.tables) note(table.key, score >= 0.95 ? 2 : score);
    // a word that many tables share ("name") says little about which
    const spread = new Set(mention.columns.map(({ column }) => column.ref.table)).size || 1;
    for (const { column, score } of mention.columns)
      note(column.ref.table, score * (score >= 0.95 ? 1 : 0.7) * Math.min(1, 2 / spread));
    const places = new Set(mention.values.map((match) => match.table)).size || 1;
    for (const match of mention.values) note(match.table, match.score * Math.min(1, 2 / places));
    for (const [key, score] of perTable) add(key, score);
  }
  const ranked = [...scores].sort((a, b) => b[1] - a[1] || (a[0] < b[0] ? -1 : 1)).slice(0, options.max);
  const chosen = ranked.map(([key]) => key);
  const keys = new Set(chosen);
  const [root] = chosen;
  if (root !== undefined) {
    for (const key of chosen.slice(1)) for (const passed of joinTree(index, root, [key])?.tables ?? []) keys.add(passed);
  }
  return {
    tables: [...keys].flatMap((key) => index.byKey.get(key)?.table ?? []),
    scores: Object.fromEntries(ranked),
  };
}
