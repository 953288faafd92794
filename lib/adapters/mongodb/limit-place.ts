import type { LimitPlace, Operation } from './operation';
import type { Reader } from './reader';
import { Doc, List, type Slot } from './values';

/** Where the limit of a query in shell style is. @param end behind its last call */
export function shellLimit(
  reader: Reader,
  kind: Operation['kind'],
  parts: ReadonlyMap<string, Slot>,
  end: number,
): LimitPlace | null {
  if (kind === 'find') return { own: parts.get('limit'), insertAt: end, before: '.limit(', after: ')' };
  const pipeline = parts.get('pipeline');
  return kind === 'aggregate' && pipeline ? pipelineLimit(reader, pipeline) : null;
}

/** Stages behind a $limit that give a row for a row. */
const ROW_FOR_ROW = new Set(['$project', '$addFields', '$set', '$unset', '$replaceRoot', '$replaceWith']);

/** The $limit that decides how many rows there are, or the place behind the last stage. */
export function pipelineLimit(reader: Reader, { value, start, end }: Slot): LimitPlace | null {
  if (!(value instanceof List)) return null;
  const stageOf = (slot: Slot | undefined) => (slot?.value instanceof Doc ? slot.value.entries[0] : undefined);
  const last = value.items.at(-1);
  const deciding = stageOf(value.items.findLast((item) => !ROW_FOR_ROW.has(stageOf(item)?.key ?? '')));
  const own = deciding?.key === '$limit' ? deciding : undefined;
  const place = { before: ', {$limit: ', after: '}', insertAt: last?.end ?? start + 1 };
  if (last) return own ? { ...place, own } : place;
  const bare = start === end; // aggregate()
  const bracketed = !bare && reader.text.charAt(start) === '[';
  return { before: bracketed ? '{$limit: ' : '[{$limit: ', after: bracketed ? '}' : '}]', insertAt: bare ? start : start + 1 };
}
