/** Reads figures that are asked for: counts, measures, shares, averages, and yes-or-no columns. */
import { HIGH_WORDS, LOW_WORDS, MONEY_WORDS, PIECES } from './lexicon';
import type { Mention } from './link';
import { bestColumn, bestTable, bestValue, isTable } from './mention';
import { AGGREGATE_PHRASES, COUNT_PHRASES } from './phrases';
import { ConditionReader } from './read-conditions';
import type { AggregateFunction } from './schema';

export class FigureReader extends ConditionReader {
  protected readCount(): boolean {
    const found = this.match(COUNT_PHRASES) ?? this.bareCount();
    if (!found || this.columnWithin(this.at, found.end)) return false;
    const named = this.sketch.selects.at(-1);
    if (named?.mention && !named.fn && named.mention.end === this.at && isTable(named.mention) && found.end === this.at + 1) {
      // "incident count per cause"
      named.fn = 'count';
      this.at++;
      return true;
    }
    let next = this.skip(found.end);
    if (PIECES.has(this.word(next)) && this.sellsAfter(next + 1)) {
      this.select({ at: this.at, fn: 'sum', mention: null, sold: true });
      this.at = /^(sold|bought|purchased)$/.test(this.word(next + 1)) ? next + 2 : next + 1;
      return true;
    }
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
    if (valued && after && isTable(after) && this.isFlag(valued)) {
      this.flag(valued);
      return this.countOf(after, after.end, distinct);
    }
    const adjective = this.tokens[next];
    if (!valued && adjective?.kind === 'word' && this.mentionAt(next + 1)) {
      this.unknown(adjective);
      next++;
    }
    return this.countOf(this.mentionAt(next), this.mentionAt(next)?.end ?? found.end, distinct);
  }

  /** "how many units did we sell". */
  protected sellsAfter(position: number): boolean {
    return (
      this.word(position - 2) === 'many' &&
      this.tokens.slice(position, position + 5).some(({ lower }) => /^(sell|sold)$/.test(lower))
    );
  }

  /** "… and the number." */
  protected bareCount(): { meaning: true; end: number } | null {
    const token = this.tokens[this.at];
    if (
      !/^(number|count|counts|numbers)$/.test(token?.lower ?? '') ||
      this.mentions.has(this.at) ||
      this.sketch.selects.length + this.sketch.groups.length + this.sketch.entities.length === 0
    )
      return null;
    const next = this.tokens[this.at + 1];
    return !next ||
      token?.comma ||
      token?.ends ||
      next.lower === 'and' ||
      next.lower === 'for' ||
      next.lower === 'per' ||
      next.lower === 'by'
      ? { meaning: true, end: this.at + 1 }
      : null;
  }

  protected countOf(mention: Mention | null, end: number, distinct: boolean): boolean {
    const start = this.at;
    const compares = this.zone === 'where' && this.comparesAt(this.skip(end));
    if (compares) {
      this.at = this.skip(end);
      this.readComparison({ fn: 'count', mention, distinct });
      if (mention && isTable(mention)) this.sketch.entities.push(mention);
      return true;
    }
    if (mention && bestValue(mention) >= 0.9 && Math.max(bestTable(mention), bestColumn(mention)) < 0.5) {
      // "how many routers"
      this.filter({ op: '=', operand: { kind: 'values', mentions: [mention] }, mention: null });
      this.select({ at: start, fn: 'count', mention: null, described: mention });
      this.at = end;
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

  protected readAggregate(): boolean {
    if (this.readTotalColumn() || this.readPercentage() || this.readAverageCount()) return true;
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
    const asks = /^(did|do|does|have|has|had|was|were|is|are)$/.test(this.word(position));
    if (this.word(this.at) === 'how' && (asks || !this.mentions.has(this.skip(position)))) return this.howMuch(position);
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
  protected readTotalColumn(): boolean {
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
    const owner = this.ownerAfter(mention);
    this.select({ at: this.at, fn: 'sum', mention, ...(owner ? { owner } : {}) });
    this.at = mention.end;
    return true;
  }

  /** "average number of orders per customer", "how many orders per customer on average". */
  protected readAverageCount(): boolean {
    if (!/^(average|avg|mean)$/.test(this.word(this.at)) || this.mentions.has(this.at)) return false;
    const counting = this.match(COUNT_PHRASES, this.at + 1);
    const after =
      this.word(this.at - 1) === 'on' && (counting !== null || this.sketch.selects.some((select) => select.fn === 'count'));
    if (!after && (!counting || this.columnWithin(this.at + 1, counting.end))) return false;
    if (!after && this.zone === 'where') return false;
    this.sketch.averageCount = true;
    this.at++;
    return true;
  }

  /** "how much did Ada spend": the amount is named later. */
  protected howMuch(position: number): boolean {
    for (let next = position; next < Math.min(this.tokens.length, position + 10); next++) {
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
  protected readPercentage(): boolean {
    const own = this.mentionAt(this.at);
    if (!/^(percentage|percent|proportion|share|fraction)$/.test(this.word(this.at))) return false;
    if (own && (own.end > this.at + 1 || bestColumn(own) >= 0.95 || bestTable(own) >= 0.95)) return false;
    const next = this.skip(this.at + 1);
    const first = this.mentionAt(next);
    const described =
      first && bestValue(first) > Math.max(bestTable(first), bestColumn(first)) ? this.mentionAt(first.end) : null;
    // "share of business customers"
    const mention = described ?? first;
    if (!mention || !isTable(mention)) return false;
    if (described && first) this.filter({ op: '=', operand: { kind: 'values', mentions: [first] }, mention: null });
    this.sketch.entities.push(mention);
    this.select({ at: this.at, fn: 'count', mention, percentage: true });
    this.zone = 'where';
    this.at = mention.end;
    return true;
  }

  /** "… and the average", "and their average": of the column named before. */
  protected aggregateOfLast(functions: AggregateFunction[], end: number): boolean {
    const known =
      this.sketch.selects.findLast((select) => select.fn && select.fn !== 'count' && select.mention)?.mention ?? this.lastColumn;
    if (!known) return false;
    for (const fn of functions) this.select({ at: this.at, fn, mention: known });
    this.at = end;
    return true;
  }

  /** A yes-or-no column, named as such. */
  protected isFlag(mention: Mention): boolean {
    const before = this.word(mention.start - 1);
    return (
      !isTable(mention) &&
      mention.columns[0]?.column.role === 'boolean' &&
      bestColumn(mention) >= 0.82 &&
      !/^(and|by|per|each|every)$/.test(before) &&
      !this.conditionFollows(mention.end)
    );
  }

  /** "active products", "inactive products", "who want the newsletter". */
  protected flag(mention: Mention): void {
    this.filter({ op: '=', operand: { kind: 'true' }, mention, negated: this.negated !== (mention.opposite ?? false) });
  }
}
