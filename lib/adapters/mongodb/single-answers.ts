import { BSON, MongoServerError } from 'mongodb';
import type { Cell, Column } from '../contract';
import { BsonType, jsonCell, longText } from './bson-values';
import { findValue, valuesOf } from './cursor';
import { cellOf } from './document-rows';
import { SeenTypes } from './result-shape';

/** An answer without a cursor, as one column. */
export interface SingleAnswer {
  column: Column;
  values: Cell[];
  /** Bytes of each value. */
  sizes: number[];
  /** Nothing was found, which may mean that the collection isn't there. */
  isEmpty: boolean;
}

/** {n: 3} of count, or {cursor: {firstBatch: [{count: 3}]}} of countDocuments, which has no document when nothing is found. */
export function countAnswer(bytes: Buffer, name: string): SingleAnswer {
  const cursor = findValue(bytes, 0, 'cursor');
  const batch = cursor && findValue(bytes, cursor.at, 'firstBatch');
  const document = batch && valuesOf(bytes, batch.at)[0];
  const found = cursor ? (document ? findValue(bytes, document.at, 'count') : null) : findValue(bytes, 0, 'n');
  const text = found === null ? '0' : wholeText(bytes, found);
  return { column: { name, type: 'bigint', nativeType: 'long' }, values: [text], sizes: [8], isEmpty: text === '0' };
}

function wholeText(bytes: Buffer, { type, at }: { type: number; at: number }): string {
  if (type === BsonType.int) return String(bytes.readInt32LE(at));
  return type === BsonType.long ? longText(bytes, at) : String(bytes.readDoubleLE(at));
}

/** {values: […]} of distinct. */
export function valuesAnswer(bytes: Buffer, name: string): SingleAnswer {
  const list = findValue(bytes, 0, 'values');
  const values = list ? valuesOf(bytes, list.at) : [];
  const seen = new SeenTypes();
  for (const { type, at } of values) seen.add(bytes, type, at);
  const column: Column = { name, ...seen.column() };
  return {
    column,
    values: values.map(({ type, at }) => cellOf(bytes, type, at, column)),
    sizes: values.map(({ at }, index) => (values[index + 1]?.at ?? bytes.length) - at),
    isEmpty: values.length === 0,
  };
}

/** About the server and the session, not about the query; names of hosts among it. */
const NOT_THE_PLAN = new Set([
  'serverInfo',
  'serverParameters',
  'ok',
  '$clusterTime',
  'operationTime',
  'command',
  'explainVersion',
]);

/** The plan of explain as JSON. */
export function planAnswer(bytes: Buffer): SingleAnswer {
  const plan = withoutServer(jsonCell(bytes, BsonType.object, 0));
  return { column: { name: 'plan', type: 'json', nativeType: 'object' }, values: [plan], sizes: [bytes.length], isEmpty: false };
}

function withoutServer(cell: Cell): Cell {
  if (Array.isArray(cell)) return cell.map(withoutServer);
  if (typeof cell !== 'object' || cell === null) return cell;
  return Object.fromEntries(
    Object.entries(cell).flatMap(([key, value]) => (NOT_THE_PLAN.has(key) ? [] : [[key, withoutServer(value)]])),
  );
}

/**
 * How many documents a write changed.
 * @throws MongoServerError when a document was refused
 */
export function writtenOf(bytes: Buffer): number {
  const answer = BSON.deserialize(bytes, { validation: { utf8: false } });
  const [refused] = (answer.writeErrors as { code: number; errmsg: string }[] | undefined) ?? [];
  if (refused) throw new MongoServerError({ code: refused.code, message: refused.errmsg, errmsg: refused.errmsg });
  const concern = answer.writeConcernError as { code: number; errmsg: string } | undefined;
  if (concern) throw new MongoServerError({ code: concern.code, message: concern.errmsg, errmsg: concern.errmsg });
  return Number(answer.nModified ?? answer.n ?? 0);
}
