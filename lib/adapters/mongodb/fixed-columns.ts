import type { Operation } from './operation';
import { Doc, List, type Value, wholeNumber } from './values';

/**
 * The columns that a query names by itself, in its order, or null when it takes documents as they are. With them a result has its columns
 * when there are no rows, and fields that no document has.
 */
export function fixedColumns(operation: Operation): string[] | null {
  if (operation.kind === 'find') return ofProjection(operation.parts.get('projection')?.value);
  const pipeline = operation.parts.get('pipeline')?.value;
  if (operation.kind !== 'aggregate' || !(pipeline instanceof List)) return null;
  let columns: string[] | null = null;
  for (const { value } of pipeline.items) {
    const entry = value instanceof Doc ? value.entries[0] : undefined;
    if (entry) columns = afterStage(entry.key, entry.value, columns);
  }
  return columns;
}

function afterStage(stage: string, value: Value, before: string[] | null): string[] | null {
  switch (stage) {
    case '$project':
      return ofProjection(value) ?? without(before, excluded(value));
    case '$group':
    case '$facet':
      return value instanceof Doc ? value.entries.map(({ key }) => key) : null;
    case '$count':
      return typeof value === 'string' ? [value] : null;
    case '$sortByCount':
      return ['_id', 'count'];
    case '$bucket':
    case '$bucketAuto': {
      const output = value instanceof Doc ? value.get('output')?.value : undefined;
      return ['_id', ...(output instanceof Doc ? output.entries.map(({ key }) => key) : ['count'])];
    }
    case '$addFields':
    case '$set':
      return value instanceof Doc
        ? withNames(
            before,
            value.entries.map(({ key }) => topOf(key)),
          )
        : before;
    case '$setWindowFields': {
      const output = value instanceof Doc ? value.get('output')?.value : undefined;
      return output instanceof Doc
        ? withNames(
            before,
            output.entries.map(({ key }) => topOf(key)),
          )
        : before;
    }
    case '$unset':
      return without(before, value instanceof List ? value.items.map((item) => item.value) : [value]);
    case '$lookup':
    case '$graphLookup':
      return withNames(before, textsOf(value, ['as', 'depthField']));
    case '$unwind':
      return withNames(before, textsOf(value, ['includeArrayIndex']));
    case '$replaceRoot':
      return ofObject(value instanceof Doc ? value.get('newRoot')?.value : undefined);
    case '$replaceWith':
      return ofObject(value);
    case '$match':
    case '$sort':
    case '$limit':
    case '$skip':
    case '$sample':
    case '$redact':
    case '$densify':
    case '$fill':
      return before;
    default:
      return null;
  }
}

/** A projection that names what it takes; null for one that names what it leaves out. */
function ofProjection(value: Value | undefined): string[] | null {
  if (!(value instanceof Doc)) return null;
  const entries = value.entries.map(({ key, value: rule }) => ({
    name: topOf(key),
    rule: ruleOf(rule),
    nested: key.includes('.'),
  }));
  const named = entries.filter(({ rule, name }) => rule !== 'leave' && name !== '_id');
  // {$slice: 3} alone leaves every other field in.
  const includes = entries.some(({ rule, name }) => rule === 'take' && name !== '_id');
  const computes = entries.some(({ rule }) => rule === 'compute');
  const leavesOthers = entries.some(({ rule, name }) => rule === 'leave' && name !== '_id');
  if (leavesOthers || (!includes && !computes && named.length === 0 && !onlyId(entries))) return null;
  if (!includes && entries.some(({ rule }) => rule === 'slice')) return null;
  const id = entries.find(({ name }) => name === '_id');
  const names = named.map(({ name }) => name);
  return [...new Set(id?.rule === 'leave' ? names : ['_id', ...names])];
}

type Rule = 'take' | 'leave' | 'compute' | 'slice';

const onlyId = (entries: readonly { name: string; rule: Rule }[]): boolean =>
  entries.length > 0 && entries.every(({ name, rule }) => name === '_id' && rule !== 'leave');

function ruleOf(value: Value): Rule {
  if (value === false || wholeNumber(value) === 0) return 'leave';
  if (value === true || wholeNumber(value) !== undefined) return 'take';
  if (value instanceof Doc) {
    const first = value.entries[0];
    if (first === undefined) return 'compute';
    if (first.key === '$slice' && !(first.value instanceof List && first.value.items.length === 3)) return 'slice';
    // {address: {city: 1}} takes address.city
    if (!first.key.startsWith('$')) return ruleOf(first.value);
  }
  return 'compute';
}

function excluded(value: Value): Value[] {
  return value instanceof Doc ? value.entries.filter((entry) => ruleOf(entry.value) === 'leave').map(({ key }) => key) : [];
}

/** {newRoot: {a: …, b: …}}: an object that is written out; an expression that merges documents is open. */
function ofObject(value: Value | undefined): string[] | null {
  if (!(value instanceof Doc) || value.entries.length === 0 || value.entries[0]?.key.startsWith('$')) return null;
  return value.entries.map(({ key }) => key);
}

function withNames(before: string[] | null, names: readonly string[]): string[] | null {
  return before === null ? null : [...new Set([...before, ...names])];
}

function without(before: string[] | null, names: readonly Value[]): string[] | null {
  return before === null ? null : before.filter((name) => !names.includes(name));
}

function textsOf(value: Value, options: readonly string[]): string[] {
  if (!(value instanceof Doc)) return [];
  return options.flatMap((option) => {
    const text = value.get(option)?.value;
    return typeof text === 'string' ? [topOf(text)] : [];
  });
}

const topOf = (path: string): string => path.split('.')[0] ?? path;
