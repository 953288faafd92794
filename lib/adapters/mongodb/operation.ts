import type { Param, Slot } from './values';

/** Reading operations that Quarry runs. */
const READS = ['find', 'aggregate', 'count', 'countDocuments', 'distinct'] as const;
/** Writing operations that a source may allow. */
const WRITES = ['insertOne', 'insertMany', 'updateOne', 'updateMany', 'replaceOne', 'deleteOne', 'deleteMany'] as const;

export type ReadKind = (typeof READS)[number];
export type WriteKind = (typeof WRITES)[number];

/** Where a row limit is written, or could be: `text` with the number between the two parts. */
export interface LimitPlace {
  own?: Slot;
  insertAt: number;
  before: string;
  after: string;
}

/** A query text, read: what is asked of which collection, before anything is judged. */
export interface Operation {
  kind: ReadKind | WriteKind | 'other';
  /** As written: "find", "dropDatabase". */
  name: string;
  /** Null for a pipeline that begins without a collection (db.aggregate), and for what concerns the whole database. */
  collection: string | null;
  /** filter, projection, pipeline, sort … by the names of MongoDB's commands. */
  parts: ReadonlyMap<string, Slot>;
  /** The plan is asked for, not the rows. */
  explain: boolean;
  /** findOne: no more than this many. */
  implicitLimit?: number;
  limitPlace: LimitPlace | null;
  params: readonly Param[];
  volatile: boolean;
}

export const isRead = (kind: Operation['kind']): kind is ReadKind => (READS as readonly string[]).includes(kind);
export const isWrite = (kind: Operation['kind']): kind is WriteKind => (WRITES as readonly string[]).includes(kind);

/** What a form of query gives; parameters are the reader's to know. */
export type Found = Omit<Operation, 'params' | 'volatile'>;

/** Something that Quarry doesn't run. */
export function other(name: string, collection: string | null): Found {
  return { kind: 'other', name, collection, parts: new Map(), explain: false, limitPlace: null };
}
