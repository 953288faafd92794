/**
 * "Exact or silent": every name, value, number, period, group and negation that a question holds must have reached the plan. What did
 * not is named here, so that the question is declined with the reason instead of being answered about something else.
 */
import type { CatalogueIndex } from './catalogue-index';
import type { Period } from './dates';
import { COMPARATIVES, LIGHT_WORDS, LONG_ADJECTIVES, MONEY_WORDS, NEVER_NAMES, PIECES, PLAIN_ADJECTIVES } from './lexicon';
import { isKeyword, type Mention } from './link';
import { bestColumn, bestTable, bestValue } from './mention';
import { refsOf } from './plan-parts';
import type { Condition, Expression, Plan } from './schema';
import type { Token } from './words';

/** Everything that a plan holds, its inner plans included. */
interface Contents {
  tables: Set<string>;
  columns: Set<string>;
  values: Set<string>;
  numbers: Set<number>;
  aggregates: Set<string>;
  negated: boolean;
  grouped: boolean;
}

const named = (ref: { table: string; column: string }): string => `${ref.table}\u0000${ref.column}`;

function readExpression(expression: Expression, into: Contents): void {
  for (const ref of refsOf(expression)) into.columns.add(named(ref));
  if (expression.kind === 'aggregate') {
    into.aggregates.add(expression.fn);
    if (expression.times) into.aggregates.add('value');
  }
  if (expression.kind === 'arithmetic') {
    if (expression.op === '/') into.grouped = true;
    into.aggregates.add('arithmetic');
    readExpression(expression.left, into);
    readExpression(expression.right, into);
  }
  if (expression.kind === 'percentage') {
    into.aggregates.add('percentage');
    readCondition(expression.condition, into);
  }
}

function readScalar(value: string | number | boolean, into: Contents): void {
  into.values.add(String(value).toLowerCase());
  if (typeof value !== 'boolean' && Number.isFinite(Number(value))) into.numbers.add(Number(value));
}

function readCondition(condition: Condition, into: Contents): void {
  switch (condition.kind) {
    case 'any':
    case 'all':
      for (const item of condition.items) readCondition(item, into);
      return;
    case 'member':
      into.columns.add(named(condition.column));
      into.negated ||= condition.negated;
      readPlan(condition.plan, into);
      return;
    case 'compareQuery':
      readExpression(condition.left, into);
      into.negated ||= condition.op === '<>';
      readPlan(condition.plan, into);
      return;
    case 'compare':
      readExpression(condition.left, into);
      readScalar(condition.right, into);
      into.negated ||= condition.op !== '=' || condition.right === false || condition.right === 0;
      return;
    case 'in':
      readExpression(condition.left, into);
      for (const value of condition.values) readScalar(value, into);
      into.negated ||= condition.negated;
      return;
    case 'like':
      readExpression(condition.left, into);
      readScalar(condition.text, into);
      into.negated ||= condition.negated;
      return;
    case 'null':
      readExpression(condition.left, into);
      into.negated = true;
  }
}

function readPlan(plan: Plan, into: Contents): void {
  for (const table of [plan.from, ...plan.joins.map((join) => join.table)]) into.tables.add(table);
  for (const item of [...plan.select, ...plan.groupBy, ...plan.orderBy.map((order) => order.expression)])
    readExpression(item, into);
  for (const item of [...plan.where, ...plan.having]) readCondition(item, into);
  if (plan.limit !== null) into.numbers.add(plan.limit);
  if (plan.groupBy.length > 0) into.grouped = true;
  if (plan.countRows) into.aggregates.add('count');
}

const NEGATIONS = new Set(['not', 'no', 'never', 'without', 'except', 'excluding', 'neither', 'cannot', 'lacking']);
const SHARES = new Set(['share', 'percentage', 'percent', 'proportion', 'fraction']);
const AVERAGES = new Set(['average', 'avg', 'mean']);

/**
 * @returns the parts of the question that did not reach the plan, as they were written; empty when all of it did
 */
