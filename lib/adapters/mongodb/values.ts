import type { Binary, BSONRegExp, Decimal128, Double, Int32, Long, MaxKey, MinKey, ObjectId, Timestamp } from 'mongodb';

/** A value of a query text, and where it stands (UTF-16 offsets; `end` is behind it). */
export interface Slot {
  value: Value;
  start: number;
  end: number;
}

/** One key of a document with its value. `keyAt` is where the key stands. */
export interface Entry extends Slot {
  key: string;
  keyAt: number;
}

/** A document as written: keys in their order, each once. Never a JavaScript object, so that no key can mean anything to the language. */
export class Doc {
  constructor(
    readonly entries: readonly Entry[],
    readonly start = 0,
    readonly end = 0,
  ) {}

  get(key: string): Entry | undefined {
    return this.entries.find((entry) => entry.key === key);
  }
}

export class List {
  constructor(
    readonly items: readonly Slot[],
    readonly start = 0,
    readonly end = 0,
  ) {}
}

/** The place of a bound value: `$1` by position, or `:name` before names became positions. */
export class Param {
  constructor(
    /** From 1; 0 for one that has only a name so far. */
    readonly number: number,
    readonly name: string | undefined,
    readonly start: number,
    readonly end: number,
    /** The constructor that the value is given to: ISODate(:day). */
    readonly constructorName?: string,
  ) {}
}

/** Values that BSON knows and a query may hold. */
export type Scalar =
  | null
  | boolean
  | string
  | Int32
  | Long
  | Double
  | Decimal128
  | ObjectId
  | Date
  | Binary
  | Timestamp
  | BSONRegExp
  | MinKey
  | MaxKey;

export type Value = Scalar | Doc | List | Param;

/** The whole number that a literal is, or undefined. */
export function wholeNumber(value: Value | undefined): number | undefined {
  if (typeof value !== 'object' || value === null || !('_bsontype' in value)) return undefined;
  if (value._bsontype === 'Int32') return value.value;
  if (value._bsontype === 'Double') return Number.isSafeInteger(value.value) ? value.value : undefined;
  if (value._bsontype === 'Long') {
    const number = value.toNumber();
    return Number.isSafeInteger(number) ? number : undefined;
  }
  return undefined;
}
