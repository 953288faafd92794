import type { Cell, ColumnType } from '../contract';
import { readJson } from '../exact-json';

/**
 * PostgreSQL's values arrive as text (no type parser of the driver's ever runs); this file turns them into exact cells by type
 * OID. The session is set to ISO dates, UTC, ISO 8601 intervals and hex bytea, see connection.ts.
 */

/** Built-in OIDs, from src/include/catalog/pg_type.dat. They never change. */
const SCALAR_TYPES: Record<number, readonly [native: string, type: ColumnType]> = {
  16: ['boolean', 'boolean'],
  17: ['bytea', 'binary'],
  18: ['"char"', 'text'],
  19: ['name', 'text'],
  20: ['bigint', 'bigint'],
  21: ['smallint', 'integer'],
  23: ['integer', 'integer'],
  24: ['regproc', 'text'],
  25: ['text', 'text'],
  26: ['oid', 'bigint'],
  27: ['tid', 'text'],
  28: ['xid', 'bigint'],
  29: ['cid', 'bigint'],
  114: ['json', 'json'],
  142: ['xml', 'text'],
  600: ['point', 'geometry'],
  601: ['lseg', 'geometry'],
  602: ['path', 'geometry'],
  603: ['box', 'geometry'],
  604: ['polygon', 'geometry'],
  628: ['line', 'geometry'],
  650: ['cidr', 'inet'],
  700: ['real', 'double'],
  701: ['double precision', 'double'],
  705: ['text', 'text'],
  718: ['circle', 'geometry'],
  774: ['macaddr8', 'inet'],
  790: ['money', 'text'],
  829: ['macaddr', 'inet'],
  869: ['inet', 'inet'],
  1042: ['character', 'text'],
  1043: ['character varying', 'text'],
  1082: ['date', 'date'],
  1083: ['time without time zone', 'time'],
  1114: ['timestamp without time zone', 'timestamp'],
  1184: ['timestamp with time zone', 'timestamptz'],
  1186: ['interval', 'interval'],
  1266: ['time with time zone', 'timetz'],
  1560: ['bit', 'bit'],
  1562: ['bit varying', 'bit'],
  1700: ['numeric', 'decimal'],
  2205: ['regclass', 'text'],
  2206: ['regtype', 'text'],
  2249: ['record', 'unknown'],
  2950: ['uuid', 'uuid'],
  3220: ['pg_lsn', 'text'],
  3614: ['tsvector', 'text'],
  3615: ['tsquery', 'text'],
  3802: ['jsonb', 'json'],
  3904: ['int4range', 'text'],
  3906: ['numrange', 'text'],
  3908: ['tsrange', 'text'],
  3910: ['tstzrange', 'text'],
  3912: ['daterange', 'text'],
  3926: ['int8range', 'text'],
  4072: ['jsonpath', 'text'],
  5069: ['xid8', 'bigint'],
};

/** Array OID to element OID, from the same file. */
// biome-ignore format: a table
const ARRAY_ELEMENTS: Record<number, number> = {
  143: 142, 199: 114, 629: 628, 651: 650, 719: 718, 775: 774, 791: 790, 1000: 16, 1001: 17, 1002: 18, 1003: 19, 1005: 21, 1007: 23,
  1008: 24, 1009: 25, 1010: 27, 1011: 28, 1012: 29, 1014: 1042, 1015: 1043, 1016: 20, 1017: 600, 1018: 601, 1019: 602, 1020: 603,
  1021: 700, 1022: 701, 1027: 604, 1028: 26, 1040: 829, 1041: 869, 1115: 1114, 1182: 1082, 1183: 1083, 1185: 1184, 1187: 1186,
  1231: 1700, 1270: 1266, 1561: 1560, 1563: 1562, 2210: 2205, 2211: 2206, 2287: 2249, 2951: 2950, 3221: 3220, 3643: 3614, 3645: 3615,
  3807: 3802, 3905: 3904, 3907: 3906, 3909: 3908, 3911: 3910, 3913: 3912, 3927: 3926, 4073: 4072, 271: 5069,
};

/** A type made in the database itself: enum, range, extension type, or an array of one. */
export interface CustomType {
  name: string;
  kind: 'enum' | 'range' | 'base' | 'array';
  elementOid?: number;
  delimiter?: string;
}

export type CustomTypes = ReadonlyMap<number, CustomType>;

export interface ValueType {
  type: ColumnType;
  nativeType: string;
  /** Text of the wire to the exact cell; null never gets here. */
  read(text: string): Cell;
}

const asText = (text: string): Cell => text;

const READERS: Partial<Record<ColumnType, (text: string) => Cell>> = {
  boolean: (text) => text === 't',
  double: readDouble,
  date: readDate,
  time: asText,
  timetz: readOffset,
  timestamp: readTimestamp,
  timestamptz: readTimestamp,
  json: readJson,
  binary: (text) => Buffer.from(text.slice(2), 'hex').toString('base64'),
};

