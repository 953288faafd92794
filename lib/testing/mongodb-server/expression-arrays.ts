/** Array, set and object operators. */
import { compare, keyOf } from './compare';
import type { Operator } from './expressions';
import { doc, int, isDoc, isNumber, located, type Maybe, toDouble, typeName, type Value, wholeNumber } from './values';

const absent = (value: Maybe): value is null | undefined => value === null || value === undefined;

function list(value: Maybe, name: string): Value[] {
  if (Array.isArray(value)) return value;
  throw located(28689, `${name} requires an array, but was of type ${typeName(value)}`);
}

function position(value: Maybe, name: string): number {
  const whole = wholeNumber(value);
  if (whole === null) throw located(28690, `${name}'s second argument must be representable as a 32-bit integer`);
  return whole;
}

/** Distinct values of a set operator's argument, in order of first appearance. */
function setOf(value: Maybe, name: string): Map<string, Value> {
  return new Map(list(value, name).map((item) => [keyOf(item), item]));
}

const sorted = (values: Iterable<Value>): Value[] => [...values].sort(compare);

function slice(value: Maybe, first: Maybe, second: Maybe): Maybe {
  if (absent(value) || first === null) return null;
  const items = list(value, '$slice');
  const from = position(first, '$slice');
  if (second === undefined) return from < 0 ? items.slice(from) : items.slice(0, from);
  const start = from < 0 ? Math.max(items.length + from, 0) : from;
  return items.slice(start, start + position(second, '$slice'));
}

const keySets = new WeakMap<Value[], Set<string>>();

/** Keys of a long list, which the same pipeline asks again and again. */
function keysOf(items: Value[]): Set<string> {
  const known = keySets.get(items) ?? new Set(items.map(keyOf));
  keySets.set(items, known);
  return known;
}

const LONGEST = 1_000_000;

function range(start: Maybe, end: Maybe, step: Maybe): Maybe {
  const from = position(start, '$range');
  const to = position(end, '$range');
  const by = step === undefined ? 1 : position(step, '$range');
  if (by === 0) throw located(34449, '$range requires a non-zero step value');
  if ((to - from) / by > LONGEST) throw located(34450, `$range of more than ${LONGEST} numbers is too much for this test server`);
  const out: Value[] = [];
  for (let at = from; by > 0 ? at < to : at > to; at += by) out.push(int(at));
  return out;
}

function arrayToObject(value: Maybe): Maybe {
  if (absent(value)) return null;
  return new Map(
    list(value, '$arrayToObject').map((item): [string, Value] => {
      if (Array.isArray(item)) return [String(item[0]), item[1] ?? null];
      if (isDoc(item)) return [String(item.get('k')), item.get('v') ?? null];
      throw located(40398, 'Unrecognised input type format for $arrayToObject');
    }),
  );
}

function zip(values: Record<string, Maybe>): Maybe {
  if (absent(values.inputs)) return null;
  const inputs = list(values.inputs, '$zip');
  if (inputs.some(absent)) return null;
  const rows = inputs.map((one) => list(one, '$zip'));
  const lengths = rows.map((row) => row.length);
  const length = values.useLongestLength === true ? Math.max(...lengths) : Math.min(...lengths);
  const defaults = Array.isArray(values.defaults) ? values.defaults : [];
  return Array.from({ length }, (_, at) => rows.map((row, which) => row[at] ?? defaults[which] ?? null));
}

/** Compares documents by a sort specification of top-level or dotted names. */
function sortArray(values: Record<string, Maybe>): Maybe {
  if (absent(values.input)) return null;
  const items = [...list(values.input, '$sortArray')];
  const by = values.sortBy;
  if (!isDoc(by)) return items.sort((left, right) => compare(left, right) * (isNumber(by) ? toDouble(by) : 1));
  const keys = [...by].map(([name, order]): [string[], number] => [name.split('.'), isNumber(order) ? toDouble(order) : 1]);
  const at = (value: Maybe, path: string[]): Maybe =>
    path.reduce<Maybe>((one, part) => (isDoc(one) ? one.get(part) : undefined), value);
  return items.sort((left, right) => {
    for (const [path, order] of keys) {
      const sign = compare(at(left, path) ?? null, at(right, path) ?? null) * order;
      if (sign !== 0) return sign;
    }
    return 0;
  });
}

function extreme(values: Maybe[], wanted: number): Maybe {
  const items = values.length === 1 && Array.isArray(values[0]) ? values[0] : values;
  return (
    items.reduce<Maybe>(
      (best, value) => (absent(value) ? best : best === undefined || compare(value, best) * wanted > 0 ? value : best),
      undefined,
    ) ?? null
  );
}

function several(values: Record<string, Maybe>, pick: (items: Value[], n: number) => Value[]): Maybe {
  if (absent(values.input)) return null;
  return pick(list(values.input, '$firstN'), position(values.n, '$firstN'));
}

const counted = { named: ['input', 'n'], required: ['input', 'n'] };

