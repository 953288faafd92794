/** The grammar of questions: one pass over the tokens, each construct consuming the words that it understands. */
import type { IndexedColumn } from './catalogue-index';
import type { Period } from './dates';
import {
  type Adjective,
  COMPARATIVES,
  FREQUENCY_WORDS,
  HIGH_WORDS,
  LIGHT_WORDS,
  LONG_ADJECTIVES,
  LOW_WORDS,
  MEASURE_VERBS,
  MONEY_WORDS,
  PLAIN_ADJECTIVES,
  SUPERLATIVES,
  UNITS,
} from './lexicon';
import { isKeyword, type Mention } from './link';
import { bestColumn, bestTable, bestValue, isTable } from './mention';
import {
  AFTER_PHRASES,
  AGGREGATE_PHRASES,
  ASIDE,
  BOTH_NEGATIONS,
  COMPARE_PHRASES,
  COUNT_PHRASES,
  DIRECTION_PHRASES,
  GROUP_PHRASES,
  MODE_PHRASES,
  OPENERS,
  ORDER_PHRASES,
  type Phrase,
  RELATIVES,
  SELECT_AGAIN,
  TIME_PHRASES,
  TOP_PHRASES,
} from './phrases';
import type { AggregateFunction, CompareOperator, DateUnit } from './schema';
import { emptySketch, type FilterSketch, type Operand, type OrderSketch, type SelectSketch, type Sketch } from './sketch';
import type { Token } from './words';

type Zone = 'select' | 'where';

const MEASURES = new Set(['number', 'year', 'date']);

/** Rows of "newest customers", where no number is said. */
const SEVERAL = 10;

/** Words that ask for something the planner can't express. */
const BEYOND = new Set(
  'ratio correlation correlate trend trends predict forecast change changed differ differs difference growth grow grew compare compared comparison versus vs median variance deviation percentile cumulative running rolling why explain'.split(
    ' ',
  ),
);

export class Reader {
  readonly sketch: Sketch = emptySketch();
  private zone: Zone = 'select';
  private at = 0;
  private sentence = 0;
  private negated = false;
  private either = false;
  private both = false;
  /** A column of a condition that waits for its value. */
  private pending: Mention | null = null;
  private lastColumn: Mention | null = null;
  private distinct = false;
  private relativeAt = -1;
  private bare = false;
  /** "with their …": the next noun is shown. */
  private fresh = false;
  private target: FilterSketch[];
  private readonly mentions = new Map<number, Mention>();
  private readonly periods = new Map<number, Period>();

  constructor(
    private readonly tokens: readonly Token[],
    mentions: readonly Mention[],
    periods: readonly Period[],
    /** Text columns whose values are all numbers count as measures. */
    private readonly isNumeric: (column: IndexedColumn) => boolean = () => false,
    /** The words change an earlier question. */
    private readonly followUp = false,
  ) {
    for (const mention of mentions) this.mentions.set(mention.start, mention);
    for (const period of periods) this.periods.set(period.start, period);
    this.target = this.sketch.filters;
  }

  /** Reads the whole question. */
  read(): Sketch {
    // no verb and no question word: "newest customers", "cancelled orders"
    this.bare =
      !ASIDE.has(this.word(0)) && !this.match(OPENERS, 0) && !this.match(COUNT_PHRASES, 0) && !this.match(AGGREGATE_PHRASES, 0);
    this.sketch.listing = this.bare;
    while (this.at < this.tokens.length) {
      const before = this.at;
      this.step();
      if (this.at <= before) this.at = before + 1;
      if (this.tokens.slice(before, this.at).some((token) => token.ends)) this.newSentence();
    }
    this.flushPending();
    return this.sketch;
  }

  private step(): void {
    const constructs = [
      this.readOpener,
      this.readOrder,
      this.readTop,
      this.readBetween,
      this.readComparison,
      this.readMode,
      this.readSuperlative,
      this.readGroup,
      this.readCount,
      this.readAggregate,
      this.readStock,
      this.readNegation,
      this.readDistinct,
      this.readPeriod,
      this.readNumber,
      this.readMention,
      this.readMarker,
    ];
    for (const construct of constructs) if (construct.call(this)) return;
    const token = this.tokens[this.at];
    if (token) this.unknown(token);
    this.at++;
  }

  private newSentence(): void {
    this.flushPending();
    this.sentence++;
    this.zone = 'select';
    this.negated = false;
    this.either = false;
    this.both = false;
    this.target = this.sketch.filters;
  }

  // ------------------------------------------------------------ looking

  private measures(mention: Mention | null): boolean {
    return (
      mention?.columns.some(
        ({ column, score }) =>
          (MEASURES.has(column.role) || (column.role === 'text' && this.isNumeric(column))) && score >= bestColumn(mention) - 0.1,
      ) ?? false
    );
  }

  private word(position: number): string {
    return this.tokens[position]?.lower ?? '';
  }