export function uncovered(
  tokens: readonly Token[],
  mentions: readonly Mention[],
  periods: readonly Period[],
  plan: Plan,
  index: CatalogueIndex,
  skipped: ReadonlySet<string> = new Set(),
): string[] {
  const contents: Contents = {
    tables: new Set(),
    columns: new Set(),
    values: new Set(),
    numbers: new Set(),
    aggregates: new Set(),
    negated: false,
    grouped: false,
  };
  readPlan(plan, contents);
  const labels = index.byKey;
  const covered = (position: number): Mention | undefined =>
    mentions.find((mention) => mention.start <= position && position < mention.end);
  return [
    ...mentions
      .filter((mention) => !skipped.has(mention.text) && !reached(mention, tokens, contents, labels))
      .map((mention) => phraseOf(mention, tokens)),
    ...periods.filter((period) => !periodReached(period, contents)).map((period) => period.text),
    ...tokens.flatMap((token, at) => {
      if (covered(at) || periods.some((period) => period.start <= at && at < period.end)) return [];
      return wordReached(token, tokens[at + 1], contents) ? [] : [token.text];
    }),
  ];
}

/** "from Germany": with the word before it, which says what it was for. */
function phraseOf(mention: Mention, tokens: readonly Token[]): string {
  const before = tokens[mention.start - 1];
  return before && /^(from|per|by|in|for|with|of|at|on)$/.test(before.lower) ? `${before.lower} ${mention.text}` : mention.text;
}

function reached(mention: Mention, tokens: readonly Token[], contents: Contents, tables: CatalogueIndex['byKey']): boolean {
  const name = Math.max(bestTable(mention), bestColumn(mention));
  const value = bestValue(mention);
  const words = tokens.slice(mention.start, mention.end);
  if (mention.values.some((match) => contents.values.has(match.value.toLowerCase()))) return true;
  if (words.some((token) => contents.values.has(token.lower))) return true;
  if (contents.aggregates.has('value') && words.every((token) => MONEY_WORDS.has(token.lower))) return true;
  if (contents.aggregates.has('sum') && words.every((token) => PIECES.has(token.lower))) return true;
  if (contents.aggregates.has('percentage') && words.every((token) => SHARES.has(token.lower))) return true;
  if (value > name && !mention.columns.some(({ column }) => contents.columns.has(named(column.ref)))) return false;
  if (words.every(isFiller)) return true;
  if (mention.columns.some(({ column }) => contents.columns.has(named(column.ref)))) return true;
  if (mention.tables.some(({ table }) => contents.tables.has(table.key))) return true;
  // a key stands for the row it points to
  return mention.columns.some(
    ({ column }) =>
      (column.references !== null && contents.tables.has(column.references)) ||
      (column.isKey && contents.tables.has(column.ref.table)) ||
      tables.get(column.ref.table)?.label.some((label) => contents.columns.has(named(label.ref)) && column.role === 'text') ===
        true,
  );
}

/** Verbs and adjectives are read by the grammar, and figures and rows of any kind need no column of their own. */
const isFiller = (token: Token): boolean =>
  LIGHT_WORDS.has(token.lower) ||
  isKeyword(token) ||
  NEVER_NAMES.has(token.stem) ||
  token.lower in LONG_ADJECTIVES ||
  token.lower in PLAIN_ADJECTIVES ||
  token.lower in COMPARATIVES;

/** Both ends of a period are in the plan, or its year. */
function periodReached(period: Period, contents: Contents): boolean {
  if (period.year !== undefined && contents.numbers.has(period.year)) return true;
  return [...contents.values].some((value) => value.startsWith(period.from) || value.startsWith(period.to));
}

function wordReached(token: Token, next: Token | undefined, contents: Contents): boolean {
  if (token.kind === 'number' && token.value !== undefined)
    return token.lower === 'one' || contents.numbers.has(token.value) || contents.values.has(token.lower);
  if (NEGATIONS.has(token.lower) && next) return contents.negated;
  if (AVERAGES.has(token.lower)) return contents.aggregates.has('avg') || contents.aggregates.has('arithmetic');
  if (token.lower === 'per') return contents.grouped;
  return true;
}
