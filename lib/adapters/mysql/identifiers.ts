import type { TableRef } from '../contract';
import { RESERVED_WORDS } from './words';

/** An identifier as it must be written to mean exactly this name: bare when it can be, else in backticks (manual, 11.2). */
export function quoteIdentifier(name: string): string {
  if (/^[A-Za-z_][A-Za-z0-9_$]*$/.test(name) && !RESERVED_WORDS.has(name.toUpperCase())) return name;
  return `\`${name.replaceAll('`', '``')}\``;
}

/** @param defaultSchema the database in which a bare name is found */
export function qualify(table: TableRef, defaultSchema?: string): string {
  const name = quoteIdentifier(table.name);
  return table.schema === undefined || table.schema === defaultSchema ? name : `${quoteIdentifier(table.schema)}.${name}`;
}
