import type { Column, ColumnType } from '../contract';
import type { Field } from './wire';

/** MYSQL_TYPE_*, from include/field_types.h. */
export const MYSQL_TYPE = {
  decimal: 0x00,
  tiny: 0x01,
  short: 0x02,
  long: 0x03,
  float: 0x04,
  double: 0x05,
  null: 0x06,
  timestamp: 0x07,
  longlong: 0x08,
  int24: 0x09,
  date: 0x0a,
  time: 0x0b,
  datetime: 0x0c,
  year: 0x0d,
  newdate: 0x0e,
  varchar: 0x0f,
  bit: 0x10,
  vector: 0xf2,
  json: 0xf5,
  newdecimal: 0xf6,
  enum: 0xf7,
  set: 0xf8,
  geometry: 0xff,
} as const;

const FLAG = { unsigned: 0x20, enum: 0x100, set: 0x800 } as const;
const BINARY_CHARSET = 63;

export function isUnsigned(field: Field): boolean {
  return (field.flags & FLAG.unsigned) !== 0;
}

export function isBinaryText(field: Field): boolean {
  return field.charset === BINARY_CHARSET;
}

/** Bytes of a character at most, in the character set that results arrive in (utf8mb4). */
const CHARACTER_BYTES = 4;

const NUMBERS: Record<number, readonly [native: string, type: ColumnType]> = {
  [MYSQL_TYPE.tiny]: ['tinyint', 'integer'],
  [MYSQL_TYPE.short]: ['smallint', 'integer'],
  [MYSQL_TYPE.int24]: ['mediumint', 'integer'],
  [MYSQL_TYPE.long]: ['int', 'integer'],
  [MYSQL_TYPE.longlong]: ['bigint', 'bigint'],
  [MYSQL_TYPE.float]: ['float', 'double'],
  [MYSQL_TYPE.double]: ['double', 'double'],
};

const OTHERS: Record<number, readonly [native: string, type: ColumnType]> = {
  [MYSQL_TYPE.null]: ['null', 'unknown'],
  [MYSQL_TYPE.timestamp]: ['timestamp', 'timestamptz'],
  [MYSQL_TYPE.datetime]: ['datetime', 'timestamp'],
  [MYSQL_TYPE.date]: ['date', 'date'],
  [MYSQL_TYPE.newdate]: ['date', 'date'],
  [MYSQL_TYPE.time]: ['time', 'time'],
  [MYSQL_TYPE.year]: ['year', 'year'],
  [MYSQL_TYPE.json]: ['json', 'json'],
  [MYSQL_TYPE.geometry]: ['geometry', 'geometry'],
  [MYSQL_TYPE.vector]: ['vector', 'binary'],
};

/** MariaDB's types that travel as text. */
const EXTENDED: Record<string, ColumnType> = { uuid: 'uuid', inet4: 'inet', inet6: 'inet' };

/**
 * What a column of a result is. A tinyint(1) stays a number: MySQL's BOOLEAN is only a name for it, it may hold 2, and 2 must not
 * become "true".
 */
export function columnOf(field: Field): Column {
  const { name } = field;
  const number = NUMBERS[field.type];
  if (number) {
    const unsigned = isUnsigned(field);
    const wide = unsigned && field.type === MYSQL_TYPE.long;
    const boolean = field.type === MYSQL_TYPE.tiny && field.length === 1 && !unsigned;
    return {
      name,
      type: wide ? 'bigint' : number[1],
      nativeType: `${number[0]}${boolean ? '(1)' : ''}${unsigned ? ' unsigned' : ''}`,
    };
  }
  if (field.type === MYSQL_TYPE.newdecimal || field.type === MYSQL_TYPE.decimal)
    return { name, type: 'decimal', nativeType: decimalName(field) };
  if (field.type === MYSQL_TYPE.bit) return { name, type: 'bit', nativeType: `bit(${field.length})` };
  const other = OTHERS[field.type];
  if (other) {
    const geometry = field.type === MYSQL_TYPE.geometry && field.extendedType !== '';
    const digits = DIGITS_SHOWN.has(field.type) && field.decimals > 0 && field.decimals <= 6 ? `(${field.decimals})` : '';
    return { name, type: other[1], nativeType: geometry ? field.extendedType : other[0] + digits };
  }
  return { name, ...textType(field) };
}

