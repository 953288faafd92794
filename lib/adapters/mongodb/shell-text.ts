import { Binary, BSONRegExp, Decimal128, Double, Int32, Long, type MaxKey, MinKey, ObjectId, Timestamp } from 'mongodb';
import type { PipelineStage, TableRef } from '../contract';
import type { Operation } from './operation';
import { Reader } from './reader';
import { Doc, List, Param, type Value } from './values';

const IDENTIFIER = /^[$_\p{L}][$_\p{L}\p{N}]*$/u;
/** What `db` itself has under a collection's possible name; such a collection is written with getCollection. */
const DB_METHODS = new Set([
  'aggregate',
  'auth',
  'disableFreeMonitoring',
  'hello',
  'help',
  'logout',
  'stats',
  'version',
  'watch',
  'collection',
]);
const WIDTH = 116;

/** A collection as it stands in a query: db.orders, db["odd name"]. */
export function writeCollection({ name }: TableRef): string {
  const plain = name.split('.').every((part) => IDENTIFIER.test(part)) && !DB_METHODS.has(name);
  return plain ? `db.${name}` : `db.getCollection(${JSON.stringify(name)})`;
}

/** The text of a pipeline in the shell's style, one stage a line, longer ones over several. What it gives, `parseOperation` reads back. */
export function writePipeline(collection: TableRef, stages: readonly PipelineStage[]): string {
  const lines = stages.map((stage) => `  ${pretty(new Reader(JSON.stringify(stage)).slot().value, '  ')}`);
  return `${writeCollection(collection)}.aggregate([${lines.length > 0 ? `\n${lines.join(',\n')}\n` : ''}])`;
}

/** One query without its author's spacing, comments and spelling: equal texts mean equal queries. */
export function writeOperation({ name, kind, collection, parts, explain, implicitLimit }: Operation): string {
  const verb = kind === 'find' ? 'find' : name;
  const written = [...parts]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([part, { value }]) => `${part}: ${compact(value)}`)
    .concat(implicitLimit === undefined ? [] : [`limit: ${implicitLimit}`]);
  return `${explain ? 'explain ' : ''}${JSON.stringify(collection)} ${verb} {${written.join(', ')}}`;
}

function pretty(value: Value, indent: string): string {
  const flat = compact(value);
  if (flat.length + indent.length <= WIDTH || !(value instanceof Doc || value instanceof List)) return flat;
  const deeper = `${indent}  `;
  if (value instanceof List)
    return `[\n${value.items.map((item) => deeper + pretty(item.value, deeper)).join(',\n')}\n${indent}]`;
  const lines = value.entries.map((entry) => `${deeper}${writeKey(entry.key)}: ${pretty(entry.value, deeper)}`);
  return `{\n${lines.join(',\n')}\n${indent}}`;
}

function compact(value: Value): string {
  if (value instanceof Doc)
    return value.entries.length === 0
      ? '{}'
      : `{ ${value.entries.map((entry) => `${writeKey(entry.key)}: ${compact(entry.value)}`).join(', ')} }`;
  if (value instanceof List) return `[${value.items.map((item) => compact(item.value)).join(', ')}]`;
  if (value instanceof Param) {
    const place = value.number > 0 ? `$${value.number}` : `:${value.name}`;
    return value.constructorName ? `${value.constructorName}(${place})` : place;
  }
  if (value === null || typeof value === 'boolean') return String(value);
  if (typeof value === 'string') return JSON.stringify(value);
  if (value instanceof Date) return `ISODate(${JSON.stringify(value.toISOString())})`;
  return writeTyped(value);
}

const writeKey = (key: string): string => (IDENTIFIER.test(key) ? key : JSON.stringify(key));

function writeTyped(
  value: Int32 | Long | Double | Decimal128 | ObjectId | Binary | Timestamp | BSONRegExp | MinKey | MaxKey,
): string {
  if (value instanceof Int32) return String(value.value);
  if (value instanceof Long) return `NumberLong("${value.toString()}")`;
  if (value instanceof Double) return writeDouble(value.value);
  if (value instanceof Decimal128) return `NumberDecimal("${value.toString()}")`;
  if (value instanceof ObjectId) return `ObjectId("${value.toHexString()}")`;
  if (value instanceof Binary) return `BinData(${value.sub_type}, "${Buffer.from(value.value()).toString('base64')}")`;
  if (value instanceof Timestamp) return `Timestamp(${value.t}, ${value.i})`;
  if (value instanceof BSONRegExp) return `RegExp(${JSON.stringify(value.pattern)}, ${JSON.stringify(value.options)})`;
  return value instanceof MinKey ? 'MinKey()' : 'MaxKey()';
}

/** With a point, so that it stays a double. */
function writeDouble(value: number): string {
  if (!Number.isFinite(value)) return String(value);
  const text = Object.is(value, -0) ? '-0.0' : String(value);
  return /^-?\d+$/.test(text) ? `${text}.0` : text;
}
