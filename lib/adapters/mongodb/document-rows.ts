import type { Cell, Column, Row } from '../contract';
import { BsonType, decimalText, doubleCell, endOfKey, endOfValue, jsonCell, longText, plainCell } from './bson-values';
import { REST_COLUMN, SeenTypes } from './result-shape';

/** How numbers of a column are given: whole and decimal numbers as exact text, as doubles, or marked {exact} in a mixed column. */
const EXACT = 0;
const DOUBLE = 1;
const MIXED = 2;

/** The columns of a result, from its first documents. */
export class ShapeFinder {
  private readonly seen = new Map<string, SeenTypes>();

  /** @param fixed the columns that the query itself names; null when it takes documents as they are */
  constructor(private readonly fixed: readonly string[] | null) {
    for (const name of fixed ?? []) this.seen.set(name, new SeenTypes());
  }

  add(bytes: Buffer, start: number): void {
    const end = start + bytes.readInt32LE(start) - 1;
    for (let at = start + 4; at < end; ) {
      const type = bytes[at] as number;
      const keyEnd = endOfKey(bytes, at + 1);
      const name = bytes.toString('utf8', at + 1, keyEnd);
      let types = this.seen.get(name);
      if (!types) {
        types = new SeenTypes();
        this.seen.set(name, types);
      }
      types.add(bytes, type, keyEnd + 1);
      at = endOfValue(bytes, type, keyEnd + 1);
    }
  }

  /** @param open documents may follow */
  columns(open: boolean): Column[] {
    const columns = [...this.seen].map(([name, types]): Column => ({ name, ...types.column(open) }));
    return open && this.fixed === null ? [...columns, REST_COLUMN] : columns;
  }
}

/**
 * Documents to rows: finds each column's value without making objects of documents. Documents of one collection mostly have the same keys in
 * the same order, so the place of a key in the last document is tried first.
 *
 * A value of another type than its column's, met after the columns were named, is given as it is: nothing is bent or lost.
 */
export class DocumentRows {
  /** Of the last document, by column: BSON type (0: absent) and place of the value. */
  readonly types: Uint8Array;
  readonly places: Int32Array;
  /** Elements of the last document that have no column, as pairs: start of the element, end of its value. */
  readonly rest: number[] = [];
  readonly restColumn: number;
  private readonly byName = new Map<string, number>();
  private readonly keys: Buffer[];
  private readonly modes: Uint8Array;
  private order: number[] = [];

  constructor(readonly columns: readonly Column[]) {
    this.types = new Uint8Array(columns.length);
    this.places = new Int32Array(columns.length);
    this.restColumn = columns.at(-1) === REST_COLUMN ? columns.length - 1 : -1;
    this.keys = columns.map(({ name }) => Buffer.from(name, 'utf8'));
    columns.forEach(({ name }, index) => {
      if (index !== this.restColumn) this.byName.set(name, index);
    });
    this.modes = Uint8Array.from(columns, ({ type }) => (type === 'double' ? DOUBLE : type === 'mixed' ? MIXED : EXACT));
  }

  /** Finds the values of a document; `types`, `places` and `rest` tell them until the next call. */
  locate(bytes: Buffer, start: number): void {
    this.types.fill(0);
    this.rest.length = 0;
    const end = start + bytes.readInt32LE(start) - 1;
    let position = 0;
    for (let at = start + 4; at < end; position += 1) {
      const type = bytes[at] as number;
      const likely = this.order[position] ?? -1;
      let keyEnd = likely < 0 ? -1 : this.keyIs(bytes, at + 1, likely);
      let column = likely;
      if (keyEnd < 0) {
        keyEnd = endOfKey(bytes, at + 1);
        column = this.byName.get(bytes.toString('utf8', at + 1, keyEnd)) ?? -1;
        this.order[position] = column;
      }
      const next = endOfValue(bytes, type, keyEnd + 1);
      if (column >= 0) {
        this.types[column] = type;
        this.places[column] = keyEnd + 1;
      } else if (this.restColumn >= 0) {
        this.rest.push(at, next);
      }
      at = next;
    }
  }

  row(bytes: Buffer, start: number): Row {
    this.locate(bytes, start);
    const width = this.columns.length;
    const row: Row = new Array(width);
    for (let column = 0; column < width; column += 1) row[column] = this.cell(bytes, column);
    return row;
  }

  /** Of the document that was located last. */
  cell(bytes: Buffer, column: number): Cell {
    if (column === this.restColumn) return this.restCell(bytes);
    const type = this.types[column] as number;
    return type === 0 ? null : valueCell(bytes, type, this.places[column] as number, this.modes[column] as number);
  }

  private restCell(bytes: Buffer): Cell {
    if (this.rest.length === 0) return null;
    const object: { [key: string]: Cell } = {};
    for (let i = 0; i < this.rest.length; i += 2) {
      const at = this.rest[i] as number;
      const keyEnd = endOfKey(bytes, at + 1);
      const value = jsonCell(bytes, bytes[at] as number, keyEnd + 1);
      Object.defineProperty(object, bytes.toString('utf8', at + 1, keyEnd), {
        value,
        enumerable: true,
        configurable: true,
        writable: true,
      });
    }
    return object;
  }

  /** Where the key ends when it is this column's; -1 when it isn't. */
  private keyIs(bytes: Buffer, at: number, column: number): number {
    const key = this.keys[column] as Buffer;
    const { length } = key;
    if (bytes[at + length] !== 0) return -1;
    for (let i = 0; i < length; i += 1) if (bytes[at + i] !== key[i]) return -1;
    return at + length;
  }
}

/** One value in exact form, as a cell of a column of this type. */
export function cellOf(bytes: Buffer, type: number, at: number, column: Column): Cell {
  return valueCell(bytes, type, at, column.type === 'double' ? DOUBLE : column.type === 'mixed' ? MIXED : EXACT);
}

function valueCell(bytes: Buffer, type: number, at: number, mode: number): Cell {
  switch (type) {
    case BsonType.int: {
      const number = bytes.readInt32LE(at);
      return mode === DOUBLE ? number : mode === MIXED ? { exact: String(number) } : String(number);
    }
    case BsonType.long: {
      const text = longText(bytes, at);
      if (mode === MIXED) return { exact: text };
      return mode === DOUBLE && Number.isSafeInteger(Number(text)) ? Number(text) : text;
    }
    case BsonType.decimal: {
      const text = decimalText(bytes, at);
      return mode === MIXED ? { exact: text } : text;
    }
    case BsonType.double:
      return doubleCell(bytes, at);
    case BsonType.object:
    case BsonType.array:
      return jsonCell(bytes, type, at);
    default:
      return plainCell(bytes, type, at);
  }
}
