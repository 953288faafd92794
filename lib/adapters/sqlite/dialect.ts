import Database from 'better-sqlite3';
import { QuarryError } from '../../kernel/errors';
import { singleton } from '../../kernel/singleton';
import type { ColumnType, Dialect, SqlPieces, Statement, StatementFacts, TableRef } from '../contract';
import { sampleValuesSql } from '../sample-values';
import { replacePlaceholders } from './placeholders';
import { findReferences } from './references';
import { type Token, tokenise } from './tokens';

/** PRAGMAs that only report; given an argument they name a table or an index. Everything else may change the connection. */
const REPORTING_PRAGMAS = new Set([
  'table_info', 'table_xinfo', 'table_list', 'index_list', 'index_info', 'index_xinfo', 'foreign_key_list', 'foreign_key_check',
  'database_list', 'collation_list', 'function_list', 'compile_options', 'integrity_check', 'quick_check',
]); // biome-ignore format: a table of names
/** PRAGMAs that report without an argument, and change something with one. */
const REPORTING_WITHOUT_ARGUMENT = new Set([
  'page_count',
  'page_size',
  'user_version',
  'schema_version',
  'encoding',
  'application_id',
  'freelist_count',
]);
const REFUSED_FUNCTIONS = new Set([
  'load_extension',
  'readfile',
  'writefile',
  'edit',
  'fts3_tokenizer',
  'sqlite_rename_table',
  'sqlite_rename_column',
  'fsdir',
  'lsmode',
  'mkdir',
]);
/** Raw pages, and samples of column values. */
const REFUSED_TABLES = new Set(['sqlite_dbpage', 'sqlite_stat4', 'sqlite_stat3', 'fsdir']);
const VARYING_FUNCTIONS = new Set(['random', 'randomblob', 'changes', 'total_changes', 'last_insert_rowid']);
const DATE_FUNCTIONS = new Set(['date', 'time', 'datetime', 'julianday', 'unixepoch', 'strftime', 'timediff']);
const READS = new Set(['SELECT', 'VALUES']);
const WRITES = new Set(['INSERT', 'UPDATE', 'DELETE', 'REPLACE']);

/** Key words that can't be names without quotes (https://sqlite.org/lang_keywords.html, those that the parser really refuses, and a few for safety). */
const RESERVED = new Set(
  'add all alter and as autoincrement between case check collate commit constraint create cross current_date current_time current_timestamp default deferrable delete distinct drop else escape except exists filter foreign from full group having if in index indexed inner insert intersect into is isnull join left limit natural not nothing notnull null on or order outer over primary references returning right select set table then to transaction trigger union unique update using values view when where window with abort action after analyze asc attach before begin by cascade cast column conflict database desc detach each end exclusive explain fail for glob ignore immediate initially instead key like match no of offset plan pragma query raise recursive regexp reindex release rename replace restrict rollback row rows savepoint temp temporary vacuum virtual without'.split(
    ' ',
  ),
);

export const dialect: Dialect = {
  name: 'SQLite 3 SQL',
  parse: async (text) => parseStatement(text),
  limit: pushLimit,
  bindNamed,
  quoteIdentifier,
  qualify: (table) => quoteIdentifier(table.name),
  cast: (expression, type) => `CAST(${expression} AS ${castName(type)})`,
  sql: sqlPieces(),
  pipeline: null,
  sampleValues: (table, column, bounds) => sampleValuesSql(quoteIdentifier(table.name), quoteIdentifier(column), bounds),
};

function parseStatement(text: string): StatementFacts {
  const all = tokenise(text);
  const bad = all.find((token) => token.kind === 'bad');
  if (bad) throw invalid(`There is a character that SQLite does not understand: ${bad.text}`, bad.start);
  const tokens = onlyStatement(all);
  const effect = judge(tokens);
  if (effect.kind !== 'refused') checkSyntax(text.slice(0, tokens.at(-1)?.end), tokens);
  const { tables, functions } = findReferences(text, tokens);
  const refusal = effect.refusal ?? refusalOf(tables, functions);
  const normalised = tokens.map((token) => token.text).join(' ');
  return {
    effect: refusal ? 'refuse' : effect.kind === 'write' ? 'write' : 'read',
    kind: effect.statement,
    tables,
    functions,
    ...(refusal ? { refusal } : {}),
    parameterCount: countParameters(tokens),
    ...ownLimitOf(tokens),
    limitable: effect.limitable,
    normalised,
    deterministic: isDeterministic(tokens, functions),
  };
}

