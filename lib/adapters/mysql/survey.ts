import type { TableRef } from '../contract';
import { functionRule } from './builtin-functions';
import { relationRefusal } from './forbidden';

/** What is met on the way through a statement. */
export class Survey {
  readonly tables = new Map<string, TableRef>();
  readonly functions = new Set<string>();
  readonly unverified = new Set<string>();
  parameterCount = 0;
  deterministic = true;
  refusal: string | undefined;

  /** @param hidden names of common table expressions that can be seen here; they hide tables of the same name without a schema */
  table(table: TableRef, hidden: ReadonlySet<string>): void {
    if (table.schema === undefined && hidden.has(table.name)) return;
    this.tables.set(JSON.stringify([table.schema, table.name]), table);
    const refusal = relationRefusal(table);
    if (refusal) this.refuse(refusal);
  }

  /** @param parts of the name as written, at most schema and name */
  call(parts: readonly string[], argumentCount: number): void {
    const written = parts.join('.');
    const name = written.toLowerCase();
    this.functions.add(name);
    const rule = parts.length === 1 ? functionRule(name) : 'unknown';
    if (rule === 'refused') {
      this.refuse(`The function ${name} is not allowed: it reaches beyond the tables of this database, or changes something.`);
    } else if (rule === 'unknown') {
      this.unverified.add(written);
      this.deterministic = false; // the customer's own
    } else if (rule === 'changing' || (rule === 'changing without arguments' && argumentCount === 0)) {
      this.deterministic = false;
    }
  }

  refuse(sentence: string): void {
    this.refusal ??= sentence;
  }
}
