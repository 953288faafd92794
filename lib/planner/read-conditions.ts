/** Reads conditions: comparisons, ranges, dates, values, text, negation. */
import {
  type Adjective,
  COMPARATIVES,
  HIGH_WORDS,
  LIGHT_WORDS,
  LONG_ADJECTIVES,
  LOW_WORDS,
  SOLD_WORDS,
  SUPERLATIVES,
  UNITS,
} from './lexicon';
import type { Mention } from './link';
import { bestColumn, bestTable, bestValue, isTable } from './mention';
import { AFTER_PHRASES, AGGREGATE_PHRASES, BOTH_NEGATIONS, COMPARE_PHRASES, MODE_PHRASES, TIME_PHRASES } from './phrases';
import { ReaderState } from './reader-state';
import type { AggregateFunction, CompareOperator } from './schema';
import type { FilterSketch, Operand } from './sketch';

export class ConditionReader extends ReaderState {
  protected readBetween(): boolean {
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

  protected readComparison(having?: { fn: AggregateFunction; mention: Mention | null; distinct?: boolean }): boolean {
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
    if (dated && this.isDated(dated) && this.periods.has(this.skip(dated.end, 'of'))) {
      this.pending = dated;
      position = this.skip(dated.end, 'of');
    }
    const operand = this.operandAt(position);
    const within = word === 'from' && !/^(on|onward|onwards|forward|to|until|till)$/.test(this.word(operand?.end ?? 0));
    if (within && operand?.operand.kind === 'period' && !having) op = '=';
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

  /** "above the average age", "older than average", "more than the maximum price". */
  protected compareWithAggregate(op: CompareOperator, position: number, adjective: Adjective | undefined): boolean {
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
  protected numberFilter(op: CompareOperator, operand: Operand, end: number, adjective: Adjective | undefined): boolean {
    const after = this.match(AFTER_PHRASES, end);
    const written = after && op === '=' ? after.meaning : op;
    const position = this.skip(after && op === '=' ? after.end : end, 'different distinct unique of the total or more separate');
    const stocked = this.word(position) === 'in' && /^(stock|inventory|supply)$/.test(this.word(position + 1));
    const next = this.mentionAt(stocked ? position + 1 : position);
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
    if (/^times?$/.test(this.word(position)) && !next && this.sketch.entities.length > 1) {
      // "who ordered more than 20 times"
      this.filter({ op: written, operand, mention: null, having: { fn: 'count', mention: this.lastEntity() ?? null } });
      this.at = position + 1;
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

  protected lastNumeric(): Mention | null {
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

  protected readMode(): boolean {
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

  protected lastText(): Mention | null {
    const text = this.sketch.selects.findLast((select) => select.mention?.columns.some(({ column }) => column.role === 'text'));
    return text?.mention ?? null;
  }

  /** "out of stock", "in stock": nothing, or something, left of a number. */
  protected readStock(): boolean {
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

  protected readNegation(): boolean {
    const word = this.word(this.at);
    if (!BOTH_NEGATIONS.has(word) || this.mentions.has(this.at)) return false;
    if (word === 'no' && this.tokens[this.at + 1] === undefined) return false;
    let next = this.at + 1;
    const fillers =
      /^(any|a|an|the|for|have|has|had|been|be|ever|get|got|single|yet|of|from|those|who|that|to|in|by|with|include|including|all|at|is|are|his|her|their|been|having|do|did|does|on|made|make)$/;
    while (
      next < this.tokens.length &&
      !SOLD_WORDS.has(this.word(next)) &&
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
    const entity = this.sketch.entities.at(-1);
    if (!mention && entity && SOLD_WORDS.has(this.word(next))) {
      this.sketch.absences.push({ at: this.at, mention: entity, filters: [], sold: true });
      this.at = next + 1;
      return true;
    }
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

  protected readPeriod(): boolean {
    const period = this.periods.get(this.at);
    if (!period) return false;
    // "4 digits" that belong to a numeric column are numbers
    if (period.year && this.pending && !this.datePending() && this.measures(this.pending)) return false;
    if (this.pending && !this.datePending() && !this.isDated(this.pending)) this.flushPending();
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

  protected readNumber(): boolean {
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

  protected looseNumber(value: number): boolean {
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

  protected readText(text: string): boolean {
    this.filter({ op: '=', operand: { kind: 'text', text, mode: 'equals' }, mention: this.pending ?? this.sameColumn() });
    this.at++;
    return true;
  }

  /** "… or 'CA'": the column of the value before. */
  protected sameColumn(): Mention | null {
    return this.either || this.word(this.at - 1) === 'and' ? (this.target.at(-1)?.mention ?? null) : null;
  }

  protected readValue(mention: Mention): boolean {
    this.at = mention.start;
    let { end } = mention;
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
      if (!isTable(next) && bestValue(next) === 0 && !this.conditionFollows(next.end) && this.sketch.selects.length > 0)
        end = next.end;
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
    const alone = this.sketch.selects.length + this.sketch.entities.length === 0 && this.zone === 'select' && this.sketch.listing;
    if (alone && !column && /^(with|without|that|which|whose|having|who)$/.test(this.word(end))) {
      // "routers with open incidents"
      this.select({ at: mention.start, mention: null, described: mention });
    }
    this.at = end;
    return true;
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