/** The tokens of the one statement, without its semicolon. */
function onlyStatement(all: Token[]): Token[] {
  const end = all.findIndex((token) => token.text === ';' && token.kind === 'punctuation');
  const tokens = end === -1 ? all : all.slice(0, end);
  if (end !== -1) {
    const second = all.slice(end).find((token) => token.text !== ';');
    if (second) throw invalid('Only one statement can run at a time. Remove everything after the first semicolon.', second.start);
  }
  if (tokens.length === 0) throw invalid('The query is empty. Write a SELECT statement.');
  return tokens;
}

interface Judgement {
  kind: 'read' | 'write' | 'refused';
  statement: string;
  limitable: boolean;
  refusal?: string;
}

/** What SQLite knows beside reads and writes (https://sqlite.org/lang.html). */
const OTHER_STATEMENTS = new Set(
  'ALTER ANALYZE ATTACH BEGIN COMMIT CREATE DETACH DROP END REINDEX RELEASE ROLLBACK SAVEPOINT VACUUM'.split(' '),
);

/** What the statement does, by its grammar: the first word, behind WITH the first word outside parentheses. */
function judge(tokens: Token[]): Judgement {
  const first = leadingWord(tokens);
  if (READS.has(first)) return { kind: 'read', statement: first.toLowerCase(), limitable: first === 'SELECT' };
  if (first === 'WITH') return judgeWith(tokens);
  if (WRITES.has(first)) return { kind: 'write', statement: first.toLowerCase(), limitable: false };
  if (first === 'EXPLAIN') return judgeExplain(tokens);
  if (first === 'PRAGMA') return judgePragma(tokens);
  // Nothing that SQLite knows begins so: a slip of the pen, not something forbidden.
  if (!OTHER_STATEMENTS.has(first))
    throw invalid(`No statement begins with ${tokens[0]?.text ?? 'this'}.`, tokens[0]?.start ?? 0);
  const statement = first.toLowerCase() || 'statement';
  return refuse(statement, `${first || 'This statement'} is not allowed: only reading statements (SELECT) may run.`);
}

const leadingWord = (tokens: Token[]): string => (tokens[0]?.kind === 'word' ? tokens[0].value : '');
const refuse = (statement: string, refusal: string): Judgement => ({ kind: 'refused', statement, limitable: false, refusal });

function judgeWith(tokens: Token[]): Judgement {
  const main = tokens.slice(1).find((token, index) => {
    const before = tokens[index];
    // A CTE may be named like a key word ("replace AS (…)"); the main statement follows a closing parenthesis.
    return (
      token.depth === 0 && token.kind === 'word' && before?.text === ')' && (READS.has(token.value) || WRITES.has(token.value))
    );
  });
  if (main && WRITES.has(main.value)) return { kind: 'write', statement: main.value.toLowerCase(), limitable: false };
  return { kind: 'read', statement: 'with', limitable: main?.value !== 'VALUES' };
}

function judgeExplain(tokens: Token[]): Judgement {
  const planned = tokens[1]?.value === 'QUERY' && tokens[2]?.value === 'PLAN';
  const inner = judge(tokens.slice(planned ? 3 : 1));
  // EXPLAIN PRAGMA takes effect while it is prepared.
  if (inner.kind !== 'read' || inner.statement === 'pragma' || inner.statement === 'explain') {
    return refuse('explain', 'EXPLAIN is allowed for a SELECT only.');
  }
  return { kind: 'read', statement: 'explain', limitable: false };
}

function judgePragma(tokens: Token[]): Judgement {
  const qualified = tokens[2]?.text === '.';
  const name = (tokens[qualified ? 3 : 1]?.text ?? '').toLowerCase();
  const rest = tokens.slice(qualified ? 4 : 2);
  const argument = rest.length > 0;
  const reports = REPORTING_PRAGMAS.has(name) ? rest[0]?.text !== '=' : REPORTING_WITHOUT_ARGUMENT.has(name) && !argument;
  if (!reports) return refuse('pragma', `PRAGMA ${name} is not allowed: it may change the connection or the file.`);
  return { kind: 'read', statement: 'pragma', limitable: false };
}

