import type { TableRef } from '../contract';
import { RESERVED_WORDS } from './reserved-words';

/** An identifier as it must be written to mean exactly this name: bare when it can be, else in double quotes (manual, 4.1.1). */
export function quoteIdentifier(name: string): string {
  if (/^[a-z_][a-z0-9_$]*$/.test(name) && !RESERVED_WORDS.has(name)) return name;
  return `"${name.replaceAll('"', '""')}"`;
}

/** @param defaultSchema the schema in which a bare name is found */
export function qualify(table: TableRef, defaultSchema?: string): string {
  const name = quoteIdentifier(table.name);
  return table.schema === undefined || table.schema === defaultSchema ? name : `${quoteIdentifier(table.schema)}.${name}`;
}