const DIGITS_SHOWN: ReadonlySet<number> = new Set([MYSQL_TYPE.timestamp, MYSQL_TYPE.datetime, MYSQL_TYPE.time]);

function textType(field: Field): { type: ColumnType; nativeType: string } {
  const extended = EXTENDED[field.extendedType];
  if (extended) return { type: extended, nativeType: field.extendedType };
  if (field.extendedFormat === 'json') return { type: 'json', nativeType: 'json' };
  if (field.type === MYSQL_TYPE.enum || field.flags & FLAG.enum) return { type: 'enum', nativeType: 'enum' };
  if (field.type === MYSQL_TYPE.set || field.flags & FLAG.set) return { type: 'text', nativeType: 'set' };
  const long = field.type >= 0xf9 && field.type <= 0xfc;
  if (isBinaryText(field)) return { type: 'binary', nativeType: long ? 'blob' : `varbinary(${field.length})` };
  return { type: 'text', nativeType: long ? 'text' : `varchar(${Math.floor(field.length / CHARACTER_BYTES)})` };
}

/** The length counts the point and, unless unsigned, a sign. */
function decimalName(field: Field): string {
  const unsigned = isUnsigned(field);
  const precision = field.length - (unsigned ? 0 : 1) - (field.decimals > 0 ? 1 : 0);
  return `decimal(${precision},${field.decimals})${unsigned ? ' unsigned' : ''}`;
}

const DECLARED: Record<string, ColumnType> = {
  tinyint: 'integer',
  smallint: 'integer',
  mediumint: 'integer',
  int: 'integer',
  bigint: 'bigint',
  decimal: 'decimal',
  float: 'double',
  double: 'double',
  bit: 'bit',
  date: 'date',
  time: 'time',
  datetime: 'timestamp',
  timestamp: 'timestamptz',
  year: 'year',
  char: 'text',
  varchar: 'text',
  tinytext: 'text',
  text: 'text',
  mediumtext: 'text',
  longtext: 'text',
  binary: 'binary',
  varbinary: 'binary',
  tinyblob: 'binary',
  blob: 'binary',
  mediumblob: 'binary',
  longblob: 'binary',
  vector: 'binary',
  enum: 'enum',
  set: 'text',
  json: 'json',
  uuid: 'uuid',
  inet4: 'inet',
  inet6: 'inet',
  geometry: 'geometry',
  point: 'geometry',
  linestring: 'geometry',
  polygon: 'geometry',
  multipoint: 'geometry',
  multilinestring: 'geometry',
  multipolygon: 'geometry',
  geometrycollection: 'geometry',
  geomcollection: 'geometry',
};

/**
 * The type of a declared column. Here a tinyint(1) is a boolean: it says what the column is for, and both servers keep the (1) for
 * that alone.
 * @param declared COLUMN_TYPE of the information schema: "int(10) unsigned", "enum('a','b')"
 */
export function declaredType(declared: string): ColumnType {
  const text = declared.toLowerCase();
  if (/^tinyint\(1\)(?! unsigned)/.test(text)) return 'boolean';
  const base = /^[a-z0-9]+/.exec(text)?.[0] ?? '';
  if (base === 'int' && text.includes('unsigned')) return 'bigint';
  return DECLARED[base] ?? 'unknown';
}

/** The labels in "enum('it''s','b')" or "set(…)"; undefined for other types. */
export function declaredLabels(declared: string): string[] | undefined {
  if (!/^enum\(/i.test(declared)) return undefined;
  return [...declared.matchAll(/'((?:[^']|'')*)'/g)].map((match) => (match[1] ?? '').replaceAll("''", "'"));
}
