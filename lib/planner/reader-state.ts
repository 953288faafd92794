/** What the reader sees and keeps while it goes through a question: tokens, mentions, the zone, and small looks ahead. */
import type { IndexedColumn } from './catalogue-index';
import type { Period } from './dates';
import { HIGH_WORDS, LIGHT_WORDS, LONG_ADJECTIVES, LOW_WORDS, MEASURE_VERBS, SUPERLATIVES, UNITS } from './lexicon';
import type { Mention } from './link';
import { bestColumn, bestTable, bestValue, isTable } from './mention';
import { COMPARE_PHRASES, type Phrase } from './phrases';
import { emptySketch, type FilterSketch, type Operand, type SelectSketch, type Sketch } from './sketch';
import type { Token } from './words';

const MEASURES = new Set(['number', 'year', 'date']);

/** Words that ask for something the planner can't express. */
const BEYOND = new Set(
  'ratio correlation correlate trend trends predict forecast change changed differ differs difference growth grow grew compare compared comparison versus vs median variance deviation percentile cumulative running rolling why explain'.split(
    ' ',
  ),
);

type Zone = 'select' | 'where';

export class ReaderState {
  readonly sketch: Sketch = emptySketch();
  protected zone: Zone = 'select';
  protected at = 0;
  protected sentence = 0;
  protected negated = false;
  protected either = false;
  protected both = false;
  /** A column of a condition that waits for its value. */
  protected pending: Mention | null = null;
  protected lastColumn: Mention | null = null;
  protected distinct = false;
  protected relativeAt = -1;
  protected bare = false;
  /** "with their …": the next noun is shown. */
  protected fresh = false;
  protected target: FilterSketch[];
  protected readonly mentions = new Map<number, Mention>();
  protected readonly periods = new Map<number, Period>();

  constructor(
    protected readonly tokens: readonly Token[],
    mentions: readonly Mention[],
    periods: readonly Period[],
    /** Text columns whose values are all numbers count as measures. */
    protected readonly isNumeric: (column: IndexedColumn) => boolean = () => false,
    /** The words change an earlier question. */
    protected readonly followUp = false,
  ) {
    for (const mention of mentions) this.mentions.set(mention.start, mention);
    for (const period of periods) this.periods.set(period.start, period);
    this.target = this.sketch.filters;
  }

  protected measures(mention: Mention | null): boolean {
    return (
      mention?.columns.some(
        ({ column, score }) =>
          (MEASURES.has(column.role) || (column.role === 'text' && this.isNumeric(column))) && score >= bestColumn(mention) - 0.1,
      ) ?? false
    );
  }

  protected word(position: number): string {
    return this.tokens[position]?.lower ?? '';
  }

  protected match<T>(table: readonly Phrase<T>[], position = this.at): { meaning: T; end: number } | null {
    for (const phrase of table) {
      if (phrase.words.every((word, offset) => this.word(position + offset) === word)) {
        // a quoted or linked span is not part of a phrase
        const inside = phrase.words.some((_, offset) => {
          const token = this.tokens[position + offset];
          return (
            token?.kind === 'quoted' ||
            (offset > 0 &&
              this.mentions.has(position + offset) &&
              token?.kind !== 'stop' &&
              token?.lower !== 'order' &&
              (!LIGHT_WORDS.has(token?.lower ?? '') || this.namesColumn(position + offset)))
          );
        });
        if (!inside) return { meaning: phrase.meaning, end: position + phrase.words.length };
      }
    }
    return null;
  }

  /** Several words that are a column's whole name ("total amount") are not part of a phrase. */
  protected namesColumn(position: number): boolean {
    const mention = this.mentions.get(position);
    return mention !== undefined && mention.end > position + 1 && bestColumn(mention) >= 0.95;
  }

  /** Position after articles and other fillers. */
  protected skip(
    position: number,
    words = 'the a an of its their his her all any some this that those these is are was were be been do does did has have had having to each both it they also',
  ): number {
    const allowed = new Set(words.split(' '));
    let next = position;
    while (
      next < this.tokens.length &&
      allowed.has(this.word(next)) &&
      !this.mentions.has(next) &&
      this.tokens[next]?.kind !== 'quoted'
    )
      next++;
    return next;
  }

  protected mentionAt(position: number): Mention | null {
    return this.mentions.get(position) ?? null;
  }

  protected numberAt(position: number): number | null {
    const token = this.tokens[position];
    return token?.kind === 'number' && token.value !== undefined && !this.mentions.has(position) ? token.value : null;
  }

  protected verb: string | undefined;
  protected verbUnit: string | undefined;

  protected unknown(token: Token): void {
    if (token.kind === 'stop' || token.kind === 'number') return;
    if (UNITS[token.lower] || UNITS[token.stem]) return;
    // "new customers per month": those of that time
    if (
      token.lower === 'new' &&
      (this.periods.size > 0 ||
        this.tokens.some(({ lower }) => /^(day|week|month|quarter|year|monthly|daily|weekly|yearly)$/.test(lower)))
    )
      return;
    if (BEYOND.has(token.lower)) this.sketch.unsupported.push(`"${token.text}"`);
    this.verbUnit = MEASURE_VERBS[token.lower] ?? this.verbUnit;
    if (LIGHT_WORDS.has(token.lower) || /ed$/.test(token.lower)) this.verb = token.lower === 'born' ? 'birth' : token.stem;
    if (MEASURE_VERBS[token.lower]) return;
    this.sketch.unknown.push({
      word: token.text,
      weight:
        LIGHT_WORDS.has(token.lower) ||
        (token.lower === 'place' && (token.ends || token === this.tokens.at(-1))) ||
        LIGHT_WORDS.has(token.stem)
          ? 0.05
          : 1,
    });
  }