  private match<T>(table: readonly Phrase<T>[], position = this.at): { meaning: T; end: number } | null {
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
              !LIGHT_WORDS.has(token?.lower ?? ''))
          );
        });
        if (!inside) return { meaning: phrase.meaning, end: position + phrase.words.length };
      }
    }
    return null;
  }

  /** Position after articles and other fillers. */
  private skip(
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

  private mentionAt(position: number): Mention | null {
    return this.mentions.get(position) ?? null;
  }

  private numberAt(position: number): number | null {
    const token = this.tokens[position];
    return token?.kind === 'number' && token.value !== undefined && !this.mentions.has(position) ? token.value : null;
  }

  private verb: string | undefined;
  private verbUnit: string | undefined;

  private unknown(token: Token): void {
    if (token.kind === 'stop' || token.kind === 'number') return;
    if (UNITS[token.lower] || UNITS[token.stem]) return;
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
  private previousWord(): string {
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

  private lastEntity(): Mention | undefined {
    return this.sketch.entities.at(-1);
  }

  // ------------------------------------------------------------ openers, markers, distinct

  private readOpener(): boolean {
    if (this.mentions.has(this.at)) return false;
    const start = this.at === 0 || this.tokens[this.at - 1]?.ends === true;
    const again = this.match(SELECT_AGAIN);
    if (again && !start && !(this.zone === 'where' && /^(as|along|together)$/.test(this.word(this.at)) && this.pending)) {
      const follows = this.mentionAt(this.skip(again.end));
      const value = follows && bestValue(follows) > Math.max(bestTable(follows), bestColumn(follows));
      if (!value && (this.zone === 'select' || this.word(this.at) !== 'as')) {
        this.flushPending();
        this.zone = 'select';
        this.fresh = !/^(also|show|list|give|return|find|for|what|which|how)$/.test(this.word(this.at + 1));
        // "and how many" must still be read
        const counts = this.match(COUNT_PHRASES, again.end - 1);
        this.at = counts ? again.end - 1 : again.end;
        return true;
      }
    }
    if (!start && !(this.tokens[this.at - 1]?.comma || this.word(this.at - 1) === 'and')) return false;
    if (this.match(COUNT_PHRASES)) return false;
    const opener = this.match(OPENERS);
    if (!opener) return false;
    const word = this.word(this.at);
    if (
      !start &&
      (this.zone === 'where' || this.sketch.selects.length > 0) &&
      /^(which|who|whose|where|when)$/.test(word) &&
      this.sketch.selects.length > 0
    )
      return false;
    if (start && this.sentence > 0 && opener.meaning === 'list') this.replaceSelects();
    if (opener.meaning === 'list' && this.sketch.selects.length === 0) this.sketch.listing = true;
    if (/^(when|where|who)$/.test(word)) {
      const asks = word as 'when' | 'where' | 'who';
      this.sketch.selects.push({ at: this.at, mention: null, asks });
    }
    this.zone = 'select';
    this.at = opener.end;
    return true;
  }

  /** "… List the id and the name." says what to show; nouns of the first sentence only said of what. */
  private replaceSelects(): void {
    for (const select of this.sketch.selects) {
      if (select.mention && isTable(select.mention)) this.sketch.entities.push(select.mention);
    }
    this.sketch.selects = [];
  }

  private readMarker(): boolean {
    const word = this.word(this.at);
    if (RELATIVES.has(word)) {
      this.flushPending();
      this.relativeAt = this.at;
      if (this.sketch.selects.length > 0 || this.sketch.entities.length > 0) this.zone = 'where';
      this.at++;
      return true;
    }
    if (word === 'or') {
      this.either = true;
      this.at++;
      return true;
    }
    if (word === 'both') {
      this.both = true;
      this.at++;
      return true;
    }
    if (word === 'but' || word === 'and') {
      if (word === 'but') this.target = this.sketch.filters;
      this.at++;
      return true;
    }
    if (this.tokens[this.at]?.kind === 'stop') {
      if ((word === 'same' && this.tokens.slice(this.at, this.at + 4).some((token) => token.lower === 'as')) || word === 'why')
        this.sketch.unsupported.push(`"${word}"`);
      if (/^(most|least|fewest)$/.test(word) && this.word(this.at - 1) !== 'at') this.sketch.unsupported.push(`"${word}"`);
      this.at++;
      return true;
    }
    return false;
  }

  private readDistinct(): boolean {
    if (!/^(different|distinct|unique)$/.test(this.word(this.at))) return false;
    this.distinct = true;
    if (this.zone === 'select' && this.sketch.selects.length === 0) this.sketch.distinct = true;
    this.at++;
    return true;
  }

  // ------------------------------------------------------------ select list

  private select(select: SelectSketch): void {
    this.sketch.selects.push(select);
    this.distinct = false;
  }

  private readCount(): boolean {
    const found = this.match(COUNT_PHRASES) ?? this.bareCount();
    if (!found || this.columnWithin(this.at, found.end)) return false;
    let next = this.skip(found.end);
    let distinct = this.distinct;
    while (/^(different|distinct|unique|total|other|separate)$/.test(this.word(next))) {
      if (this.word(next) !== 'total') distinct = true;
      next = this.skip(next + 1);
    }
    const valued = this.mentionAt(next);
    const after = valued ? this.mentionAt(this.skip(valued.end, 'the')) : null;
    // "how many French singers", "how many completed orders"
    if (valued && bestValue(valued) >= 0.9 && bestValue(valued) > bestTable(valued) && after && isTable(after)) {
      this.filter({ op: '=', operand: { kind: 'values', mentions: [valued] }, mention: null });
      return this.countOf(after, after.end, distinct);
    }
    const adjective = this.tokens[next];
    if (!valued && adjective?.kind === 'word' && this.mentionAt(next + 1)) {
      this.unknown(adjective);
      next++;
    }
    return this.countOf(this.mentionAt(next), this.mentionAt(next)?.end ?? found.end, distinct);
  }

  /** "… and the number." */
  private bareCount(): { meaning: true; end: number } | null {
    const token = this.tokens[this.at];
    if (
      !/^(number|count|counts|numbers)$/.test(token?.lower ?? '') ||
      this.mentions.has(this.at) ||
      this.sketch.selects.length + this.sketch.groups.length + this.sketch.entities.length === 0
    )
      return null;
    const next = this.tokens[this.at + 1];
    return !next || token?.comma || token?.ends || next.lower === 'and' || next.lower === 'for'
      ? { meaning: true, end: this.at + 1 }
      : null;
  }

  private countOf(mention: Mention | null, end: number, distinct: boolean): boolean {
    const start = this.at;
    const compares = this.zone === 'where' && this.comparesAt(this.skip(end));
    if (compares) {
      this.at = this.skip(end);
      this.readComparison({ fn: 'count', mention, distinct });
      if (mention && isTable(mention)) this.sketch.entities.push(mention);
      return true;
    }
    if (mention && bestTable(mention) > 0.5 && (isTable(mention) || !distinct)) this.sketch.entities.push(mention);
    const column = mention && !isTable(mention) && this.measures(mention) && !distinct && bestColumn(mention) > 0.9;
    const previous = this.sketch.selects.at(-1);
    if (
      this.zone === 'where' &&
      previous &&
      this.word(start - 1) !== 'and' &&
      !this.tokens[start - 1]?.comma &&
      !/^(how)$/.test(this.word(start))
    ) {
      // "with the number of …": shown as well
      this.select({ at: start, fn: 'count', mention, distinct });
    } else if (column && this.word(start) === 'how') this.select({ at: start, mention });
    else this.select({ at: start, fn: 'count', mention, distinct });
    this.at = end;
    if (!mention) this.zone = 'select';
    return true;
  }

  private comparesAt(position: number): boolean {
    return this.match(COMPARE_PHRASES, position) !== null || this.word(position) === 'between';
  }

  /** A column's own name holds the phrase ("number of platforms", "total sales"). */
  private columnWithin(start: number, end: number): boolean {
    for (let position = start; position < end; position++) {
      const mention = this.mentions.get(position);
      if (mention && mention.end > end - 1 && mention.end > position + 1) return true;
    }
    return false;
  }

  private readAggregate(): boolean {
    if (this.readTotalColumn() || this.readPercentage()) return true;
    const functions: AggregateFunction[] = [];
    let position = this.at;
    for (;;) {
      if (this.columnWithin(position, position + 1)) break;
      const found = this.match(AGGREGATE_PHRASES, position);
      const word = this.word(position);
      const extreme =
        HIGH_WORDS.has(word) && word !== 'most' && word !== 'top'
          ? 'max'
          : LOW_WORDS.has(word) && word !== 'least'
            ? 'min'
            : null;
      if (!found && !extreme) break;
      if (found) functions.push(found.meaning);
      else if (extreme) functions.push(extreme);
      position = found ? found.end : position + 1;
      const glued = this.skip(position, 'and the , or');
      if (this.match(AGGREGATE_PHRASES, glued) || HIGH_WORDS.has(this.word(glued)) || LOW_WORDS.has(this.word(glued)))
        position = glued;
      else break;
    }
    if (functions.length === 0) return false;
    if (this.word(this.at) === 'how' && !this.mentions.has(this.skip(position))) return this.howMuch(position);
    if (functions.includes('sum') && this.word(position) === 'number' && !this.mentions.has(position)) return false;
    const next = this.skip(position, 'the of a an its their all value values amount total');
    const mention = this.mentionAt(next);
    if (mention && bestValue(mention) > Math.max(bestColumn(mention), bestTable(mention))) return false;
    if (!mention) return functions.length > 1 || functions[0] === 'avg' ? this.aggregateOfLast(functions, position) : false;
    if (this.zone === 'where' && this.comparesAt(this.skip(mention.end)) && functions.length === 1) {
      this.at = this.skip(mention.end);
      return this.readComparison({ fn: functions[0] ?? 'avg', mention });
    }
    if (isTable(mention) && !this.measures(mention) && functions[0] === 'sum') {
      this.at = position;
      return this.countOf(mention, mention.end, false);
    }
    for (const fn of functions) this.select({ at: this.at, fn, mention });
    this.lastColumn = mention;
    this.at = mention.end;
    return true;
  }

  /** "the total amount of orders" when the column itself is called total_amount: added up, unless it is asked of each. */
  private readTotalColumn(): boolean {
    const mention = this.mentionAt(this.at);
    const money =
      mention !== null && bestColumn(mention) < 0.95 && MONEY_WORDS.has(mention.text.toLowerCase()) && !isTable(mention);
    if (
      mention &&
      money &&
      this.zone === 'select' &&
      this.measures(mention) &&
      this.sketch.selects.every((select) => select.fn)
    ) {
      this.select({ at: this.at, fn: 'sum', mention });
      this.at = mention.end;
      return true;
    }
    if (!mention || !/^total\b/i.test(mention.text) || this.zone !== 'select' || !this.measures(mention)) return false;
    if (this.sketch.selects.some((select) => !select.fn) || !/^(of|for|by|per)$/.test(this.word(mention.end))) return false;
    this.select({ at: this.at, fn: 'sum', mention });
    this.at = mention.end;
    return true;
  }

  /** "how much did Ada spend": the amount is named later. */
  private howMuch(position: number): boolean {
    for (let next = position; next < Math.min(this.tokens.length, position + 8); next++) {
      const mention = this.mentionAt(next);
      if (!mention || isTable(mention) || !this.measures(mention)) continue;
      this.mentions.delete(next);
      this.mentions.set(next, { ...mention, tables: [], columns: [], values: [] });
      this.select({ at: this.at, fn: MONEY_WORDS.has(mention.text.toLowerCase()) ? 'sum' : undefined, mention });
      this.at = position;
      return true;
    }
    this.sketch.unsupported.push('"how much" of something it cannot find');
    this.at = position;
    return true;
  }

  /** "what percentage of orders are shipped". */
  private readPercentage(): boolean {
    if (!/^(percentage|percent|proportion|share|fraction)$/.test(this.word(this.at)) || this.mentions.has(this.at)) return false;
    const next = this.skip(this.at + 1);
    const mention = this.mentionAt(next);
    if (!mention || !isTable(mention)) return false;
    this.sketch.entities.push(mention);
    this.select({ at: this.at, fn: 'count', mention, percentage: true });
    this.zone = 'where';
    this.at = mention.end;
    return true;
  }

  /** "… and the average", "and their average": of the column named before. */
  private aggregateOfLast(functions: AggregateFunction[], end: number): boolean {
    const known =
      this.sketch.selects.findLast((select) => select.fn && select.fn !== 'count' && select.mention)?.mention ?? this.lastColumn;
    if (!known) return false;
    for (const fn of functions) this.select({ at: this.at, fn, mention: known });
    this.at = end;
    return true;
  }

  // ------------------------------------------------------------ groups

  private readGroup(): boolean {
    if (this.columnWithin(this.at, this.at + 1)) return false;
    const found = this.match(GROUP_PHRASES);
    const by = this.word(this.at) === 'by' && !found;
    const units = /^(year|quarter|month|week|day)$/;
    const adverb = /^(yearly|annual|annually|monthly|weekly|daily|quarterly)$/.exec(this.word(this.at));
    if (adverb) {
      const unit = { y: 'year', a: 'year', m: 'month', w: 'week', d: 'day', q: 'quarter' }[adverb[1]?.[0] ?? ''] as DateUnit;
      this.sketch.groups.push({ at: this.at, mention: null, unit });
      this.at++;
      return true;
    }
    if (!found && !by) return false;
    const aggregates = this.followUp || this.sketch.selects.some((select) => select.fn);
    const verb = this.tokens[this.at - 1];
    const only = this.sketch.selects[0];
    const counts =
      !aggregates &&
      this.sketch.selects.length === 1 &&
      only?.mention &&
      !only.fn &&
      isTable(only.mention) &&
      (by || this.word(this.at) === 'per');
    const nextWord = this.word(this.skip(found?.end ?? this.at + 1));
    const groupable = counts && (units.test(nextWord) || !isTable(this.mentionAt(this.skip(found?.end ?? this.at + 1))));
    if (groupable && only && (units.test(nextWord) || bestColumn(this.mentionAt(this.skip(found?.end ?? this.at + 1))) > 0.8)) {
      // "orders by status": how many
      only.fn = 'count';
      return this.readGroup();
    }
    if (by && (!aggregates || (verb && /(ed|en|wn|ght|ade|de)$/.test(verb.lower) && LIGHT_WORDS.has(verb.lower)))) return false;
    let next = this.skip(found?.end ?? this.at + 1, 'the a of different distinct type number all');
    const mention = this.mentionAt(next);
    const unit = units.exec(this.word(next))?.[1] as DateUnit | undefined;
    const column = mention && (bestColumn(mention) >= 0.95 || bestTable(mention) >= 0.8);
    if (unit && !column) {
      this.sketch.groups.push({ at: this.at, mention: mention ?? null, unit });
      this.at = next + 1;
      return true;
    }
    const lone = this.tokens[next];
    if (!mention && found && lone?.kind === 'word' && this.sketch.selects.some((select) => select.fn)) {
      this.sketch.unknown.push({ word: lone.text, weight: 1 });
      this.at = next + 1;
      return true;
    }
    if (!mention || bestValue(mention) > Math.max(bestTable(mention), bestColumn(mention))) return false;
    if (/^(each|every)$/.test(this.word(this.at)) && /^(of|for|in)$/.test(this.previousWord()) && !isTable(mention))
      next = mention.end;
    if (by && isTable(mention) && !this.sketch.selects.some((select) => select.fn)) return false;
    this.sketch.groups.push({ at: this.at, mention });
    if (isTable(mention)) this.sketch.entities.push(mention);
    this.at = mention.end;
    const unitAfter = this.word(this.at) === 'and' ? units.exec(this.word(this.at + 1))?.[1] : undefined;
    if (unitAfter && !this.mentions.has(this.at + 1)) {
      this.sketch.groups.push({ at: this.at, mention: null, unit: unitAfter as DateUnit });
      this.at += 2;
      return true;
    }
    // "for each country and year"
    const more = this.word(this.at) === 'and' ? this.mentionAt(this.skip(this.at + 1)) : null;
    if (more && by && !isTable(more)) {
      this.sketch.groups.push({ at: this.at, mention: more });
      this.at = more.end;
    }
    return true;
  }

  // ------------------------------------------------------------ order and top

  private readOrder(): boolean {
    const ranked = this.topPending && /^(by|according|based|in|with)$/.test(this.word(this.at)) ? this.match(TOP_PHRASES) : null;
    const opener = ranked ?? this.match(ORDER_PHRASES);
    const mentioned = this.mentions.has(this.at) && this.word(this.at + 1) !== 'by' && this.word(this.at + 1) !== 'in';
    let direction: 'asc' | 'desc' | null = null;
    let position = opener && !mentioned ? opener.end : this.at;
    const first = this.match(DIRECTION_PHRASES, position);
    const extremes = this.extremesAt(position);
    if ((!opener || mentioned) && !first && !extremes) return false;
    if (extremes && !first)
      return this.pushOrder(
        { direction: extremes.direction, mention: this.orderColumn(), adjective: extremes.adjective },
        extremes.end,
      );
    if (first) {
      direction = first.meaning;
      position = first.end;
    }
    position = this.skip(position, 'the of by a an their its in order to according from on');
    const counting = this.match(COUNT_PHRASES, position);
    const count = counting && !this.columnWithin(position, counting.end) ? counting : null;
    const aggregate = count || this.mentions.has(position) ? null : this.match(AGGREGATE_PHRASES, position);
    const next = this.skip(count?.end ?? aggregate?.end ?? position);
    const mention = this.mentionAt(next);
    let end = mention?.end ?? next;
    const owner = mention ? this.ownerAfter(mention) : null;
    if (owner) end = owner.end;
    const trailing = this.match(DIRECTION_PHRASES, this.skip(end, 'in the'));
    const from = trailing ? null : this.extremesAt(end);
    const later = trailing ?? this.match(DIRECTION_PHRASES, end);
    if (later) {
      direction ??= later.meaning;
      const extreme = this.match(DIRECTION_PHRASES, end);
      end = extreme?.end ?? later.end;
    }
    if (from) {
      direction = from.direction;
      end = from.end;
    }
    const fn = count ? 'count' : aggregate?.meaning;
    if (!mention && !fn) {
      if (!direction) return false;
      const token = this.tokens[next];
      const missing =
        token?.kind === 'word' && next === position && !token.possessive && !this.tokens[next - 1]?.ends ? token : null;
      if (missing && PLAIN_ADJECTIVES.old && missing.lower === 'age')
        return this.pushOrder({ direction, mention: null, adjective: PLAIN_ADJECTIVES.old }, next + 1);
      if (missing && !LIGHT_WORDS.has(missing.lower)) this.unknown(missing);
      return this.pushOrder({ direction, mention: this.orderColumn() }, missing ? next + 1 : end);
    }
    if (ranked) {
      direction ??= this.bottom ? 'asc' : 'desc';
      this.topPending = false;
    }
    return this.pushOrder({ direction: direction ?? 'asc', mention, fn, owner: owner ?? undefined, shown: ranked !== null }, end);
  }

  private orderColumn(): Mention | null {
    const columns = this.sketch.selects.filter((select) => select.mention && !select.fn);
    return columns[0]?.mention ?? null;
  }

  private pushOrder(order: Pick<OrderSketch, 'direction' | 'mention'> & Partial<OrderSketch>, end: number): boolean {
    this.flushPending();
    this.sketch.orders.push({ at: this.at, limit: null, entity: this.lastEntity(), ...order });
    this.at = end;
    return true;
  }

  /** "from the oldest to the youngest". */
  private extremesAt(position: number): { direction: 'asc' | 'desc'; adjective: Adjective; end: number } | null {
    let next = position;
    if (this.word(next) !== 'from') return null;
    next = this.skip(next + 1, 'the');
    const first = SUPERLATIVES[this.word(next)];
    const to = this.skip(next + 1, 'the');
    if (!first || this.word(to) !== 'to') return null;
    const last = this.skip(to + 1, 'the');
    if (!SUPERLATIVES[this.word(last)] && !HIGH_WORDS.has(this.word(last)) && !LOW_WORDS.has(this.word(last))) return null;
    return { direction: first.direction, adjective: first, end: last + 1 };
  }

  /** The table after a column: "name of the singer". */
  private ownerAfter(mention: Mention): Mention | null {
    if (!/^(of|for)$/.test(this.word(mention.end))) return null;
    const next = this.mentionAt(this.skip(mention.end));
    return next && isTable(next) ? next : null;
  }

  private readTop(): boolean {
    const word = this.word(this.at);
    if (!/^(top|first|bottom)$/.test(word) || this.mentions.has(this.at)) return false;
    const number = this.numberAt(this.at + 1);
    if (number === null && word !== 'top') return false;
    this.sketch.limit = number ?? 1;
    if (word === 'bottom') this.bottom = true;
    this.topPending = word !== 'first';
    this.at += number === null ? 1 : 2;
    return true;
  }

  private topPending = false;
  private bottom = false;

  // ------------------------------------------------------------ superlatives

  private readSuperlative(): boolean {
    const before = this.numberAt(this.at);
    let position = before === null ? this.at : this.at + 1;
    const word = this.word(position);
    const adjective = SUPERLATIVES[word];
    const high = HIGH_WORDS.has(word);
    const low = LOW_WORDS.has(word);
    const last = word === 'last' && this.lastIsDate(position);
    if ((!adjective && !high && !low && !last) || this.mentions.has(position)) return false;
    if (this.word(position - 1) === 'at' || this.word(position + 1) === 'than') return false;
    position++;
    const number = this.numberAt(position);
    if (number !== null) position++;
    const limit = before ?? number ?? this.sketch.limit;
    const direction = low || adjective?.direction === 'asc' ? 'asc' : 'desc';
    // most common, most expensive, most recent
    const next = this.word(position);
    if ((word === 'most' || word === 'least') && LONG_ADJECTIVES[next]) {
      const meaning = LONG_ADJECTIVES[next];
      const turned = word === 'most' ? meaning?.direction : meaning?.direction === 'asc' ? 'desc' : 'asc';
      const after = this.numberAt(position + 1);
      return this.superlative(
        { adjective: meaning, direction: turned ?? 'desc', limit: after ?? limit },
        position + (after === null ? 1 : 2),
      );
    }
    if (FREQUENCY_WORDS.has(next))
      return this.frequency(word === 'least' || word === 'fewest' ? 'asc' : 'desc', limit, position + 1);
    return this.superlative({ adjective, direction, limit, plain: high || low, word, last }, position);
  }

  private lastIsDate(position: number): boolean {
    const mention = this.mentionAt(position + 1);
    return mention?.columns.some(({ column }) => column.role === 'date' || column.words.includes('date')) ?? false;
  }

  private frequency(direction: 'asc' | 'desc', limit: number | null, end: number): boolean {
    const mention = this.mentionAt(this.skip(end));
    const named = mention && bestValue(mention) <= Math.max(bestTable(mention), bestColumn(mention)) ? mention : null;
    const target = named ?? this.sketch.selects.find((select) => !select.fn && select.mention)?.mention ?? null;
    this.sketch.orders.push({ at: this.at, direction, mention: target, frequency: true, limit: limit ?? 1 });
    if (named && this.zone === 'select' && !this.sketch.selects.some((select) => select.mention === named)) {
      if (!this.sketch.selects.some((select) => !select.fn && select.mention)) this.select({ at: this.at, mention: named });
    }
    this.at = named?.end ?? end;
    return true;
  }

  private superlative(
    found: {
      adjective?: Adjective;
      direction: 'asc' | 'desc';
      limit: number | null;
      plain?: boolean;
      word?: string;
      last?: boolean;
    },
    start: number,
  ): boolean {
    let position = this.skip(start, 'the of a total');
    const count = this.match(COUNT_PHRASES, start) ?? this.match(COUNT_PHRASES, position);
    const aggregate = count ? null : this.match(AGGREGATE_PHRASES, position);
    if (count && !this.columnWithin(position, count.end)) position = this.skip(count.end);
    else if (aggregate && !this.columnWithin(position, aggregate.end)) position = this.skip(aggregate.end);
    while (/^(different|distinct|unique)$/.test(this.word(position))) position++;
    const mention = this.mentionAt(position);
    const base = {
      at: this.at,
      direction: found.direction,
      limit: found.limit ?? (this.bare && mention && isTable(mention) && /s$/i.test(mention.text) ? SEVERAL : 1),
      entity: this.lastEntity(),
    };
    const usable = mention && bestValue(mention) <= Math.max(bestTable(mention), bestColumn(mention)) ? mention : null;
    if (count && usable && this.measures(usable) && !isTable(usable)) return this.extremeColumn(usable, found.direction, base);
    if (count && usable) return this.finishSuperlative({ ...base, mention: usable, fn: 'count' }, usable.end);
    if (aggregate && usable) return this.finishSuperlative({ ...base, mention: usable, fn: aggregate.meaning }, usable.end);
    if (!usable) {
      if (found.adjective) return this.finishSuperlative({ ...base, mention: null, adjective: found.adjective }, start);
      const token = this.tokens[position];
      if (found.plain && token?.kind === 'word' && !isKeyword(token)) {
        this.sketch.orders.push({ ...base, mention: null, adjective: { concepts: [token.stem], direction: 'desc' } });
        this.sketch.unknown.push({ word: token.text, weight: 0.6 });
        this.at = position + 1;
        return true;
      }
      return false;
    }
    const numeric = this.measures(usable);
    const table = isTable(usable) && !(numeric && bestColumn(usable) >= 0.95);
    if (found.last) return this.extremeColumn(usable, 'desc', base);
    if (found.adjective && !numeric) {
      // "the oldest singer", "largest city": the noun is the entity
      if (table || bestColumn(usable) > 0.5) {
        if (this.zone === 'select') this.noun(usable);
        else this.sketch.entities.push(usable);
        return this.finishSuperlative({ ...base, mention: null, adjective: found.adjective, entity: usable }, usable.end);
      }
    }
    if (found.adjective && this.isEntityColumn(usable, found.adjective)) {
      return this.finishSuperlative({ ...base, mention: null, adjective: found.adjective }, start);
    }
    if (numeric && !table) return this.extremeColumn(usable, found.direction, base);
    if (found.plain && (found.word === 'most' || found.word === 'fewest' || found.word === 'least' || !numeric)) {
      if (table || found.word === 'most' || found.word === 'fewest' || found.word === 'least')
        return this.finishSuperlative({ ...base, mention: usable, fn: 'count' }, usable.end);
    }
    return this.extremeColumn(usable, found.direction, base);
  }

  private isEntityColumn(mention: Mention, adjective: Adjective): boolean {
    return (
      isTable(mention) &&
      !mention.columns.some(({ column, score }) => score > 0.9 && column.role !== 'id' && column.role !== 'text') &&
      adjective !== undefined
    );
  }

  private finishSuperlative(order: OrderSketch, end: number): boolean {
    this.sketch.orders.push(order);
    if (order.fn === 'count' && isTable(order.mention) && order.mention) this.sketch.entities.push(order.mention);
    this.lastColumn = order.mention ?? this.lastColumn;
    this.at = end;
    return true;
  }

  /** A measure's extreme: the aggregate itself, the rows that have it, or the order of the rows. */
  private extremeColumn(
    mention: Mention,
    direction: 'asc' | 'desc',
    base: { at: number; limit: number; entity?: Mention },
  ): boolean {
    const before = this.previousWord();
    const shown = this.sketch.selects.filter((select) => !select.fn);
    const introduced =
      /^(with|has|have|had|having|of|for|whose|is|are|at|by|got|reached|get|earn|earns|makes|in|on|during)$/.test(before);
    const plural = base.limit > 1;
    if (/^(in|on|during|at)$/.test(before) && shown.length > 0) {
      const owner = this.ownerAfter(mention);
      this.sketch.orders.push({ ...base, direction, mention, extreme: true, owner: owner ?? undefined });
      this.at = mention.end;
      return true;
    }
    const aggregates = this.zone === 'select' && (shown.length === 0 || !introduced) && !plural && !this.sketch.orders.length;
    const nextTable = this.mentionAt(this.skip(mention.end, ''));
    if (aggregates && !(nextTable && isTable(nextTable) && shown.length === 0 && this.word(mention.end) !== 'of')) {
      this.select({ at: base.at, fn: direction === 'desc' ? 'max' : 'min', mention });
      this.lastColumn = mention;
      this.at = mention.end;
      return true;
    }
    this.sketch.orders.push({ ...base, direction, mention });
    this.lastColumn = mention;
    this.at = mention.end;
    return true;
  }

  // ------------------------------------------------------------ conditions

  private filter(filter: Pick<FilterSketch, 'op' | 'operand' | 'mention'> & Partial<FilterSketch>): void {
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
  private flushPending(): void {
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

  private readBetween(): boolean {
    const word = this.word(this.at);
    const ranged = word === 'between' || (word === 'from' && this.operandAt(this.at + 1) !== null);
    if (!ranged || this.mentions.has(this.at)) return false;
    const low = this.operandAt(this.skip(this.at + 1));
    if (!low) return false;
    const glue = this.skip(low.end, 'the');
    if (!/^(and|to|through|until|till)$/.test(this.word(glue))) return false;
    const high = this.operandAt(this.skip(glue + 1));
    if (!high) return false;
    this.at = this.skip(this.at, '');
    if (low.operand.kind === 'period' && high.operand.kind === 'period') {
      this.filter({
        op: '=',
        operand: { kind: 'period', period: low.operand.period, last: high.operand.period },
        mention: this.conditionColumn(),
      });
      this.at = high.end;
      return true;
    }
    const lowest = numberOf(low.operand);
    const highest = numberOf(high.operand);
    if (lowest === null || highest === null) return false;
    const operand: Operand = { kind: 'range', low: lowest, high: highest };
    this.numberFilter('=', operand, high.end, undefined);
    return true;
  }

  private operandAt(position: number): { operand: Operand; end: number } | null {
    const period = this.periods.get(position);
    if (period) return { operand: { kind: 'period', period }, end: period.end };
    const number = this.numberAt(position);
    return number === null ? null : { operand: { kind: 'number', value: number }, end: position + 1 };
  }

  private conditionColumn(): Mention | null {
    return this.pending ?? null;
  }

  private readComparison(having?: { fn: AggregateFunction; mention: Mention | null; distinct?: boolean }): boolean {
    if (having && this.word(this.at) === 'between') {
      const low = this.numberAt(this.at + 1);
      const high = this.numberAt(this.at + 3);
      if (low === null || high === null) return false;
      this.filter({ op: '=', operand: { kind: 'range', low, high }, mention: null, having });
      this.at += 4;
      return true;
    }
    const word = this.word(this.at);
    const comparative = COMPARATIVES[word];
    const compare = this.match(COMPARE_PHRASES);
    const time = this.match(TIME_PHRASES);
    let adjective: Adjective | undefined;
    let op: CompareOperator | null = compare?.meaning ?? null;
    let end = compare?.end ?? this.at;
    if (!compare && comparative && this.word(this.at + 1) === 'than') {
      adjective = comparative;
      op = comparative.direction === 'desc' ? '>' : '<';
      end = this.at + 2;
    } else if (!compare && time) {
      op = time.meaning;
      end = time.end;
    } else if (compare && word === 'more' && LONG_ADJECTIVES[this.word(this.at + 1)]) {
      return false;
    }
    if (!compare && word === 'more' && LONG_ADJECTIVES[this.word(this.at + 1)] && this.word(this.at + 2) === 'than') {
      adjective = LONG_ADJECTIVES[this.word(this.at + 1)];
      op = '>';
      end = this.at + 3;
    }
    if (!op || (this.mentions.has(this.at) && !having && !compare)) return false;
    let position = this.skip(end, 'the a an or equal to');
    const dated = time && !having ? this.mentionAt(position) : null;
    if (dated && !isTable(dated) && this.periods.has(this.skip(dated.end, 'of'))) {
      this.pending = dated;
      position = this.skip(dated.end, 'of');
    }
    const operand = this.operandAt(position);
    if (operand?.operand.kind === 'period' && (time || !operand.operand.period.year || this.datePending())) {
      this.filter({ op, operand: operand.operand, mention: this.conditionColumn(), having });
      this.at = operand.end;
      return true;
    }
    if (time && !compare && !comparative && operand?.operand.kind !== 'period') return false;
    const value = operand ? numberOf(operand.operand) : null;
    const named = this.mentionAt(position);
    const later =
      named && !having && !this.pending && !isTable(named) && this.measures(named)
        ? this.operandAt(this.skip(named.end, 'of is'))
        : null;
    const lateValue = later ? numberOf(later.operand) : null;
    if (named && later && lateValue !== null && !this.mentions.has(later.end)) {
      this.filter({ op, operand: { kind: 'number', value: lateValue }, mention: named });
      this.at = later.end;
      return true;
    }
    if (operand && value !== null) {
      if (having) {
        this.filter({ op, operand: { kind: 'number', value }, mention: null, having });
        this.at = operand.end;
        return true;
      }
      return this.numberFilter(op, { kind: 'number', value }, operand.end, adjective);
    }
    return this.compareWithAggregate(op, position, adjective);
  }

  private datePending(): boolean {
    return (
      this.pending?.columns.some(({ column, score }) => score > 0.6 && (column.role === 'date' || column.role === 'year')) ??
      false
    );
  }

  /** "above the average age", "older than average", "more than the maximum price". */
  private compareWithAggregate(op: CompareOperator, position: number, adjective: Adjective | undefined): boolean {
    const found = this.match(AGGREGATE_PHRASES, position);
    const word = this.word(position);
    const fn =
      found?.meaning === 'avg'
        ? 'avg'
        : HIGH_WORDS.has(word) && word !== 'most'
          ? 'max'
          : LOW_WORDS.has(word) && word !== 'least'
            ? 'min'
            : null;
    if (!fn) {
      if (op === '<>') return false;
      const mention = this.mentionAt(this.skip(position));
      if (mention && (this.pending || adjective)) this.sketch.unsupported.push(`comparing with ${mention.text}`);
      return false;
    }
    const next = this.skip(found?.end ?? position + 1);
    const mention = this.mentionAt(next);
    const own = mention && bestColumn(mention) > 0.5 && (!isTable(mention) || this.measures(mention)) ? mention : null;
    const token = this.tokens[next];
    if (!mention && token?.kind === 'word' && !LIGHT_WORDS.has(token.lower)) this.unknown(token);
    const column = this.pending ?? own ?? (adjective || !this.measures(this.lastColumn) ? null : this.lastColumn);
    this.filter({ op, operand: { kind: 'aggregate', fn, mention: own }, mention: column, adjective });
    this.at = own?.end ?? found?.end ?? position + 1;
    return true;
  }

  /** A number with an operator: of the column before it, of what follows it, or of what the adjective means. */
  private numberFilter(op: CompareOperator, operand: Operand, end: number, adjective: Adjective | undefined): boolean {
    const after = this.match(AFTER_PHRASES, end);
    const written = after && op === '=' ? after.meaning : op;
    const position = this.skip(after && op === '=' ? after.end : end, 'different distinct unique of the total or more separate');
    const next = this.mentionAt(position);
    const unit = UNITS[this.word(position)] ?? UNITS[this.tokens[position]?.stem ?? ''];
    const usable = next && bestValue(next) <= Math.max(bestTable(next), bestColumn(next)) ? next : null;
    if (this.pending && !isTable(this.pending)) {
      this.filter({ op: written, operand, mention: this.pending, adjective });
      this.at = after && op === '=' ? after.end : end;
      return true;
    }
    if (adjective) {
      this.filter({ op: written, operand, mention: null, adjective });
      this.at = after && op === '=' ? after.end : end;
      return true;
    }
    if (usable && !(this.tokens[end - 1]?.comma ?? false)) {
      if (isTable(usable) || !this.measures(usable)) {
        this.filter({ op: written, operand, mention: null, having: { fn: 'count', mention: usable } });
        if (isTable(usable)) this.sketch.entities.push(usable);
      } else this.filter({ op: written, operand, mention: usable });
      this.at = usable.end;
      return true;
    }
    const measured = unit ?? this.verbUnit;
    this.filter({ op: written, operand, mention: measured && !this.either ? null : this.lastNumeric(), unit: measured });
    this.at = after && op === '=' ? after.end : unit ? position + 1 : end;
    return true;
  }

  private lastNumeric(): Mention | null {
    const filter = this.target.at(-1);
    if (filter?.mention && this.either) return filter.mention;
    if (filter?.mention && this.measures(filter.mention) && this.word(this.at - 1) === 'and') return filter.mention;
    return this.zone === 'where' &&
      this.lastColumn &&
      this.measures(this.lastColumn) &&
      !this.sketch.selects.some((select) => select.mention === this.lastColumn)
      ? this.lastColumn
      : null;
  }

  private readMode(): boolean {
    const found = this.match(MODE_PHRASES);
    if (!found) return false;
    let position = this.skip(found.end, 'the a an word substring letter letters string phrase in text prefix');
    let token = this.tokens[position];
    if (
      this.tokens[position]?.kind !== 'quoted' &&
      found.meaning === 'contains' &&
      /^(like|include|includes|contain|contains|containing)$/.test(this.word(this.at))
    ) {
      if (!this.pending || !token || token.kind === 'stop') return false;
    }
    if (!token || token.kind === 'stop' || (token.kind === 'number' && found.meaning === 'contains')) {
      if (!(token && token.text.length === 1)) return false;
    }
    if (
      token.kind === 'word' &&
      !token.capital &&
      token.text.length > 1 &&
      this.mentions.has(position) &&
      bestValue(this.mentionAt(position)) === 0
    )
      return false;
    const text = token.text;
    position++;
    let mention = this.pending;
    // "with the word 'Hey' in its title"
    if (!mention && /^(in|on|at)$/.test(this.word(position))) {
      const next = this.mentionAt(this.skip(position + 1));
      if (next && bestColumn(next) > 0.5) {
        mention = next;
        position = next.end;
      }
    } else if (mention && this.word(position) === 'in' && /^(it|its|them)$/.test(this.word(position + 1))) position += 2;
    token = this.tokens[position];
    this.filter({ op: '=', operand: { kind: 'text', text, mode: found.meaning }, mention: mention ?? this.lastText() });
    this.at = position;
    return true;
  }

  private lastText(): Mention | null {
    const text = this.sketch.selects.findLast((select) => select.mention?.columns.some(({ column }) => column.role === 'text'));
    return text?.mention ?? null;
  }

  /** "out of stock", "in stock": nothing, or something, left of a number. */
  private readStock(): boolean {
    const out = this.word(this.at) === 'out' && this.word(this.at + 1) === 'of';
    const within = this.word(this.at) === 'in';
    const at = this.at + (out ? 2 : 1);
    const mention = this.mentionAt(at);
    if (
      (!out && !within) ||
      !mention ||
      !/^(stock|inventory|supply)$/i.test(mention.text) ||
      !this.measures(mention) ||
      this.operandAt(mention.end)
    )
      return false;
    this.filter({ op: out ? '<=' : '>', operand: { kind: 'number', value: 0 }, mention });
    this.at = mention.end;
    return true;
  }

  private readNegation(): boolean {
    const word = this.word(this.at);
    if (!BOTH_NEGATIONS.has(word) || this.mentions.has(this.at)) return false;
    if (word === 'no' && this.tokens[this.at + 1] === undefined) return false;
    let next = this.at + 1;
    const fillers =
      /^(any|a|an|the|for|have|has|had|been|be|ever|get|got|single|yet|of|from|those|who|that|to|in|by|with|include|including|all|at|is|are|his|her|their|been|having|do|did|does|on|made|make)$/;
    while (
      next < this.tokens.length &&
      !this.mentions.has(next) &&
      !this.periods.has(next) &&
      (fillers.test(this.word(next)) ||
        (this.tokens[next]?.kind === 'word' &&
          LIGHT_WORDS.has(this.word(next)) &&
          next - this.at < 5 &&
          !SUPERLATIVES[this.word(next)] &&
          !HIGH_WORDS.has(this.word(next)) &&
          !LOW_WORDS.has(this.word(next))))
    ) {
      if (this.match(COMPARE_PHRASES, next) || this.match(MODE_PHRASES, next)) break;
      next++;
    }
    const mention = this.mentionAt(next);
    this.zone = this.sketch.selects.length + this.sketch.entities.length > 0 ? 'where' : this.zone;
    if (mention && !this.pending && isTable(mention) && bestTable(mention) >= bestValue(mention)) {
      const absence = { at: this.at, mention, filters: [] as FilterSketch[] };
      this.sketch.absences.push(absence);
      this.target = absence.filters;
      this.at = mention.end;
      return true;
    }
    const absent = this.lastEntity();
    const ends = next >= this.tokens.length || this.tokens.slice(this.at, next).some((token) => token.ends || token.comma);
    if (ends && absent && absent.start > this.relativeAt && this.relativeAt >= 0 && this.sketch.entities.length > 1) {
      this.sketch.absences.push({ at: absent.start, mention: absent, filters: [] });
      this.at = next;
      return true;
    }
    this.negated = true;
    this.at = this.mentions.has(next) || this.periods.has(next) ? next : this.at + 1;
    return true;
  }

  private readPeriod(): boolean {
    const period = this.periods.get(this.at);
    if (!period) return false;
    // "4 digits" that belong to a numeric column are numbers
    if (period.year && this.pending && !this.datePending()) return false;
    const following = this.mentionAt(this.skip(period.end, ''));
    if (
      period.year &&
      following &&
      !isTable(following) &&
      this.measures(following) &&
      !following.columns.some(({ column }) => column.role === 'year' || column.role === 'date')
    )
      return false;
    const after = this.match(AFTER_PHRASES, period.end);
    this.filter({ op: after?.meaning ?? '=', operand: { kind: 'period', period }, mention: this.conditionColumn() });
    this.at = after?.end ?? period.end;
    return true;
  }

  private readNumber(): boolean {
    const value = this.numberAt(this.at);
    if (value === null) return false;
    const after = this.match(AFTER_PHRASES, this.at + 1);
    if (after) return this.numberFilter('=', { kind: 'number', value }, this.at + 1, undefined);
    if (this.pending && !isTable(this.pending)) {
      this.filter({ op: '=', operand: { kind: 'number', value }, mention: this.pending });
      this.lastColumn = this.target.at(-1)?.mention ?? null;
      this.at++;
      return true;
    }
    if (this.either && this.target.at(-1)?.operand.kind === 'number') {
      const previous = this.target.at(-1);
      this.filter({
        op: previous?.op ?? '=',
        operand: { kind: 'number', value },
        mention: previous?.mention ?? null,
        having: previous?.having,
      });
      this.at++;
      return true;
    }
    const next = this.mentionAt(this.skip(this.at + 1, 'different distinct'));
    if (next && this.zone === 'select' && this.sketch.selects.length === 0 && isTable(next)) {
      this.sketch.limit = value;
      this.at++;
      return true;
    }
    if (next && (bestColumn(next) > 0.5 || bestTable(next) > 0.5))
      return this.numberFilter('=', { kind: 'number', value }, this.at + 1, undefined);
    if (/^(aged|age|old)$/.test(this.word(this.at - 1))) {
      this.filter({ op: '=', operand: { kind: 'number', value }, mention: null, unit: 'age' });
      this.at++;
      return true;
    }
    return this.looseNumber(value);
  }

  private looseNumber(value: number): boolean {
    const unit = UNITS[this.word(this.at + 1)] ?? UNITS[this.tokens[this.at + 1]?.stem ?? ''];
    const column = this.lastColumn && this.zone === 'where' && this.measures(this.lastColumn) ? this.lastColumn : null;
    if (value === 1 && this.tokens[this.at]?.lower === 'one') {
      this.at++;
      return true;
    }
    this.filter({ op: '=', operand: { kind: 'number', value }, mention: column, unit });
    this.at += unit ? 2 : 1;
    return true;
  }

  private readMention(): boolean {
    const mention = this.mentions.get(this.at);
    const token = this.tokens[this.at];
    if (!mention) {
      if (token?.kind === 'quoted') return this.readText(token.text);
      return false;
    }
    const named = Math.max(bestTable(mention), bestColumn(mention));
    const valued = bestValue(mention);
    const fits = this.pending?.columns.some(({ column }) =>
      mention.values.some((value) => value.table === column.ref.table && value.column === column.ref.column),
    );
    if (
      valued > 0 &&
      (valued > named || (valued >= 0.9 && fits) || (valued >= 0.96 && this.zone === 'where' && named < 0.95 && token?.capital))
    ) {
      return this.readValue(mention);
    }
    if (token?.kind === 'quoted' && named < 0.9) return this.readText(token.text);
    this.at = mention.end;
    if (this.zone === 'select') this.noun(mention);
    else this.whereNoun(mention);
    return true;
  }

  private readText(text: string): boolean {
    this.filter({ op: '=', operand: { kind: 'text', text, mode: 'equals' }, mention: this.pending ?? this.sameColumn() });
    this.at++;
    return true;
  }

  /** "… or 'CA'": the column of the value before. */
  private sameColumn(): Mention | null {
    return this.either || this.word(this.at - 1) === 'and' ? (this.target.at(-1)?.mention ?? null) : null;
  }

  private readValue(mention: Mention): boolean {
    this.at = mention.start;
    const end = mention.end;
    const next = this.mentionAt(this.skip(end, ''));
    let column = this.pending ?? null;
    if (
      !column &&
      next &&
      next.columns.some(
        (entry) =>
          entry.score > 0.5 &&
          mention.values.some((value) => value.column === entry.column.ref.column && value.table === entry.column.ref.table),
      )
    ) {
      // "math course", "volvo model": the noun says which column
      column = next;
    }
    const previous = this.target.at(-1);
    const lists =
      previous &&
      previous.operand.kind === 'values' &&
      (this.either || this.both || this.tokens[mention.start - 1]?.comma || /^(and|or)$/.test(this.word(mention.start - 1)));
    if (lists && previous.operand.kind === 'values' && sameColumnValues(previous.operand.mentions, mention) && !this.negated) {
      if (this.both)
        this.filter({
          op: '=',
          operand: { kind: 'values', mentions: [mention] },
          mention: previous.mention,
          both: true,
          either: false,
        });
      else previous.operand.mentions.push(mention);
      this.either = false;
    } else {
      this.filter({ op: '=', operand: { kind: 'values', mentions: [mention] }, mention: column });
      if (this.both) this.both = true;
    }
    this.at = end;
    return true;
  }

  private noun(mention: Mention): void {
    const before = this.previousWordAt(mention.start);
    const next = this.mentionAt(mention.end);
    const last = this.tokens[mention.end - 1];
    const nextColumn =
      next && !this.tokens[mention.end - 1]?.comma && bestColumn(next) > 0.5 && bestColumn(next) >= bestValue(next) ? next : null;
    if (isTable(mention) && nextColumn && (last?.possessive || (!isTable(nextColumn) && !this.comparesAt(nextColumn.end)))) {
      // "singer name", "teacher's name"
      this.sketch.entities.push(mention);
      if (bestColumn(mention) < 0.95 || last?.possessive || bestTable(mention) > 0.6) {
        this.select({ at: nextColumn.start, mention: nextColumn, owner: mention, distinct: this.distinct });
        this.at = nextColumn.end;
        return;
      }
    }
    if (this.sketch.selects.length === 0 && /^(for|in|among|of|from)$/.test(before) && !this.openerBefore(mention.start)) {
      if (isTable(mention) && !this.valueFollows(mention.end)) this.sketch.entities.push(mention);
      else this.pending = mention;
      this.zone = 'where';
      return;
    }
    if (!isTable(mention) && before === 'of' && this.composes(mention)) return;
    const generic = this.sketch.selects.some(
      (select) => !select.fn && !select.owner && /^(full )?(name|title|id|code|number)s?$/i.test(select.mention?.text ?? ''),
    );
    const owner = isTable(mention) || (/^(of|for)$/.test(before) && bestTable(mention) > 0.6 && generic);
    if (owner && ASIDE.has(before) && this.sketch.selects.length > 0) {
      this.sketch.entities.push(mention);
      this.attachOwner(mention);
      return;
    }
    if (!isTable(mention) && /^(in|by|from|at|on)$/.test(before) && this.sketch.selects.length > 0 && bestColumn(mention) > 0.5) {
      this.pending = mention;
      this.zone = 'where';
      return;
    }
    if (bestTable(mention) > 0.5 && isTable(mention)) this.sketch.entities.push(mention);
    const first = this.tokens[mention.start];
    const { fresh } = this;
    this.fresh = false;
    if (
      isTable(mention) &&
      !fresh &&
      this.sketch.selects.length > 0 &&
      !/^(and|or)$/.test(before) &&
      !this.tokens[mention.start - 1]?.comma &&
      !this.openerBefore(mention.start)
    ) {
      this.zone = 'where';
      if (!this.sketch.selects.some((select) => select.asks) || first === undefined) {
        this.nameEntity(mention);
        return;
      }
    }
    const asked = this.sketch.selects.at(-1);
    if (asked?.asks && isTable(mention)) return;
    if (
      !isTable(mention) &&
      this.sketch.selects.length > 0 &&
      !/^(and|or)$/.test(before) &&
      !this.tokens[mention.start - 1]?.comma &&
      this.conditionFollows(mention.end)
    ) {
      this.pending = mention;
      this.lastColumn = mention;
      this.zone = 'where';
      return;
    }
    this.select({ at: mention.start, mention, distinct: this.distinct });
    if (!isTable(mention)) this.lastColumn = mention;
  }

  private nameEntity(mention: Mention): void {
    if (this.sketch.entities.at(-1) !== mention) this.sketch.entities.push(mention);
  }

  private openerBefore(position: number): boolean {
    return (
      OPENERS.some(({ words }) => words.length === 1 && words[0] === this.word(position - 1)) || this.sketch.groups.length > 0
    );
  }

  /** "the name and release year of the song": the columns song_name and song_release_year. */
  private composes(mention: Mention): boolean {
    if (bestColumn(mention) >= 0.95) return false;
    let composed = false;
    for (const select of this.sketch.selects) {
      if (!select.mention || select.fn || select.owner) continue;
      const shared = select.mention.columns.filter(({ column }) => mention.columns.some((entry) => entry.column === column));
      if (shared.length === 0) continue;
      select.mention = { ...select.mention, columns: shared.map((entry) => ({ ...entry, score: 1 })), tables: [] };
      composed = true;
    }
    return composed;
  }

  private conditionFollows(position: number): boolean {
    const next = this.skip(position, 'is are was were either of the');
    return this.operandAt(next) !== null || this.comparesAt(next) || this.valueFollows(position);
  }

  /** Columns before "of the singer" belong to it. */
  private attachOwner(owner: Mention): void {
    if (!/^(of|for)$/.test(this.previousWordAt(owner.start))) return;
    for (const select of this.sketch.selects)
      if (!select.owner && select.mention && select.mention !== owner) select.owner = owner;
  }

  private previousWordAt(position: number): string {
    const saved = this.at;
    this.at = position;
    const word = this.previousWord();
    this.at = saved;
    return word;
  }

  private whereNoun(mention: Mention): void {
    const column = bestColumn(mention);
    if (isTable(mention)) {
      const next = this.mentionAt(mention.end);
      this.sketch.entities.push(mention);
      if (next && this.tokens[mention.end - 1]?.possessive) return;
      // a table's word may also be the column that the next value is of ("course math")
      this.pending = column > 0.5 && this.valueFollows(mention.end) ? mention : this.pending;
      return;
    }
    if (this.pending) this.flushPending();
    this.pending = mention;
    this.lastColumn = mention;
  }

  private valueFollows(position: number): boolean {
    const next = this.skip(position, 'is are was were named called of the');
    const mention = this.mentionAt(next);
    return (
      this.tokens[next]?.kind === 'quoted' ||
      (mention !== null && bestValue(mention) > Math.max(bestColumn(mention), bestTable(mention)))
    );
  }
}

function numberOf(operand: Operand): number | null {
  if (operand.kind === 'number') return operand.value;
  if (operand.kind === 'period' && operand.period.year !== undefined) return operand.period.year;
  return null;
}

function sameColumnValues(known: readonly Mention[], mention: Mention): boolean {
  return known.every((other) =>
    other.values.some((a) => mention.values.some((b) => a.table === b.table && a.column === b.column)),
  );
}
