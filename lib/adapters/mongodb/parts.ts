import { nearest } from './nearest';
import type { Reader } from './reader';
import type { Entry, Slot } from './values';

/** Parts that a command may have; those that are `null` are taken and left out, because Quarry sets them itself. */
export const COMMANDS: Record<'find' | 'aggregate' | 'count' | 'distinct', Record<string, string | null>> = {
  find: {
    filter: 'filter',
    projection: 'projection',
    sort: 'sort',
    limit: 'limit',
    skip: 'skip',
    hint: 'hint',
    collation: 'collation',
    let: 'let',
    batchSize: null,
    singleBatch: null,
    maxTimeMS: null,
    allowDiskUse: null,
  },
  aggregate: {
    pipeline: 'pipeline',
    collation: 'collation',
    let: 'let',
    hint: 'hint',
    cursor: null,
    batchSize: null,
    maxTimeMS: null,
    allowDiskUse: null,
  },
  count: { query: 'filter', limit: 'limit', skip: 'skip', hint: 'hint', collation: 'collation', maxTimeMS: null },
  distinct: { key: 'key', query: 'filter', hint: 'hint', collation: 'collation', maxTimeMS: null },
};

/** Takes one part of a command, or of a call's options. @throws QuarryError query.invalid naming the nearest known one */
export function setPart(
  reader: Reader,
  known: Record<string, string | null>,
  where: string,
  entry: Entry,
  parts: Map<string, Slot>,
): void {
  const part = Object.hasOwn(known, entry.key) ? known[entry.key] : undefined;
  if (part === undefined) {
    const near = nearest(entry.key, Object.keys(known));
    reader.fail(`"${entry.key}" is not allowed in the ${where}${near ? `; did you mean "${near}"?` : ''}`, entry.keyAt);
  }
  if (part === null) return;
  if (parts.has(part)) reader.fail(`The ${part} is given twice`, entry.keyAt);
  parts.set(part, { value: entry.value, start: entry.start, end: entry.end });
}

/** Only the plan: the other modes run the query. */
export function explainMode(reader: Reader, mode: Slot | undefined): void {
  if (mode === undefined || mode.value === 'queryPlanner') return;
  reader.fail('Only the plan can be asked for: explain() or explain("queryPlanner")', mode.start);
}
