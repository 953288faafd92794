/** A login often sees several schemas or databases with tables of the same names: those of the source's own are meant, unless one is named. */
import type { Catalogue } from '../adapters/contract';
import { keyOf } from './catalogue-index';
import type { Plan, ValueIndex } from './schema';

interface Home {
  catalogue: Catalogue;
  /** Tables left out, by key, and the words of their schemas. */
  hidden: ReadonlyMap<string, string>;
}

const homes = new WeakMap<Catalogue, Home>();

/**
 * @param question what a schema may be named in
 * @param previous the plan that a follow-up changes; tables of it stay
 * @returns catalogue and values without tables that have a namesake in the source's own schema; the same ones when nothing is left out
 */
export function homeView(
  catalogue: Catalogue,
  values: ValueIndex,
  question = '',
  previous?: Plan,
): { catalogue: Catalogue; values: ValueIndex } {
  if (catalogue.defaultSchema === undefined) return { catalogue, values };
  const home = homes.get(catalogue) ?? makeHome(catalogue);
  homes.set(catalogue, home);
  if (home.hidden.size === 0) return { catalogue, values };
  const asked = question.toLowerCase();
  const named = [...home.hidden.values()].some((schema) => asked.includes(schema));
  const used = previous && [previous.from, ...previous.joins.map((join) => join.table)].some((key) => home.hidden.has(key));
  if (named || used) return { catalogue, values };
  const shown = (match: { table: string }): boolean => !home.hidden.has(match.table);
  return {
    catalogue: home.catalogue,
    values: {
      ...values,
      find: (words) => values.find(words).filter(shown),
      similar: (word) => values.similar(word).filter(shown),
    },
  };
}

function makeHome(catalogue: Catalogue): Home {
  const own = new Set(
    catalogue.tables.filter((table) => table.schema === catalogue.defaultSchema).map((table) => table.name.toLowerCase()),
  );
  const hidden = new Map<string, string>();
  for (const table of catalogue.tables) {
    if (table.schema === undefined || table.schema === catalogue.defaultSchema) continue;
    if (own.has(table.name.toLowerCase())) hidden.set(keyOf(table), table.schema.toLowerCase());
  }
  const tables = catalogue.tables.filter((table) => !hidden.has(keyOf(table)));
  return { catalogue: hidden.size > 0 ? { ...catalogue, tables } : catalogue, hidden };
}