  /** The word before this one, past articles, superlatives, numbers and values ("for all French singers" → for). */
  protected previousWord(): string {
    let position = this.at - 1;
    const fillers = /^(the|a|an|all|each|every|any|some|different|distinct|their|its|both|two|various|those|these|most|least)$/;
    while (position >= 0) {
      const word = this.word(position);
      const value = [...this.mentions.values()].find(
        (mention) => mention.end === position + 1 && bestValue(mention) > Math.max(bestTable(mention), bestColumn(mention)),
      );
      if (value) position = value.start - 1;
      else if (
        fillers.test(word) ||
        SUPERLATIVES[word] ||
        LONG_ADJECTIVES[word] ||
        HIGH_WORDS.has(word) ||
        LOW_WORDS.has(word) ||
        this.tokens[position]?.kind === 'number'
      )
        position--;
      else break;
    }
    return position < 0 ? '' : this.word(position);
  }

  protected lastEntity(): Mention | undefined {
    return this.sketch.entities.at(-1);
  }

  protected select(select: SelectSketch): void {
    this.sketch.selects.push(select);
    this.distinct = false;
  }

  protected comparesAt(position: number): boolean {
    return this.match(COMPARE_PHRASES, position) !== null || this.word(position) === 'between';
  }

  /** A column's own name holds the phrase ("number of platforms", "total sales"). */
  protected columnWithin(start: number, end: number): boolean {
    for (let position = start; position < end; position++) {
      const mention = this.mentions.get(position);
      if (mention && mention.end > end - 1 && mention.end > position + 1) return true;
    }
    return false;
  }

  /** The table after a column: "name of the singer". */
  protected ownerAfter(mention: Mention): Mention | null {
    if (!/^(of|for)$/.test(this.word(mention.end))) return null;
    const next = this.mentionAt(this.skip(mention.end));
    return next && isTable(next) ? next : null;
  }

  /** The last verb that names a column ("installed"). */
  protected verbColumn: Mention | null = null;
  protected topPending = false;
  protected bottom = false;

  protected filter(filter: Pick<FilterSketch, 'op' | 'operand' | 'mention'> & Partial<FilterSketch>): void {
    this.target.push({
      at: this.at,
      negated: this.negated,
      either: this.either,
      both: this.both,
      owner: this.lastEntity(),
      verb: this.verb,
      ...filter,
    });
    this.verb = undefined;
    const previous = this.target.at(-2);
    if (this.both && previous?.both) this.both = false;
    this.negated = false;
    this.either = false;
    this.pending = null;
  }

  /** A column of a condition that never got its value: shown if it was introduced by "and", else dropped. */
  protected flushPending(): void {
    const { pending } = this;
    this.pending = null;
    if (!pending) return;
    if (this.negated && !isTable(pending)) {
      this.negated = false;
      this.target.push({
        at: pending.start,
        mention: pending,
        op: '=',
        operand: { kind: 'null' },
        negated: false,
        either: false,
      });
      return;
    }
    if (isTable(pending)) this.sketch.entities.push(pending);
    else if (
      this.word(pending.start - 1) === 'and' ||
      (this.word(pending.start - 1) === 'the' && this.word(pending.start - 2) === 'and')
    ) {
      this.select({ at: pending.start, mention: pending });
    } else this.sketch.unknown.push({ word: pending.text, weight: 0.3 });
  }

  protected operandAt(position: number): { operand: Operand; end: number } | null {
    const period = this.periods.get(position);
    if (period) return { operand: { kind: 'period', period }, end: period.end };
    const number = this.numberAt(position);
    return number === null ? null : { operand: { kind: 'number', value: number }, end: position + 1 };
  }

  protected conditionColumn(): Mention | null {
    return this.pending ?? null;
  }

  protected datePending(): boolean {
    return (
      this.pending?.columns.some(({ column, score }) => score > 0.6 && (column.role === 'date' || column.role === 'year')) ??
      false
    );
  }

  protected isDated(mention: Mention): boolean {
    return (
      !isTable(mention) &&
      bestColumn(mention) >= bestValue(mention) &&
      mention.columns.some(({ column, score }) => score > 0.5 && (column.role === 'date' || column.role === 'year'))
    );
  }

  /** "installed in", "launched before": a verb that names a column, with what it is compared to after it. */
  protected isVerb(mention: Mention): boolean {
    if (mention.end !== mention.start + 1 || isTable(mention) || bestColumn(mention) < 0.5) return false;
    if (!/(ed|wn|ght|ade|old|ent|ilt|een|ven|ten|ken)$/.test(this.word(mention.start))) return false;
    return (
      this.periods.has(mention.end) ||
      /^(in|on|by|at|before|after|since|from|between|during|to|through|per|each|every|this|last)$/.test(this.word(mention.end))
    );
  }

  /** A date after a preposition. */
  protected dateFollows(position: number): boolean {
    return this.periods.has(this.skip(position, 'in on before after since from between during until by the'));
  }

  protected conditionFollows(position: number): boolean {
    const next = this.skip(position, 'is are was were either of the');
    return this.operandAt(next) !== null || this.comparesAt(next) || this.valueFollows(position);
  }

  protected previousWordAt(position: number): string {
    const saved = this.at;
    this.at = position;
    const word = this.previousWord();
    this.at = saved;
    return word;
  }

  protected valueFollows(position: number): boolean {
    const next = this.skip(position, 'is are was were named called of the');
    const mention = this.mentionAt(next);
    return (
      this.tokens[next]?.kind === 'quoted' ||
      (mention !== null && bestValue(mention) > Math.max(bestColumn(mention), bestTable(mention)))
    );
  }
}
