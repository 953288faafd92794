import type { Catalogue } from '../adapters/contract';
import type { QuarryError } from '../kernel/errors';
import { nearestNames, tableKey } from '../schema';

/** How the engines name what they did not find. */
const UNKNOWN_TABLE = [
  /relation "([^"]+)" does not exist/i,
  /no such table: ["'`]?([^\s"'`]+)/i,
  /table '([^']+)' doesn't exist/i,
  /there is no collection "([^"]+)"/i,
  /no (?:such )?collection (?:named |called )?["'`]?([^\s"'`]+)/i,
];
const UNKNOWN_COLUMN = [
  /column "?([^\s"]+)"? does not exist/i,
  /no such column: ["'`]?([^\s"'`]+)/i,
  /unknown column '([^']+)'/i,
];

/** Whether the database did not know a table or a column that the query names. */
export function isUnknownName(error: QuarryError): boolean {
  return firstMatch([...UNKNOWN_TABLE, ...UNKNOWN_COLUMN], error.message) !== null;
}

/**
 * Names that exist and are close to the one that the database didn't know. The agent has a fuller analysis; this is what everybody
 * gets, at no cost when nothing failed.
 */
export function hintsFor(error: QuarryError, catalogue: Catalogue): string[] {
  if (error.hints?.length) return error.hints;
  const table = firstMatch(UNKNOWN_TABLE, error.message);
  if (table !== null) {
    return didYouMean(
      nearestNames(
        lastPart(table),
        catalogue.tables.map((t) => t.name),
      ).flatMap((name) => keysOf(catalogue, name)),
    );
  }
  const column = firstMatch(UNKNOWN_COLUMN, error.message);
  if (column === null) return [];
  const owners = new Map<string, string[]>();
  for (const t of catalogue.tables) {
    for (const c of t.columns) owners.set(c.name, [...(owners.get(c.name) ?? []), `${t.name}.${c.name}`]);
  }
  return didYouMean(nearestNames(lastPart(column), owners.keys()).flatMap((name) => owners.get(name)?.slice(0, 2) ?? []));
}

function keysOf(catalogue: Catalogue, name: string): string[] {
  return catalogue.tables
    .filter((t) => t.name === name)
    .map((t) => (t.schema === catalogue.defaultSchema ? t.name : tableKey(t)))
    .slice(0, 2);
}

function firstMatch(patterns: RegExp[], message: string): string | null {
  for (const pattern of patterns) {
    const match = pattern.exec(message);
    if (match?.[1]) return match[1];
  }
  return null;
}

function lastPart(name: string): string {
  return name.slice(name.lastIndexOf('.') + 1);
}

function didYouMean(names: string[]): string[] {
  return names.slice(0, 3).map((name) => `Did you mean ${name}?`);
}
