/**
 * A geometry as both servers store and send it (four bytes of SRID, then well-known binary) to well-known text, the exact form.
 * OGC 06-103r4, 8.2. What can't be read as one is given as its bytes in hexadecimal.
 */
export function geometryText(bytes: Buffer): string {
  try {
    return shape(new Cursor(bytes, 4));
  } catch {
    return `0x${bytes.toString('hex')}`;
  }
}

class Cursor {
  private little = true;

  constructor(
    private readonly bytes: Buffer,
    private at: number,
  ) {}

  byteOrder(): void {
    this.little = this.bytes[this.at] === 1;
    this.at += 1;
  }

  count(): number {
    const value = this.little ? this.bytes.readUInt32LE(this.at) : this.bytes.readUInt32BE(this.at);
    this.at += 4;
    return value;
  }

  number(): number {
    const value = this.little ? this.bytes.readDoubleLE(this.at) : this.bytes.readDoubleBE(this.at);
    this.at += 8;
    return value;
  }
}

const NAMES = ['', 'POINT', 'LINESTRING', 'POLYGON', 'MULTIPOINT', 'MULTILINESTRING', 'MULTIPOLYGON', 'GEOMETRYCOLLECTION'];

function shape(cursor: Cursor): string {
  cursor.byteOrder();
  const kind = cursor.count();
  const name = NAMES[kind];
  if (!name) throw new Error(`geometry of an unknown kind ${kind}`);
  const body = content(cursor, kind);
  return body === '' ? `${name} EMPTY` : `${name}(${body})`;
}

function content(cursor: Cursor, kind: number): string {
  if (kind === 1) return point(cursor);
  if (kind === 2) return list(cursor, point);
  if (kind === 3) return list(cursor, ring);
  if (kind === 7) return list(cursor, shape);
  return list(cursor, (part) => {
    part.byteOrder();
    const inner = content(part, part.count());
    return kind === 4 ? inner : `(${inner})`;
  });
}

function point(cursor: Cursor): string {
  return `${cursor.number()} ${cursor.number()}`;
}

function ring(cursor: Cursor): string {
  return `(${list(cursor, point)})`;
}

function list(cursor: Cursor, item: (cursor: Cursor) => string): string {
  const count = cursor.count();
  const parts: string[] = [];
  for (let i = 0; i < count; i += 1) parts.push(item(cursor));
  return parts.join(',');
}
