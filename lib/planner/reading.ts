/** One reading of a question: its tokens, what they link to, the sketch, and how sure all of it is. */
import type { Assembly } from './assemble';
import type { CatalogueIndex } from './catalogue-index';
import { uncovered } from './coverage';
import { findPeriods, type Period } from './dates';
import { linkMentions, type Mention } from './link';
import { Reader } from './read';
import type { ValueIndex } from './schema';
import type { Sketch } from './sketch';
import { type Token, tokenise } from './words';

/** Stop words that are names where a table is called so. */
const SOFT_STOPS = new Set([
  'dataset',
  'record',
  'entry',
  'entri',
  'detail',
  'inform',
  'valu',
  'row',
  'state',
  'databas',
  'tabl',
  'like',
  'kind',
  'need',
  'data',
]);

/** Stop words that are states of things at the end of a question: "which links are down". */
const STATES = new Set(['up', 'down', 'on', 'off', 'in', 'out', 'over', 'no', 'yes']);

export interface Reading {
  sketch: Sketch;
  mentions: Mention[];
  tokens: Token[];
  periods: Period[];
}

/** @param followUp the words change an earlier question, so that "by month" needs no aggregate of its own */
export function readQuestion(question: string, index: CatalogueIndex, values: ValueIndex, now: Date, followUp = false): Reading {
  const tokens = tokenise(question);
  for (const token of tokens)
    if (token.kind === 'stop' && SOFT_STOPS.has(token.stem) && index.tables.some((table) => table.words.join(' ') === token.stem))
      token.kind = 'word';
  tokens.forEach((token, at) => {
    const said = /^(is|are|was|were|be|been|not|currently|still)$/.test(tokens[at - 1]?.lower ?? '');
    if (said && STATES.has(token.lower) && at === tokens.length - 1 && values.find([token.text]).some(({ score }) => score >= 1))
      token.kind = 'word';
  });
  const periods = findPeriods(question, tokens, now);
  const blocked = new Set(
    periods.flatMap((period) => Array.from({ length: period.end - period.start }, (_, offset) => period.start + offset)),
  );
  const mentions = linkMentions(tokens, index, values, blocked);
  return {
    sketch: new Reader(
      tokens,
      mentions,
      periods,
      (column) => values.profile(column.ref.table, column.ref.column)?.numeric ?? false,
      followUp,
    ).read(),
    mentions,
    tokens,
    periods,
  };
}

/** The parts of a question that were read, but did not reach the plan. */
export function lostParts({ sketch, tokens, mentions, periods }: Reading, assembly: Assembly, index: CatalogueIndex): string[] {
  return uncovered(tokens, mentions, periods, assembly.plan, index, new Set(sketch.unknown.map(({ word }) => word)));
}

/** How sure a reading is, between 0 and 1: what was left unread or got lost, and how well names linked. */
export function confidenceOf(reading: Reading, assembly: Assembly, index: CatalogueIndex): number {
  const { sketch, mentions, tokens } = reading;
  const content = Math.max(3, tokens.filter((token) => token.kind !== 'stop').length);
  const lost = sketch.unknown.reduce((sum, entry) => sum + entry.weight, 0);
  let confidence = 0.97 - Math.min(0.75, (lost / content) * 0.9 + lost * 0.2) - (1 - assembly.certainty);
  if (sketch.unsupported.length > 0) confidence -= 0.5;
  if (lostParts(reading, assembly, index).length > 0) confidence -= 0.45;
  const read =
    mentions.length +
    sketch.selects.length +
    sketch.groups.length +
    sketch.filters.length +
    sketch.orders.length +
    (sketch.limit === null ? 0 : 1);
  if (read === 0) confidence = 0;
  return Math.max(0, Math.min(1, confidence));
}
