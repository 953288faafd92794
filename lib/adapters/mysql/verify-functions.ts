import { QuarryError } from '../../kernel/errors';
import { mayBeBuiltIn } from './builtin-functions';
import type { MysqlConnection, Shared } from './connection';

/** How long what a function is declared as is believed. */
const BELIEVED_MS = 300_000;

/**
 * Lets the customer's own functions run when they are declared to change nothing: NO SQL, READS SQL DATA, or (saying nothing of data)
 * DETERMINISTIC. MySQL's default says neither. A name that isn't found is refused too: it may be a loadable function, which is code of
 * the server's machine and stands in no catalogue that an ordinary login can read.
 * @param names as they stand in the query, with their schema when written so
 * @throws QuarryError query.refused
 */
export async function verifyFunctions(connection: MysqlConnection, shared: Shared, names: readonly string[]): Promise<void> {
  const now = Date.now();
  const unknown = names.filter((name) => (shared.functions.get(name)?.until ?? 0) < now);
  if (unknown.length > 0) {
    const found = await lookUp(connection, unknown);
    for (const name of unknown)
      shared.functions.set(name, { refusal: refusalOf(name, found.get(name)), until: now + BELIEVED_MS });
  }
  for (const name of names) {
    const refusal = shared.functions.get(name)?.refusal;
    if (refusal) throw new QuarryError('query.refused', refusal, { stage: 'validate', details: { function: name } });
  }
}

interface Declaration {
  access: string;
  deterministic: boolean;
}

async function lookUp(connection: MysqlConnection, names: readonly string[]): Promise<Map<string, Declaration>> {
  const conditions = names.map((name) => {
    const dot = name.indexOf('.');
    const schema = dot < 0 ? 'DATABASE()' : literal(name.slice(0, dot));
    return `(ROUTINE_SCHEMA = ${schema} AND ROUTINE_NAME = ${literal(name.slice(dot + 1))})`;
  });
  const rows = await connection.rows(
    `SELECT ROUTINE_SCHEMA, ROUTINE_NAME, SQL_DATA_ACCESS, IS_DETERMINISTIC, ROUTINE_SCHEMA = DATABASE() FROM information_schema.ROUTINES
     WHERE ROUTINE_TYPE = 'FUNCTION' AND (${conditions.join(' OR ')})`,
  );
  const found = new Map<string, Declaration>();
  for (const [schema, routine, access, deterministic, isDefault] of rows) {
    const declaration = { access: access ?? '', deterministic: deterministic === 'YES' };
    for (const name of names) {
      const qualified = `${schema}.${routine}`.toLowerCase();
      const bare = isDefault === '1' && name.toLowerCase() === routine?.toLowerCase();
      if (bare || name.toLowerCase() === qualified) found.set(name, declaration);
    }
  }
  return found;
}

function refusalOf(name: string, declaration: Declaration | undefined): string | null {
  if (!declaration && mayBeBuiltIn(name.toLowerCase())) return null;
  if (!declaration)
    return `There is no function ${name} in this database that Quarry may run: it knows built-in functions and stored functions.`;
  const { access, deterministic } = declaration;
  if (access === 'NO SQL' || access === 'READS SQL DATA' || (access === 'CONTAINS SQL' && deterministic)) return null;
  return `The function ${name} is not declared to change nothing, so Quarry does not run it. If it only reads, its owner can declare it READS SQL DATA.`;
}

function literal(text: string): string {
  return `'${text.replaceAll('\\', '\\\\').replaceAll("'", "''")}'`;
}
