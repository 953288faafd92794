/** Reads groups, order, top-N and superlatives. */

import { NOT_ADDED } from './expressions';
import {
  type Adjective,
  FREQUENCY_WORDS,
  HIGH_WORDS,
  LIGHT_WORDS,
  LONG_ADJECTIVES,
  LOW_WORDS,
  PIECES,
  PLAIN_ADJECTIVES,
  SUPERLATIVES,
} from './lexicon';
import { isKeyword, type Mention } from './link';
import { bestColumn, bestTable, bestValue, isTable } from './mention';
import { AGGREGATE_PHRASES, COUNT_PHRASES, DIRECTION_PHRASES, GROUP_PHRASES, ORDER_PHRASES, TOP_PHRASES } from './phrases';
import { SalesReader, SEVERAL } from './read-sales';
import type { DateUnit } from './schema';
import type { OrderSketch, SelectSketch } from './sketch';

/** Stems of columns whose values are added up when nothing else is said; prices, rates and ratings are not. */
const ADDED_UP = new Set('amount total quantiti sale revenu fee spend minut hour count unit sum volum downtim'.split(' '));

export class OrderReader extends SalesReader {
  protected readGroup(): boolean {
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
    const measured = this.addedUp(only, by);
    if (measured) {
      measured.fn = 'sum';
      return this.readGroup();
    }
    const passive = by && /(ed|en|wn)$/.test(verb?.lower ?? '') && /^(is|are|was|were|been|be)$/.test(this.word(this.at - 2));
    if (passive || (by && (!aggregates || (verb && /(ed|en|wn|ght|ade|de)$/.test(verb.lower) && LIGHT_WORDS.has(verb.lower)))))
      return false;
    let next = this.skip(found?.end ?? this.at + 1, 'the a of different distinct type number all');
    const mention = this.mentionAt(next);
    const unit = units.exec(this.word(next))?.[1] as DateUnit | undefined;
    const column = mention && (bestColumn(mention) >= 0.95 || bestTable(mention) >= 0.8);
    if (unit && !column) {
      const dated = this.verbColumn && this.isDated(this.verbColumn) ? this.verbColumn : null;
      this.sketch.groups.push({ at: this.at, mention: mention ?? dated, unit });
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
    if (more && (by || (!isTable(mention) && bestColumn(more) > 0.8 && bestValue(more) < bestColumn(more))) && !isTable(more)) {
      this.sketch.groups.push({ at: this.at, mention: more });
      this.at = more.end;
    }
    return true;
  }

  /** "refunded amount per reason": an amount of several rows is added up. */
  protected addedUp(only: SelectSketch | undefined, by: boolean): SelectSketch | null {
    if (!only?.mention || only.fn || this.sketch.selects.length !== 1 || this.followUp) return null;
    if (!by && this.word(this.at) !== 'per') return null;
    if (isTable(only.mention) || !this.measures(only.mention)) return null;
    const top = bestColumn(only.mention);
    const additive = only.mention.columns
      .filter(({ score }) => score >= top - 0.05)
      .every(
        ({ column }) =>
          column.role === 'number' &&
          column.words.some((word) => ADDED_UP.has(word)) &&
          !column.words.some((word) => NOT_ADDED.has(word)),
      );
    return additive ? only : null;
  }

  protected readOrder(): boolean {
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
    if (ranked && PIECES.has(this.word(position)) && /^(sold|bought|purchased)$/.test(this.word(position + 1))) {
      this.topPending = false;
      return this.pushOrder(
        { direction: this.bottom ? 'asc' : 'desc', mention: null, fn: 'sum', sold: true, shown: true },
        position + 2,
      );
    }
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

  protected orderColumn(): Mention | null {
    const columns = this.sketch.selects.filter((select) => select.mention && !select.fn);
    return columns[0]?.mention ?? null;
  }

  protected pushOrder(order: Pick<OrderSketch, 'direction' | 'mention'> & Partial<OrderSketch>, end: number): boolean {
    this.flushPending();
    this.sketch.orders.push({ at: this.at, limit: null, entity: this.lastEntity(), ...order });
    this.at = end;
    return true;
  }

  /** "from the oldest to the youngest". */
  protected extremesAt(position: number): { direction: 'asc' | 'desc'; adjective: Adjective; end: number } | null {
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

  protected readTop(): boolean {
    const word = this.word(this.at);
    const number = this.numberAt(this.at + 1);
    const linked = this.mentionAt(this.at);
    if (!/^(top|first|bottom)$/.test(word) || (linked && (number === null || linked.end > this.at + 1))) return false;
    if (number === null && word !== 'top') return false;
    this.sketch.limit = number ?? 1;
    if (word === 'bottom') this.bottom = true;
    this.topPending = word !== 'first';
    this.sketch.ranked = word !== 'first';
    this.at += number === null ? 1 : 2;
    return true;
  }

  protected readSuperlative(): boolean {
    const before = this.numberAt(this.at);
    let position = before === null ? this.at : this.at + 1;
    const word = this.word(position);
    const adjective = SUPERLATIVES[word];
    const high = HIGH_WORDS.has(word);
    const low = LOW_WORDS.has(word);
    const last = word === 'last' && this.lastIsDate(position);
    if ((!adjective && !high && !low && !last) || this.mentions.has(position)) return false;
    if (this.word(position - 1) === 'at' || this.word(position + 1) === 'than') return false;
    const other = this.word(position + 2);
    if (
      /^(and|or)$/.test(this.word(position + 1)) &&
      (high || low) &&
      (HIGH_WORDS.has(other) || LOW_WORDS.has(other) || this.match(AGGREGATE_PHRASES, position + 2))
    )
      return false;
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

  protected lastIsDate(position: number): boolean {
    const mention = this.mentionAt(position + 1);
    return mention?.columns.some(({ column }) => column.role === 'date' || column.words.includes('date')) ?? false;
  }

  /** "most popular products" are several, "the most popular product" is one. */
  protected several(noun: Mention | null): number {
    return this.bare && noun && isTable(noun) && /s$/i.test(noun.text) ? SEVERAL : 1;
  }

  protected frequency(direction: 'asc' | 'desc', limit: number | null, end: number): boolean {
    const mention = this.mentionAt(this.skip(end));
    const named = mention && bestValue(mention) <= Math.max(bestTable(mention), bestColumn(mention)) ? mention : null;
    const target = named ?? this.sketch.selects.find((select) => !select.fn && select.mention)?.mention ?? null;
    this.sketch.orders.push({ at: this.at, direction, mention: target, frequency: true, limit: limit ?? this.several(target) });
    if (named && this.zone === 'select' && !this.sketch.selects.some((select) => select.mention === named)) {
      if (!this.sketch.selects.some((select) => !select.fn && select.mention)) this.select({ at: this.at, mention: named });
    }
    this.at = named?.end ?? end;
    return true;
  }

  protected superlative(
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
    let mention = this.mentionAt(position);
    const described =
      mention && bestValue(mention) > Math.max(bestTable(mention), bestColumn(mention)) ? this.mentionAt(mention.end) : null;
    if (mention && described && isTable(described) && !found.adjective && found.plain) {
      // "the most failed devices"
      this.filter({ op: '=', operand: { kind: 'values', mentions: [mention] }, mention: null });
      mention = described;
    }
    const base = {
      at: this.at,
      direction: found.direction,
      limit: found.limit ?? Math.max(this.several(mention), mention ? this.several(this.mentionAt(mention.end)) : 1),
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

  protected measureAt(position: number): boolean {
    const next = this.skip(position);
    const mention = this.mentionAt(next);
    return (
      (mention !== null && this.measures(mention)) ||
      this.match(COUNT_PHRASES, next) !== null ||
      this.match(AGGREGATE_PHRASES, next) !== null
    );
  }

  protected isEntityColumn(mention: Mention, adjective: Adjective): boolean {
    return (
      isTable(mention) &&
      !mention.columns.some(({ column, score }) => score > 0.9 && column.role !== 'id' && column.role !== 'text') &&
      adjective !== undefined
    );
  }

  protected finishSuperlative(order: OrderSketch, end: number): boolean {
    if (order.adjective && this.word(end) === 'by' && this.measureAt(end + 1)) {
      // "the 10 biggest customers by revenue"
      this.sketch.limit = order.limit;
      this.topPending = true;
      this.bottom = order.direction === 'asc';
      this.at = end;
      return true;
    }
    this.sketch.orders.push(order);
    if (order.fn === 'count' && isTable(order.mention) && order.mention) this.sketch.entities.push(order.mention);
    this.lastColumn = order.mention ?? this.lastColumn;
    this.at = end;
    return true;
  }

  /** A measure's extreme: the aggregate itself, the rows that have it, or the order of the rows. */
  protected extremeColumn(
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
}
