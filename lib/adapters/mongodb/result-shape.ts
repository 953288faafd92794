import type { Column, ColumnType } from '../contract';
import { BsonType, isUuid, readLong } from './bson-values';

/** Names of BSON's types as `$type` knows them, and the column type of a column that has only this one. */
const TYPES: Record<string, { name: string; type: ColumnType }> = {
  [BsonType.double]: { name: 'double', type: 'double' },
  [BsonType.string]: { name: 'string', type: 'text' },
  [BsonType.object]: { name: 'object', type: 'json' },
  [BsonType.array]: { name: 'array', type: 'array' },
  [BsonType.binData]: { name: 'binData', type: 'binary' },
  [BsonType.objectId]: { name: 'objectId', type: 'objectid' },
  [BsonType.bool]: { name: 'bool', type: 'boolean' },
  [BsonType.date]: { name: 'date', type: 'timestamptz' },
  [BsonType.regex]: { name: 'regex', type: 'unknown' },
  [BsonType.dbPointer]: { name: 'dbPointer', type: 'unknown' },
  [BsonType.javascript]: { name: 'javascript', type: 'unknown' },
  [BsonType.symbol]: { name: 'symbol', type: 'text' },
  [BsonType.javascriptWithScope]: { name: 'javascriptWithScope', type: 'unknown' },
  [BsonType.int]: { name: 'int', type: 'integer' },
  [BsonType.timestamp]: { name: 'timestamp', type: 'unknown' },
  [BsonType.long]: { name: 'long', type: 'bigint' },
  [BsonType.decimal]: { name: 'decimal', type: 'decimal' },
  [BsonType.minKey]: { name: 'minKey', type: 'unknown' },
  [BsonType.maxKey]: { name: 'maxKey', type: 'unknown' },
};

/** UUIDs are binaries of one subtype; counted apart. */
const UUID = { name: 'uuid', type: 'uuid' } as const;

/** Beyond this a double no longer holds every whole number. */
const SAFE = 2n ** 53n;

/** The types met in one place, with how often. */
export class SeenTypes {
  private readonly counts = new Map<string, { type: ColumnType; count: number }>();
  private bigLong = false;
  /** Values that are not null. */
  total = 0;

  add(bytes: Buffer, type: number, at: number): void {
    if (type === BsonType.null || type === BsonType.undefined) return;
    if (type === BsonType.long && !this.bigLong) {
      const long = readLong(bytes, at);
      this.bigLong = long > SAFE || long < -SAFE;
    }
    const { name, type: columnType } =
      type === BsonType.binData && isUuid(bytes, at) ? UUID : (TYPES[type] ?? { name: 'unknown', type: 'unknown' });
    const known = this.counts.get(name);
    if (known) known.count += 1;
    else this.counts.set(name, { type: columnType, count: 1 });
    this.total += 1;
  }

  /** Most frequent first; equal ones by name, so that the answer doesn't depend on the order of documents. */
  get list(): { nativeType: string; type: ColumnType; count: number }[] {
    return [...this.counts]
      .map(([nativeType, { type, count }]) => ({ nativeType, type, count }))
      .sort((a, b) => b.count - a.count || (a.nativeType < b.nativeType ? -1 : 1));
  }

  /**
   * One type for the place: the only one; of several numbers the one that holds them all exactly; else mixed.
   * @param open more values may follow, so that a 32-bit number may be followed by a longer one
   */
  column(open = false): { type: ColumnType; nativeType: string } {
    const names = [...this.counts.keys()].sort();
    const nativeType = names.length === 0 ? 'null' : names.join(' | ');
    const types = new Set([...this.counts.values()].map(({ type }) => type));
    const [only] = types;
    if (only === undefined) return { type: 'unknown', nativeType };
    if (types.size === 1) return { type: only === 'integer' && open ? 'bigint' : only, nativeType };
    const has = (type: ColumnType) => types.has(type);
    const within = (...allowed: ColumnType[]) => [...types].every((type) => allowed.includes(type));
    if (within('integer', 'bigint')) return { type: 'bigint', nativeType };
    if (within('integer', 'bigint', 'decimal')) return { type: 'decimal', nativeType };
    if (within('integer', 'bigint', 'double') && !(has('bigint') && this.bigLong)) return { type: 'double', nativeType };
    return { type: 'mixed', nativeType };
  }
}

/** The column that takes what the others don't: keys that first appear after the columns were named. */
export const REST_COLUMN: Column = { name: '(other fields)', type: 'json', nativeType: 'object' };
