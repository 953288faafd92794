/** Questions that this schema can answer, for the empty page and after a decline. Each was planned before it is offered. */
import type { Catalogue } from '../adapters/contract';
import { assemble } from './assemble';
import { type CatalogueIndex, type IndexedColumn, type IndexedTable, indexCatalogue } from './catalogue-index';
import { documentView } from './document-view';
import { homeView } from './home-schema';
import { CannotPlan } from './plan-parts';
import { confidenceOf, readQuestion } from './reading';
import type { ValueIndex } from './schema';
import { buildValueIndex } from './value-index';
import { stem } from './words';

type Kind = 'count' | 'group' | 'top' | 'time' | 'filter' | 'join' | 'average' | 'list';

interface Candidate {
  kind: Kind;
  question: string;
  table: string;
}

const SURE = 0.85;
const NO_VALUES = buildValueIndex([]);
/** Suggestions don't depend on the day on which they are made. */
const ANY_DAY = new Date('2024-06-15T00:00:00Z');

function plural(phrase: string): string {
  const last = phrase.split(' ').at(-1) ?? '';
  if (stem(last) !== stem(last.replace(/s$/, '')) || !last.endsWith('s')) {
    if (/(s|x|z|ch|sh)$/.test(last)) return `${phrase}es`;
    if (/[^aeiou]y$/.test(last)) return `${phrase.slice(0, -1)}ies`;
    return `${phrase}s`;
  }
  return phrase;
}

const singular = (phrase: string): string =>
  phrase
    .replace(/ies$/, 'y')
    .replace(/(?<=(s|x|z|ch|sh))es$/, '')
    .replace(/(?<![su])s$/, '');

/** Tables that people ask about: named rows, much referred to, many rows. */
function ranked(index: CatalogueIndex): IndexedTable[] {
  const referred = new Map<string, number>();
  for (const table of index.tables)
    for (const column of table.columns)
      if (column.references) referred.set(column.references, (referred.get(column.references) ?? 0) + 1);
  const weight = (table: IndexedTable): number =>
    (referred.get(table.key) ?? 0) +
    (table.label.length > 0 ? 1 : 0) +
    Math.log10((table.table.rowEstimate ?? 1) + 1) / 2 +
    (table.columns.some((column) => column.role === 'number') ? 0.5 : 0) -
    (table.junction ? 3 : 0);
  return [...index.tables].sort((a, b) => weight(b) - weight(a) || (a.key < b.key ? -1 : 1)).slice(0, 12);
}

const measureOf = (table: IndexedTable): IndexedColumn | undefined => {
  const numbers = table.columns.filter(
    (column) =>
      column.role === 'number' &&
      !column.words.includes('id') &&
      !/^(lat|longitud|latitud|port|phone|zip|postal|version|code|number)/.test(column.words.join(' ')),
  );
  return (
    numbers.find((column) =>
      column.words.some((word) =>
        [
          'total',
          'amount',
          'price',
          'cost',
          'salari',
          'revenu',
          'valu',
          'quantiti',
          'score',
          'rate',
          'age',
          'capac',
          'popul',
        ].includes(word),
      ),
    ) ?? numbers[0]
  );
};

function categoryOf(table: IndexedTable, values: ValueIndex): { column: IndexedColumn; value: string | undefined } | undefined {
  for (const column of table.columns) {
    if ((column.role !== 'text' && column.column.type !== 'enum') || table.label.includes(column)) continue;
    const profile = values.profile(column.ref.table, column.ref.column);
    if (
      /(^| )(email|phone|telephon|url|address|descript|comment|note|name|titl|reason|text|password|token|hash|uuid|ip|mac|version)/.test(
        column.words.join(' '),
      )
    )
      continue;
    const labels = column.column.enumValues ?? profile?.sample ?? [];
    if (profile && (profile.distinct < 2 || profile.distinct > 40 || profile.numeric || profile.dates)) continue;
    if (labels.length === 0 && !/(status|stat|type|countri|citi|categori|gender|kind|state|region)/.test(column.words.join(' ')))
      continue;
    const value = labels.find((label) => label.length > 1 && label.length < 25 && /^\p{L}/u.test(label));
    return { column, value };
  }
  return undefined;
}