/**
 * How values of a type are read.
 * @param modifier the column's type modifier (length, precision), -1 when it has none
 * @returns null when the OID is neither built in nor among `custom`
 */
export function valueType(oid: number, modifier: number, custom: CustomTypes): ValueType | null {
  const scalar = SCALAR_TYPES[oid];
  if (scalar) return { type: scalar[1], nativeType: scalar[0] + modifierText(oid, modifier), read: READERS[scalar[1]] ?? asText };
  const element = ARRAY_ELEMENTS[oid];
  if (element !== undefined) return arrayOf(element, modifier, oid === 1020 ? ';' : ',', custom);
  const made = custom.get(oid);
  if (!made) return null;
  if (made.kind === 'array' && made.elementOid !== undefined)
    return arrayOf(made.elementOid, modifier, made.delimiter ?? ',', custom);
  if (made.kind === 'enum') return { type: 'enum', nativeType: made.name, read: asText };
  return { type: customBaseType(made.name), nativeType: made.name, read: asText };
}

/** The types of the extensions that people have, by name, since their OIDs differ from database to database. */
function customBaseType(name: string): ColumnType {
  if (/(^|\.)(geometry|geography)(\(|$)/.test(name)) return 'geometry';
  return 'text';
}

function arrayOf(elementOid: number, modifier: number, delimiter: string, custom: CustomTypes): ValueType {
  const element = valueType(elementOid, modifier, custom) ?? { type: 'unknown', nativeType: 'unknown', read: asText };
  return { type: 'array', nativeType: `${element.nativeType}[]`, read: (text) => readArray(text, delimiter, element.read) };
}

/** "(10,2)" and the like. The encodings are those of numerictypmodin, varchartypmodin and intervaltypmodin. */
function modifierText(oid: number, modifier: number): string {
  if (modifier < 0) return '';
  if (oid === 1042 || oid === 1043) return `(${modifier - 4})`;
  if (oid === 1560 || oid === 1562) return `(${modifier})`;
  if (oid === 1700) {
    const packed = modifier - 4;
    const scale = ((packed & 0x7ff) ^ 0x400) - 0x400; // eleven bits, signed
    return `(${(packed >> 16) & 0xffff},${scale})`;
  }
  return '';
}

function readDouble(text: string): Cell {
  const value = Number(text);
  return Number.isFinite(value) ? value : text;
}

/** PostgreSQL writes "0044-03-15 BC" and "10000-01-01"; ISO 8601 has expanded years with a sign, where year 0 is 1 BC. */
function readDate(text: string): Cell {
  const match = /^(\d{4,})(-\d\d-\d\d.*?)( BC)?$/.exec(text);
  if (!match) return text; // infinity, -infinity
  const [, year = '', rest = '', bc] = match;
  if (!bc && year.length === 4) return text;
  const number = bc ? 1 - Number(year) : Number(year);
  const digits = String(Math.abs(number)).padStart(4, '0');
  return `${number < 0 ? '-' : digits.length > 4 ? '+' : ''}${digits}${rest}`;
}

function readTimestamp(text: string): Cell {
  const iso = readDate(text.replace(/^(\d+-\d\d-\d\d) /, '$1T'));
  return typeof iso === 'string' ? readOffset(iso) : iso;
}

/** "+00" becomes "Z", "+02" becomes "+02:00"; "+05:30" stays. Text without an offset stays. */
function readOffset(text: string): string {
  return text.replace(/([+-]\d\d)$/, (offset, _group, index: number) =>
    text[index - 1] === '-' || !text.includes(':') ? offset : offset === '+00' ? 'Z' : `${offset}:00`,
  );
}

/** An array literal, with its own rules of quoting (manual, 8.15.6), to nested cells. Bounds such as "[0:1]=" are dropped. */
export function readArray(text: string, delimiter: string, read: (element: string) => Cell): Cell[] {
  let at = text.startsWith('[') ? text.indexOf('=') + 1 : 0;
  const list = (): Cell[] => {
    const out: Cell[] = [];
    at += 1;
    while (at < text.length && text[at] !== '}') {
      if (text[at] === delimiter) at += 1;
      else if (text[at] === '{') out.push(list());
      else out.push(text[at] === '"' ? read(quoted()) : bare());
    }
    at += 1;
    return out;
  };
  const quoted = (): string => {
    let value = '';
    at += 1;
    while (at < text.length && text[at] !== '"') {
      if (text[at] === '\\') at += 1;
      value += text[at];
      at += 1;
    }
    at += 1;
    return value;
  };
  const bare = (): Cell => {
    const start = at;
    while (at < text.length && text[at] !== delimiter && text[at] !== '}') at += 1;
    const value = text.slice(start, at);
    return value === 'NULL' ? null : read(value);
  };
  return list();
}