function refusalOf(tables: TableRef[], functions: string[]): string | undefined {
  const called = functions.find((name) => REFUSED_FUNCTIONS.has(name) || pragmaOf(name) === 'refused');
  if (called) return `The function ${called} is not allowed: it reaches outside the data or changes the connection.`;
  const read = tables.find(
    (table) => REFUSED_TABLES.has(table.name.toLowerCase()) || pragmaOf(table.name.toLowerCase()) === 'refused',
  );
  return read ? `The table ${read.name} is not allowed: it shows raw pages, samples of values or files.` : undefined;
}

/** pragma_table_info('t') is the table-valued form of a PRAGMA. */
function pragmaOf(name: string): 'allowed' | 'refused' | null {
  if (!name.startsWith('pragma_')) return null;
  const pragma = name.slice('pragma_'.length);
  return REPORTING_PRAGMAS.has(pragma) || REPORTING_WITHOUT_ARGUMENT.has(pragma) ? 'allowed' : 'refused';
}

/** An empty database in memory, whose parser is SQLite's own: it knows every construct that this version knows. */
const grammar = () => singleton('adapters.sqlite.grammar', () => new Database(':memory:'));

/** @throws QuarryError query.invalid with the place; "no such table" and the like are not a matter of grammar */
function checkSyntax(text: string, tokens: Token[]): void {
  // PRAGMA takes effect when prepared; its few allowed forms are checked by name.
  if (leadingWord(tokens) === 'PRAGMA') return;
  try {
    grammar().prepare(text);
  } catch (error) {
    const message = error instanceof Error ? error.message : '';
    const near = /near "([\s\S]*)": syntax error/.exec(message)?.[1];
    if (near !== undefined) {
      const place = tokens.findLast((token) => token.text === near || token.text.startsWith(near))?.start;
      throw invalid(`There is a syntax error near "${near}".`, place);
    }
    if (/incomplete input/.test(message))
      throw invalid('The statement is not finished: something is missing at its end.', text.length);
    if (/unrecognized token/.test(message)) throw invalid(`SQLite does not understand this: ${message}.`);
  }
}

function invalid(message: string, at?: number): QuarryError {
  return new QuarryError('query.invalid', message, {
    stage: 'parse',
    ...(at === undefined ? {} : { details: { position: at + 1 } }),
  });
}

function countParameters(tokens: Token[]): number {
  let highest = 0;
  const names = new Map<string, number>();
  for (const token of tokens) {
    if (token.kind !== 'placeholder') continue;
    if (token.text === '?') highest += 1;
    else if (token.text.startsWith('?')) highest = Math.max(highest, Number(token.text.slice(1)));
    else if (!names.has(token.text)) {
      highest += 1;
      names.set(token.text, highest);
    }
  }
  return highest;
}

/** The LIMIT outside all parentheses. In `LIMIT a, b` the second number is the limit. */
function topLimit(tokens: Token[]): { present: boolean; literal?: Token } {
  const index = tokens.findLastIndex(
    (token) => token.kind === 'word' && token.value === 'LIMIT' && token.depth === 0 && tokens[0]?.value !== 'EXPLAIN',
  );
  if (index === -1) return { present: false };
  const rest = tokens.slice(index + 1);
  const literal =
    rest.length === 3 && rest[1]?.text === ',' ? rest[2] : rest.length === 1 || rest[1]?.value === 'OFFSET' ? rest[0] : undefined;
  return { present: true, ...(literal?.kind === 'number' && /^\d+$/.test(literal.text) ? { literal } : {}) };
}

function ownLimitOf(tokens: Token[]): { ownLimit?: number } {
  const { literal } = topLimit(tokens);
  return literal ? { ownLimit: Number(literal.text) } : {};
}

/**
 * Appends a LIMIT, or lowers the one that is there, at its place in the text: names, order and duplicates of columns stay as they are.
 * Where neither is possible (VALUES, a computed LIMIT) the text stays, and the reader stops stepping at the cap, which costs the same:
 * SQLite computes rows one by one.
 */
