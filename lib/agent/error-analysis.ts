/**
 * Why a query failed and how to write it right: engine-neutral, from the database's words and the catalogue [C4 C5 C6].
 * The result feeds the retry prompt (with only the tables concerned, C7), the trace, and the hints people see.
 */
import type { Catalogue, CatalogueTable, ColumnType, Dialect, StatementFacts } from '../adapters/contract';
import { nearestNames, tableKey } from '../schema';

export type ProblemKind =
  | 'unknown_table'
  | 'unknown_column'
  | 'unknown_function'
  | 'type_mismatch'
  | 'bad_literal'
  | 'ambiguous_column'
  | 'missing_group_by'
  | 'aggregate_misuse'
  | 'syntax'
  | 'refused'
  | 'timeout'
  | 'empty_result'
  | 'other';

export interface Analysis {
  kind: ProblemKind;
  /** One sentence on what is wrong. */
  message: string;
  /** What to do about it, most useful first. */
  hints: string[];
  /** The only tables that a retry needs to see. */
  tables: CatalogueTable[];
}

export interface FailedQuery {
  error: { code: string; message: string; hints?: string[] };
  query: string;
  /** Null when the query didn't parse. */
  facts: StatementFacts | null;
  catalogue: Catalogue;
  dialect: Dialect;
}

interface Rule {
  kind: ProblemKind;
  /** How the engines say it. */
  patterns: RegExp[];
  explain: (match: string[], failed: FailedQuery) => Omit<Analysis, 'kind'>;
}