function candidatesOf(index: CatalogueIndex, values: ValueIndex): Candidate[] {
  const out: Candidate[] = [];
  for (const table of ranked(index)) {
    const many = plural(table.display);
    const one = singular(table.display);
    const push = (kind: Kind, question: string): void => void out.push({ kind, question, table: table.key });
    const measure = measureOf(table);
    const category = categoryOf(table, values);
    const dated = table.columns.find((column) => column.role === 'date' && !column.words.includes('birth'));
    if (category) push('group', `How many ${many} are there for each ${category.column.display}?`);
    if (measure && table.label.length > 0) push('top', `Which 5 ${many} have the highest ${measure.display}?`);
    if (dated)
      push(
        'time',
        measure && /(total|amount|revenu|quantiti|price|cost|payment|sale)/.test(measure.words.join(' '))
          ? `What is the total ${measure.display} of ${many} per month?`
          : `How many ${many} are there per month?`,
      );
    if (dated) push('time', `How many ${many} are there per year?`);
    if (category?.value)
      push(
        'filter',
        `How many ${many} have the ${category.column.display} ${/^[\p{L}\p{N}]+$/u.test(category.value) ? category.value : `"${category.value}"`}?`,
      );
    if (measure) push('average', `What is the average ${measure.display} of ${many}?`);
    for (const column of table.columns) {
      const parent = column.references ? index.byKey.get(column.references) : undefined;
      if (parent && parent !== table && parent.label.length > 0)
        push('join', `Which ${singular(parent.display)} has the most ${many}?`);
    }
    push('count', `How many ${many} are there?`);
    if (table.label.length > 0)
      push('list', `List the ${table.label.map((column) => column.display).join(' and ')} of each ${one}.`);
  }
  return out;
}

function isSure(question: string, index: CatalogueIndex, values: ValueIndex): boolean {
  try {
    const reading = readQuestion(question, index, values, ANY_DAY);
    const assembly = assemble(reading.sketch, index, values);
    return assembly.doubts.length === 0 && confidenceOf(reading, assembly, index) >= SURE;
  } catch (error) {
    if (error instanceof CannotPlan) return false;
    throw error;
  }
}

const suggested = new WeakMap<Catalogue, Map<string, string[]>>();

/**
 * Varied questions (count, group, top, time, filter, join) over different tables, each of which the planner answers surely.
 * @param count how many at most; default 6
 */
export function suggestQuestions(given: Catalogue, sampled: ValueIndex = NO_VALUES, count = 6): string[] {
  const home = homeView(given, sampled);
  const { catalogue, values } = documentView(home.catalogue, home.values);
  const known = suggested.get(catalogue) ?? new Map<string, string[]>();
  const key = `${count}:${sampled === NO_VALUES}`;
  const before = known.get(key);
  if (before) return before;
  const index = indexCatalogue(catalogue);
  const chosen: Candidate[] = [];
  const candidates = candidatesOf(index, values);
  const kinds: Kind[] = ['join', 'group', 'top', 'time', 'filter', 'count', 'average', 'list'];
  for (let round = 0; round < 3 && chosen.length < count; round++) {
    for (const kind of kinds) {
      if (chosen.length >= count) break;
      const usage = (table: string): number => chosen.filter((entry) => entry.table === table).length;
      const open = candidates
        .filter((entry) => entry.kind === kind && !chosen.includes(entry))
        .sort((a, b) => usage(a.table) - usage(b.table));
      const found = open.slice(0, 8).find((entry) => isSure(entry.question, index, values));
      if (found) chosen.push(found);
    }
  }
  const questions = chosen.map((entry) => entry.question);
  known.set(key, questions);
  suggested.set(catalogue, known);
  return questions;
}
