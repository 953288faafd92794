/** Dotted paths through documents and arrays. */
import { type Doc, isDoc, type Maybe, type Value } from './values';

/** The value at a path as expressions see it: an array on the way gives the array of what its documents have there. */
export function pathValue(value: Maybe, path: readonly string[], at = 0): Maybe {
  const part = path[at];
  if (part === undefined) return value;
  if (value instanceof Map) return pathValue(value.get(part), path, at + 1);
  if (!Array.isArray(value)) return undefined;
  return value
    .map((item) => (isDoc(item) || Array.isArray(item) ? pathValue(item, path, at) : undefined))
    .filter((item) => item !== undefined);
}

/** Every value at a path, with arrays opened: what distinct, sort and multikey lookups see. */
export function valuesAt(value: Maybe, path: readonly string[], at = 0): Value[] {
  const part = path[at];
  if (part === undefined) return value === undefined ? [] : Array.isArray(value) ? value : [value];
  if (value instanceof Map) return valuesAt(value.get(part), path, at + 1);
  if (!Array.isArray(value)) return [];
  const indexed = /^\d+$/.test(part) && value[Number(part)] !== undefined ? valuesAt(value[Number(part)], path, at + 1) : [];
  return [...indexed, ...value.flatMap((item) => (isDoc(item) ? valuesAt(item, path, at) : []))];
}

/** A copy with the value set at a path; documents on the way are made, arrays get it in each of their documents. */
export function withPath(value: Maybe, path: readonly string[], set: (old: Maybe) => Maybe, at = 0): Maybe {
  const part = path[at];
  if (part === undefined) return set(value);
  if (Array.isArray(value)) return value.map((item) => withPath(item, path, set, at) ?? null);
  const copy: Doc = new Map(isDoc(value) ? value : []);
  const next = withPath(copy.get(part), path, set, at + 1);
  if (next === undefined) copy.delete(part);
  else copy.set(part, next);
  return copy;
}

/** A copy without the field at a path. */
export function withoutPath(value: Value, path: readonly string[], at = 0): Value {
  if (Array.isArray(value)) return value.map((item) => withoutPath(item, path, at));
  const part = path[at];
  if (!isDoc(value) || part === undefined || !value.has(part)) return value;
  const copy: Doc = new Map(value);
  const inner = copy.get(part);
  if (at === path.length - 1) copy.delete(part);
  else if (inner !== undefined) copy.set(part, withoutPath(inner, path, at + 1));
  return copy;
}