const RULES: Rule[] = [
  {
    kind: 'bad_literal',
    patterns: [/no such column: "([^"]+)" - should this be a string literal/i],
    explain: ([value = ''], failed) => ({
      message: `"${value}" is read as a column, because it stands in double quotes.`,
      hints: [`Strings take single quotes: '${value.replaceAll("'", "''")}'.`],
      tables: concerned(failed),
    }),
  },
  {
    kind: 'unknown_table',
    patterns: [
      /relation "([^"]+)" does not exist/i,
      /no such table: ["'`]?([^\s"'`]+)/i,
      /table '([^']+)' doesn't exist/i,
      /unknown table:? ["']?([^\s"']+)/i,
      /there is no collection "([^"]+)"/i,
    ],
    explain: ([name = ''], failed) => explainUnknownTable(name, failed),
  },
  {
    kind: 'ambiguous_column',
    patterns: [
      /column reference "([^"]+)" is ambiguous/i,
      /ambiguous column name: ["`]?([^\s"`]+)/i,
      /column '([^']+)' in .* is ambiguous/i,
    ],
    explain: ([name = ''], failed) => explainAmbiguous(lastPart(name), failed),
  },
  {
    kind: 'missing_group_by',
    patterns: [
      /column "([^"]+)" must appear in the GROUP BY clause/i,
      /isn't in GROUP BY/i,
      /nonaggregated column '([^']+)'/i,
      /the field '([^']+)' must be an accumulator object/i,
    ],
    explain: ([name = 'the column'], failed) => ({
      message: `${name} is neither grouped nor aggregated.`,
      hints: [
        failed.dialect.pipeline
          ? `Put ${name} into the _id of the $group, or wrap it in an accumulator such as {$first: "$${name}"}.`
          : `Add ${name} to GROUP BY, or wrap it in an aggregate such as MAX(${name}).`,
      ],
      tables: concerned(failed),
    }),
  },
  {
    kind: 'aggregate_misuse',
    patterns: [
      /misuse of aggregate(?: function)?:? ?(\w+)?/i,
      /aggregate functions are not allowed in (\w+)/i,
      /invalid use of group function/i,
    ],
    explain: (_match, failed) => ({
      message: 'An aggregate stands where only single rows can be judged.',
      hints: ['Put conditions on aggregates into HAVING, or into an outer query around the grouped one.'],
      tables: concerned(failed),
    }),
  },
  {
    kind: 'type_mismatch',
    patterns: [
      /operator does not exist: (.+?) (=|<>|!=|<=|>=|<|>|~~\*?|\+|-|\*|\/) (.+?)(?:$|\n|\.)/i,
      /(?:UNION|INTERSECT|EXCEPT|CASE|COALESCE) types (.+?) and (.+?) cannot be matched/i,
    ],
    explain: (match, failed) => explainTypeMismatch(match, failed),
  },
  {
    kind: 'type_mismatch',
    patterns: [
      /(\$\w+) only supports (?:numeric|numeric or date|string)s?(?: types)?, not (\w+)/i,
      /(?:the )?argument to (\$\w+) must be an? array, but was of type:? (\w+)/i,
      /(\$\w+) requires an array(?: as [\w ]+)?,? (?:but was of type|found:?) (\w+)/i,
    ],
    explain: ([operator = '', found = ''], failed) => explainOperand(operator, found, failed),
  },
  {
    kind: 'bad_literal',
    patterns: [
      /failed to parse (\w+) '([^']*)' in \$convert/i,
      /error parsing (date) string '([^']*)'/i,
      /unsupported conversion from (\w+) to (\w+) in \$convert/i,
      /can't convert from BSON type (\w+) to (\w+)/i,
    ],
    explain: ([what = '', value = ''], failed) => ({
      message: `A value can't be converted (${what} ${value}).`,
      hints: [
        'Use $convert with onError and onNull instead of $toInt, $toDate and the like: {$convert: {input: "$field", to: "double", onError: null, onNull: null}}.',
      ],
      tables: concerned(failed),
    }),
  },
  {
    kind: 'other',
    patterns: [/can't \$(divide|mod) by zero/i],
    explain: ([operator = ''], failed) => ({
      message: 'A division by zero.',
      hints: [`Guard it: {$cond: [{$eq: ["$divisor", 0]}, null, {$${operator.toLowerCase()}: ["$number", "$divisor"]}]}.`],
      tables: concerned(failed),
    }),
  },
  {
    kind: 'bad_literal',
    patterns: [/invalid input syntax for (?:type )?([\w ]+?): "([^"]*)"/i, /invalid input value for enum ([\w".]+): "([^"]*)"/i],
    explain: ([type = '', value = ''], failed) => explainBadLiteral(type, value, failed),
  },
  {
    kind: 'unknown_column',
    patterns: [
      /column "?([^"\s]+(?:"\."[^"]+)?)"? does not exist/i,
      /no such column: ["`]?([^\s"`]+)/i,
      /unknown column '([^']+)'/i,
      /missing FROM-clause entry for table "([^"]+)"/i,
    ],
    explain: ([name = ''], failed) => explainUnknownColumn(name.replaceAll('"', ''), failed),
  },
  {
    kind: 'unknown_function',
    patterns: [
      /function ([\w.]+)\s*\(([^)]*)\) does not exist/i,
      /no such function: (\w+)/i,
      /wrong number of arguments to function (\w+)/i,
      /FUNCTION ([\w.]+) does not exist/,
    ],
    explain: ([name = '', types = ''], failed) => ({
      message: types ? `There is no function ${name} for (${types}).` : `There is no function ${name} here.`,
      hints: [
        ...(types
          ? [
              `Cast the arguments: for example ${failed.dialect.cast('the_argument', 'text')} or ${failed.dialect.cast('the_argument', 'decimal')}.`,
            ]
          : []),
        `Use what ${failed.dialect.name} offers instead of ${name}.`,
      ],
      tables: concerned(failed),
    }),
  },
];

/** Explains a failed query. Never throws: what isn't recognised comes back as 'other' with the database's own words. */
export function analyseError(failed: FailedQuery): Analysis {
  const { error } = failed;
  for (const rule of RULES) {
    for (const pattern of rule.patterns) {
      const match = pattern.exec(error.message);
      if (match) return { kind: rule.kind, ...rule.explain(match.slice(1), failed) };
    }
  }
  const kind = kindOfCode(error.code);
  return { kind, message: error.message, hints: hintsFor(kind, failed), tables: concerned(failed) };
}

function kindOfCode(code: string): ProblemKind {
  if (code === 'query.invalid') return 'syntax';
  if (code === 'query.refused') return 'refused';
  if (code === 'query.timeout') return 'timeout';
  return 'other';
}

function hintsFor(kind: ProblemKind, failed: FailedQuery): string[] {
  if (kind === 'syntax') return [...(failed.error.hints ?? []), `Write exactly one ${failed.dialect.name} statement.`];
  if (kind === 'refused') {
    const allowed = failed.dialect.pipeline ? 'Only what reads may run: find, aggregate, countDocuments, distinct.' : null;
    return [...(failed.error.hints ?? []), allowed ?? 'Only a reading statement (SELECT) may run.'];
  }
  if (kind === 'timeout')
    return [
      failed.dialect.pipeline
        ? 'Put $match first, $group before $lookup, or read fewer documents.'
        : 'Filter earlier, aggregate before joining, or read fewer rows.',
    ];
  return failed.error.hints ?? [];
}

/**
 * A result without rows whose filter names a value that the column doesn't hold: the nearest real values [C4-like hint].
 * @param filters column and literal pairs of the query's equality conditions
 * @param nearest looks up real values near a literal
 */
export function analyseEmptyResult(
  query: string,
  catalogue: Catalogue,
  tables: CatalogueTable[],
  nearest: (table: CatalogueTable, column: string, value: string) => { known: boolean; near: string[] },
): Analysis | null {
  const hints: string[] = [];
  const concernedTables = new Set<CatalogueTable>();
  const documents = catalogue.tables.some((table) => table.kind === 'collection');
  for (const { column, value } of documents ? fieldFilters(query) : equalityFilters(query)) {
    for (const table of tables.length ? tables : catalogue.tables) {
      const real = columnNamed(table, column);
      if (!real) continue;
      const { known, near } = nearest(table, real.name, value);
      if (known || near.length === 0) continue;
      concernedTables.add(table);
      hints.push(`${table.name}.${real.name} holds no '${value}'; near values are ${near.map((v) => `'${v}'`).join(', ')}.`);
    }
  }
  if (hints.length === 0) return null;
  return {
    kind: 'empty_result',
    message: 'The query gave no rows, because a filter names a value that is not in the data.',
    hints,
    tables: [...concernedTables],
  };
}

/** A field of joined documents stands under the name that the join gave them. */
function columnNamed(table: CatalogueTable, name: string) {
  const named = (wanted: string) => table.columns.find((column) => column.name.toLowerCase() === wanted.toLowerCase());
  const dot = name.indexOf('.');
  return named(name) ?? (dot > 0 && table.kind === 'collection' ? named(name.slice(dot + 1)) : undefined);
}

/** `{country: "value"}`, `"address.city": {$eq: 'value'}` and the like in a query of documents. */
const FIELD_EQUALITY =
  /(?:(["'])([\p{L}_][\p{L}\p{N}_.]*)\1|([\p{L}_][\p{L}\p{N}_]*))\s*:\s*(?:\{\s*["']?\$(?:eq|regex)["']?\s*:\s*)?(?:"((?:[^"\\]|\\.)*)"|'((?:[^'\\]|\\.)*)')/gu;

function fieldFilters(query: string): { column: string; value: string }[] {
  return [...query.matchAll(FIELD_EQUALITY)].flatMap(([, , quoted, bare, double, single]) => {
    const column = quoted ?? bare;
    const value = (double ?? single ?? '').replace(/\\(.)/g, '$1').replace(/^\^|\$$/g, '');
    return column && value && !value.startsWith('$') ? [{ column, value }] : [];
  });
}

/** `column = 'value'`, `LOWER(t.column) LIKE LOWER('value%')` and the like; a name with spaces only in quotes. */
const EQUALITY = /(?:"([^"]+)"|([\p{L}_][\p{L}\p{N}_]*))\s*\)?\s*(?:=|\bilike\b|\blike\b)\s*(?:lower\(\s*)?'((?:[^']|'')*)'/giu;

function equalityFilters(query: string): { column: string; value: string }[] {
  return [...query.matchAll(EQUALITY)].flatMap(([, quoted, bare, value]) => {
    const column = quoted ?? bare;
    return column && value ? [{ column, value: value.replaceAll("''", "'").replace(/^%|%$/g, '') }] : [];
  });
}

/** An operator over documents that met a value of another type: often a field that isn't there, or text. */
function explainOperand(operator: string, found: string, failed: FailedQuery): Omit<Analysis, 'kind'> {
  const absent = /missing|null|undefined|EOO/i.test(found);
  const hint = absent
    ? `Give ${operator} a value where the field is missing: {$ifNull: ["$field", []]}, or check the name of the field.`
    : `Convert first: ${failed.dialect.cast('the_field', 'decimal')}.`;
  return { message: `${operator} met a value of type ${found}, which it can't use.`, hints: [hint], tables: concerned(failed) };
}

function explainUnknownTable(name: string, failed: FailedQuery): Omit<Analysis, 'kind'> {
  // A collection's own name may have dots.
  const bare = failed.dialect.pipeline ? name : lastPart(name);
  const keys = failed.catalogue.tables.map((table) => table.name);
  const near = nearestNames(bare, keys);
  const tables = failed.catalogue.tables.filter((table) => near.includes(table.name));
  const list = failed.catalogue.tables.slice(0, 8).map((table) => tableKey(table));
  const kind = failed.dialect.pipeline ? 'collection' : 'table';
  return {
    message: `There is no ${kind} "${bare}".`,
    hints: near.length
      ? [`Did you mean ${orList(near)}?`]
      : [
          `${kind === 'table' ? 'Tables' : 'Collections'} are ${list.join(', ')}${failed.catalogue.tables.length > 8 ? ', …' : ''}.`,
        ],
    tables: [...new Set([...tables, ...concerned(failed)])],
  };
}

function explainUnknownColumn(name: string, failed: FailedQuery): Omit<Analysis, 'kind'> {
  const bare = lastPart(name);
  const tables = concerned(failed);
  const own = tables.flatMap((table) => table.columns.map((column) => ({ table, column: column.name })));
  const near = nearestNames(
    bare,
    own.map((entry) => entry.column),
  );
  const elsewhere = failed.catalogue.tables.filter(
    (table) => !tables.includes(table) && table.columns.some((column) => column.name.toLowerCase() === bare.toLowerCase()),
  );
  const hints: string[] = [];
  if (near.length) hints.push(`Did you mean ${orList(near.map((column) => qualified(column, own)))}?`);
  if (elsewhere.length)
    hints.push(`${bare} does exist in ${orList(elsewhere.slice(0, 3).map((table) => tableKey(table)))}: join it.`);
  for (const table of tables.slice(0, 3)) {
    hints.push(
      `${table.name} has ${table.columns
        .slice(0, 40)
        .map((column) => column.name)
        .join(', ')}.`,
    );
  }
  const where = tables.length ? ` in ${orList(tables.slice(0, 3).map((table) => table.name))}` : '';
  return { message: `There is no column "${bare}"${where}.`, hints, tables: [...tables, ...elsewhere.slice(0, 2)] };
}

function explainAmbiguous(name: string, failed: FailedQuery): Omit<Analysis, 'kind'> {
  const owners = concerned(failed).filter((table) =>
    table.columns.some((column) => column.name.toLowerCase() === name.toLowerCase()),
  );
  return {
    message: `"${name}" exists in more than one of the joined tables.`,
    hints: [
      owners.length
        ? `Write ${orList(owners.map((table) => `${table.name}.${name}`))}.`
        : `Put the table's name or alias before ${name}.`,
    ],
    tables: concerned(failed),
  };
}

const FAMILY_BY_NATIVE: [RegExp, ColumnType][] = [
  [/^(?:character varying|varchar|text|char|bpchar|name)/i, 'text'],
  [/^(?:smallint|integer|int\b|int2|int4)/i, 'integer'],
  [/^(?:bigint|int8)/i, 'bigint'],
  [/^(?:numeric|decimal)/i, 'decimal'],
  [/^(?:double|real|float)/i, 'double'],
  [/^date/i, 'date'],
  [/^timestamp with time/i, 'timestamptz'],
  [/^timestamp/i, 'timestamp'],
  [/^uuid/i, 'uuid'],
  [/^bool/i, 'boolean'],
];
const familyOf = (native: string): ColumnType => FAMILY_BY_NATIVE.find(([pattern]) => pattern.test(native.trim()))?.[1] ?? 'text';

function explainTypeMismatch(match: string[], failed: FailedQuery): Omit<Analysis, 'kind'> {
  const [left = '', operatorOrRight = '', right] = match;
  const leftType = left.trim();
  const rightType = (right ?? operatorOrRight).trim();
  const tables = concerned(failed);
  const pairs = mismatchedJoins(failed.query, tables);
  const hints = pairs.map(
    ({ a, b }) =>
      `${a.name} is ${a.nativeType} and ${b.name} is ${b.nativeType}: compare ${castToText(a, failed.dialect)} = ${castToText(b, failed.dialect)}.`,
  );
  if (hints.length === 0) {
    hints.push(`Cast one side so that both are the same, for example ${failed.dialect.cast('the_value', familyOf(leftType))}.`);
  }
  return { message: `${leftType} and ${rightType} cannot be compared.`, hints, tables };
}

interface TypedName {
  name: string;
  nativeType: string;
  type: ColumnType;
}

const castToText = (side: TypedName, dialect: Dialect) => (side.type === 'text' ? side.name : dialect.cast(side.name, 'text'));

/** Equality conditions between two columns of different families, with aliases resolved by their column names. */
function mismatchedJoins(query: string, tables: CatalogueTable[]): { a: TypedName; b: TypedName }[] {
  const pairs: { a: TypedName; b: TypedName }[] = [];
  for (const match of query.matchAll(/((?:"?\w+"?\.)?"?\w+"?)\s*=\s*((?:"?\w+"?\.)?"?\w+"?)/g)) {
    const a = typedName(match[1] ?? '', query, tables);
    const b = typedName(match[2] ?? '', query, tables);
    if (a && b && a.type !== b.type) pairs.push({ a, b });
  }
  return pairs;
}

function typedName(written: string, query: string, tables: CatalogueTable[]): TypedName | null {
  const parts = written.replaceAll('"', '').split('.');
  const column = parts.at(-1) ?? '';
  const owner = parts.length > 1 ? resolveAlias(parts[0] ?? '', query, tables) : null;
  for (const table of owner ? [owner] : tables) {
    const found = table.columns.find((candidate) => candidate.name.toLowerCase() === column.toLowerCase());
    if (found) return { name: written, nativeType: found.nativeType, type: found.type };
  }
  return null;
}

function resolveAlias(alias: string, query: string, tables: CatalogueTable[]): CatalogueTable | null {
  const direct = tables.find((table) => table.name.toLowerCase() === alias.toLowerCase());
  if (direct) return direct;
  return (
    tables.find((table) => {
      const name = table.name.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
      return new RegExp(`\\b${name}"?\\s+(?:as\\s+)?"?${alias.replace(/\W/g, '')}"?\\b`, 'i').test(query);
    }) ?? null
  );
}

function explainBadLiteral(type: string, value: string, failed: FailedQuery): Omit<Analysis, 'kind'> {
  const enumColumn = concerned(failed)
    .flatMap((table) => table.columns)
    .find((column) => column.enumValues?.length && column.nativeType.replaceAll('"', '').endsWith(type.replaceAll('"', '')));
  const hints = enumColumn?.enumValues
    ? [`${enumColumn.name} takes ${enumColumn.enumValues.map((label) => `'${label}'`).join(', ')}.`]
    : [
        `Write a value of type ${type}, or compare as text: ${failed.dialect.cast('the_column', 'text')} = '${value.replaceAll("'", "''")}'.`,
      ];
  return { message: `'${value}' is not a valid ${type}.`, hints, tables: concerned(failed) };
}

/** Tables that the query names and the catalogue knows. */
function concerned(failed: FailedQuery): CatalogueTable[] {
  const named = failed.facts?.tables.map((table) => table.name.toLowerCase());
  const words = named
    ? new Set(named)
    : new Set((failed.query.match(/[\p{L}_][\p{L}\p{N}_]*/gu) ?? []).map((word) => word.toLowerCase()));
  return failed.catalogue.tables.filter((table) => words.has(table.name.toLowerCase()));
}

const lastPart = (name: string) => name.split('.').at(-1) ?? name;
const orList = (names: string[]) => (names.length < 2 ? (names[0] ?? '') : `${names.slice(0, -1).join(', ')} or ${names.at(-1)}`);
function qualified(column: string, own: { table: CatalogueTable; column: string }[]): string {
  const owner = own.find((entry) => entry.column === column);
  return owner ? `${owner.table.name}.${column}` : column;
}