export const ARRAY_OPERATORS: Record<string, Operator> = {
  $arrayElemAt: {
    args: [2, 2],
    run: (value, at) => {
      if (absent(value) || absent(at)) return null;
      return list(value, '$arrayElemAt').at(position(at, '$arrayElemAt'));
    },
  },
  $first: { args: [1, 1], run: (value) => (absent(value) ? null : list(value, '$first')[0]) },
  $last: { args: [1, 1], run: (value) => (absent(value) ? null : list(value, '$last').at(-1)) },
  $firstN: { ...counted, run: (values) => several(values, (items, n) => items.slice(0, n)) },
  $lastN: { ...counted, run: (values) => several(values, (items, n) => items.slice(-n)) },
  $maxN: {
    ...counted,
    run: (values) =>
      several(values, (items, n) =>
        sorted(items.filter((item) => item !== null))
          .reverse()
          .slice(0, n),
      ),
  },
  $minN: {
    ...counted,
    run: (values) => several(values, (items, n) => sorted(items.filter((item) => item !== null)).slice(0, n)),
  },
  $size: {
    args: [1, 1],
    run: (value) => {
      if (!Array.isArray(value))
        throw located(17124, `The argument to $size must be an array, but was of type: ${typeName(value)}`);
      return int(value.length);
    },
  },
  $isArray: { args: [1, 1], run: (value) => Array.isArray(value) },
  $in: {
    args: [2, 2],
    run: (value, items) => {
      if (!Array.isArray(items)) throw located(40081, `$in requires an array as a second argument, found: ${typeName(items)}`);
      return items.length < 32 ? items.some((item) => compare(item, value) === 0) : keysOf(items).has(keyOf(value));
    },
  },
  $indexOfArray: {
    args: [2, 4],
    run: (value, wanted, start, end) => {
      if (absent(value)) return null;
      const items = list(value, '$indexOfArray');
      const to = end === undefined ? items.length : Math.min(position(end, '$indexOfArray'), items.length);
      for (let at = start === undefined ? 0 : position(start, '$indexOfArray'); at < to; at++)
        if (compare(items[at], wanted) === 0) return int(at);
      return int(-1);
    },
  },
  $concatArrays: {
    args: [0, Infinity],
    run: (...values) => (values.some(absent) ? null : values.flatMap((value) => list(value, '$concatArrays'))),
  },
  $slice: { args: [2, 3], run: slice },
  $range: { args: [2, 3], run: range },
  $reverseArray: { args: [1, 1], run: (value) => (absent(value) ? null : [...list(value, '$reverseArray')].reverse()) },
  $arrayToObject: { args: [1, 1], run: arrayToObject },
  $objectToArray: {
    args: [1, 1],
    run: (value) => {
      if (absent(value)) return null;
      if (!isDoc(value)) throw located(40390, `$objectToArray requires a document input, found: ${typeName(value)}`);
      return [...value].map(([k, v]) => doc({ k, v }));
    },
  },
  $mergeObjects: {
    args: [0, Infinity],
    run: (...values) => {
      const documents = values.length === 1 && Array.isArray(values[0]) ? values[0] : values;
      return new Map(documents.filter(isDoc).flatMap((one) => [...one]));
    },
  },
  $zip: { named: ['inputs', 'useLongestLength', 'defaults'], required: ['inputs'], run: zip },
  $sortArray: { named: ['input', 'sortBy'], required: ['input', 'sortBy'], run: sortArray },
  $max: { args: [1, Infinity], run: (...values) => extreme(values, 1) },
  $min: { args: [1, Infinity], run: (...values) => extreme(values, -1) },
  $setEquals: {
    args: [2, Infinity],
    run: (...values) => {
      const sets = values.map((value) => new Set(setOf(value, '$setEquals').keys()));
      const [first] = sets;
      return sets.every((set) => set.size === first?.size && [...set].every((key) => first?.has(key)));
    },
  },
  $setIntersection: {
    args: [0, Infinity],
    run: (...values) => {
      if (values.some(absent)) return null;
      const [first, ...others] = values.map((value) => setOf(value, '$setIntersection'));
      return sorted([...(first ?? [])].filter(([key]) => others.every((one) => one.has(key))).map(([, item]) => item));
    },
  },
  $setUnion: {
    args: [0, Infinity],
    run: (...values) =>
      values.some(absent) ? null : sorted(new Map(values.flatMap((value) => [...setOf(value, '$setUnion')])).values()),
  },
  $setDifference: {
    args: [2, 2],
    run: (left, right) => {
      if (absent(left) || absent(right)) return null;
      const other = setOf(right, '$setDifference');
      return [...setOf(left, '$setDifference')].filter(([key]) => !other.has(key)).map(([, item]) => item);
    },
  },
  $setIsSubset: {
    args: [2, 2],
    run: (left, right) => {
      const other = setOf(right, '$setIsSubset');
      return [...setOf(left, '$setIsSubset').keys()].every((key) => other.has(key));
    },
  },
  $anyElementTrue: { args: [1, 1], run: (value) => list(value, '$anyElementTrue').some(isTrue) },
  $allElementsTrue: { args: [1, 1], run: (value) => list(value, '$allElementsTrue').every(isTrue) },
};

const isTrue = (value: Value): boolean => value !== null && value !== false && !(isNumber(value) && toDouble(value) === 0);