function pushLimit(text: string, facts: StatementFacts, rows: number): string {
  if (!facts.limitable || (facts.ownLimit !== undefined && facts.ownLimit <= rows)) return text;
  const tokens = onlyStatement(tokenise(text));
  const { present, literal } = topLimit(tokens);
  if (literal) return text.slice(0, literal.start) + String(rows) + text.slice(literal.end);
  if (present) return text;
  const end = tokens.at(-1)?.end ?? text.length;
  // A compound whose last part is VALUES takes no LIMIT.
  if (tokens.some((token) => token.kind === 'word' && token.value === 'VALUES' && token.depth === 0)) return text;
  return `${text.slice(0, end)}\nLIMIT ${rows}`;
}

/** `:name` to `?` outside strings and comments, with its value once for each place. */
function bindNamed(text: string, values: Readonly<Record<string, unknown>>): Statement {
  return replacePlaceholders(text, (token) => {
    if (!token.text.startsWith(':')) return undefined;
    const name = token.text.slice(1);
    if (Object.hasOwn(values, name)) return values[name];
    throw new QuarryError('input.invalid', `The query names :${name}, but no value was given for it.`, {
      details: { parameter: name },
    });
  });
}

function isDeterministic(tokens: Token[], functions: string[]): boolean {
  if (functions.some((name) => VARYING_FUNCTIONS.has(name))) return false;
  if (
    tokens.some((token) => token.kind === 'word' && ['CURRENT_DATE', 'CURRENT_TIME', 'CURRENT_TIMESTAMP'].includes(token.value))
  )
    return false;
  if (!functions.some((name) => DATE_FUNCTIONS.has(name))) return true;
  // date() without arguments and date('now') mean this moment.
  return !tokens.some(
    (token, index) =>
      (token.kind === 'string' && /^'\s*now\s*'$/i.test(token.text)) ||
      (DATE_FUNCTIONS.has(token.text.toLowerCase()) && tokens[index + 1]?.text === '(' && tokens[index + 2]?.text === ')') ||
      (token.text.toLowerCase() === 'strftime' && tokens[index + 3]?.text === ')'),
  );
}

function quoteIdentifier(name: string): string {
  if (/^[a-z_][a-z0-9_]*$/i.test(name) && !RESERVED.has(name.toLowerCase())) return name;
  return `"${name.replaceAll('"', '""')}"`;
}

function castName(type: ColumnType): string {
  if (type === 'integer' || type === 'bigint' || type === 'year' || type === 'boolean') return 'INTEGER';
  if (type === 'double') return 'REAL';
  if (type === 'decimal') return 'NUMERIC';
  return type === 'binary' ? 'BLOB' : 'TEXT';
}

function sqlPieces(): SqlPieces {
  return {
    literalString: (value) => `'${value.replaceAll("'", "''")}'`,
    literalDate: (isoDate) => `'${isoDate.replaceAll("'", "''")}'`,
    truncateDate: (expression, unit) => {
      if (unit === 'year') return `strftime('%Y', ${expression})`;
      if (unit === 'month') return `strftime('%Y-%m', ${expression})`;
      if (unit === 'week') return `date(${expression}, 'weekday 0', '-6 days')`;
      if (unit === 'quarter')
        return `strftime('%Y', ${expression}) || '-Q' || ((CAST(strftime('%m', ${expression}) AS INTEGER) + 2) / 3)`;
      return `date(${expression})`;
    },
    datePart: (expression, part) =>
      `CAST(strftime('${{ year: '%Y', month: '%m', day: '%d', hour: '%H' }[part]}', ${expression}) AS INTEGER)`,
    equalsIgnoreCase: (expression, literal) => `LOWER(${expression}) = LOWER(${literal})`,
    containsIgnoreCase: (expression, literal) => `INSTR(LOWER(${expression}), LOWER(${literal})) > 0`,
    divide: (numerator, denominator) => `CAST(${numerator} AS REAL) / NULLIF(${denominator}, 0)`,
    nullsLast: (expression, direction) => (direction === 'desc' ? `${expression} DESC` : `${expression} ASC NULLS LAST`),
  };
}
