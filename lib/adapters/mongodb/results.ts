import type { Row, TextBatch } from '../contract';
import type { RowCap } from '../row-cap';
import type { Batch, QueryCursor } from './cursor';
import type { DocumentRows } from './document-rows';
import type { TextPacker } from './text-packer';

/** A result that has begun: the documents that were read to know its columns. */
export interface Begun {
  cursor: QueryCursor;
  first: Batch[];
}

/**
 * Everything that a cursor gives, batch by batch; leaving the loop closes the cursor.
 * @throws QuarryError
 */
export async function* readAll<T>({ cursor, first }: Begun, cap: RowCap, take: (batch: Batch) => T | null): AsyncGenerator<T> {
  try {
    while (cap.truncated === null) {
      // What was read to know the columns is let go of as soon as it's passed on.
      const batch = first.shift() ?? (await cursor.next());
      if (batch === null) return;
      const taken = take(batch);
      if (taken !== null) yield taken;
    }
  } finally {
    cursor.discard();
  }
}

export function takeRows({ bytes, starts }: Batch, documents: DocumentRows, cap: RowCap): Row[] | null {
  const rows: Row[] = [];
  for (const start of starts) {
    if (!cap.admit(bytes.readInt32LE(start))) break;
    rows.push(documents.row(bytes, start));
  }
  return rows.length > 0 ? rows : null;
}

export function packRows({ bytes, starts }: Batch, packer: TextPacker, cap: RowCap): TextBatch | null {
  let rows = 0;
  for (const start of starts) {
    if (!cap.admit(bytes.readInt32LE(start))) break;
    packer.append(bytes, start);
    rows += 1;
  }
  return rows > 0 ? packer.take() : null;
}
