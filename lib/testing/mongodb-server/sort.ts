/** Sort specifications: by several paths, arrays by their least or greatest value, missing as null. */
import { compare } from './compare';
import { valuesAt } from './paths';
import { badValue, type Doc, isNumber, located, toDouble, type Value } from './values';

export type Sorter = <T>(items: readonly T[], document: (item: T) => Doc) => T[];

/** @returns a stable sort */
export function compileSort(spec: Doc): Sorter {
  if (spec.size === 0) throw located(15976, '$sort stage must have at least one sort key');
  const keys = [...spec].map(([path, order]) => {
    if (!isNumber(order) || Math.abs(toDouble(order)) !== 1)
      throw typeof order === 'object' && order !== null && !isNumber(order)
        ? badValue('$meta is not available on this test server')
        : located(15975, '$sort key ordering must be 1 (for ascending) or -1 (for descending)');
    return { path: path.split('.'), sign: toDouble(order) };
  });
  return (items, document) => {
    const keyed = items.map((item) => ({ item, values: keys.map((key) => sortKey(document(item), key.path, key.sign)) }));
    keyed.sort((left, right) => {
      for (const [at, key] of keys.entries()) {
        const order = compare(left.values[at], right.values[at]) * key.sign;
        if (order !== 0) return order;
      }
      return 0;
    });
    return keyed.map(({ item }) => item);
  };
}

function sortKey(document: Doc, path: string[], sign: number): Value {
  const first = path.length === 1 ? document.get(path[0] ?? '') : undefined;
  if (path.length === 1 && !Array.isArray(first)) return first ?? null;
  const values = valuesAt(document, path);
  return values.reduce<Value>((best, value, at) => (at === 0 || compare(value, best) * sign < 0 ? value : best), null);
}
