import type { Mention } from './link';
import { bestColumn, bestTable, bestValue, isTable } from './mention';
import { ASIDE, COUNT_PHRASES, OPENERS, RELATIVES, SELECT_AGAIN } from './phrases';
import { FigureReader } from './read-figures';

export class SelectReader extends FigureReader {
  protected readOpener(): boolean {
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
  protected replaceSelects(): void {
    for (const select of this.sketch.selects) {
      if (select.mention && isTable(select.mention)) this.sketch.entities.push(select.mention);
    }
    this.sketch.selects = [];
  }

  protected readMarker(): boolean {
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

  protected readDistinct(): boolean {
    if (!/^(different|distinct|unique)$/.test(this.word(this.at))) return false;
    this.distinct = true;
    if (this.zone === 'select' && this.sketch.selects.length === 0) this.sketch.distinct = true;
    this.at++;
    return true;
  }

  protected readMention(): boolean {
    const mention = this.mentions.get(this.at);
    const token = this.tokens[this.at];
    if (!mention) {
      if (token?.kind === 'quoted') return this.readText(token.text);
      return false;
    }
    if (mention.tables.length + mention.columns.length + mention.values.length === 0) {
      this.at = mention.end;
      return true;
    }
    const dates = mention.columns.filter(({ column, score }) => column.role === 'date' && score >= 0.5);
    const verb = { ...mention, values: [], columns: dates };
    if (
      dates.length > 0 &&
      bestValue(mention) > 0 &&
      this.sketch.selects.length > 0 &&
      this.isVerb(verb) &&
      this.dateFollows(mention.end)
    ) {
      this.at = mention.end;
      this.readVerb(verb);
      return true;
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

  protected noun(mention: Mention): void {
    const before = this.previousWordAt(mention.start);
    const next = this.mentionAt(mention.end);
    const last = this.tokens[mention.end - 1];
    if (!isTable(mention) && this.sketch.selects.length > 0 && this.isVerb(mention)) {
      this.readVerb(mention);
      return;
    }
    if (this.isFlag(mention) && (this.sketch.selects.some((select) => select.fn === 'count') || (next && isTable(next)))) {
      this.flag(mention);
      return;
    }
    const nextColumn =
      next &&
      !this.isVerb(next) &&
      !this.tokens[mention.end - 1]?.comma &&
      bestColumn(next) > 0.5 &&
      bestColumn(next) >= bestValue(next)
        ? next
        : null;
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

  /** "devices installed before 2022", "installed per year": the verb says which column is meant. */
  protected readVerb(mention: Mention): void {
    this.zone = 'where';
    this.verbColumn = mention;
    if (
      /^(per|each|every)$/.test(this.word(mention.end)) ||
      (this.word(mention.end) === 'by' && !this.valueFollows(mention.end + 1))
    )
      return;
    this.pending = mention;
    this.lastColumn = mention;
  }

  protected nameEntity(mention: Mention): void {
    if (this.sketch.entities.at(-1) !== mention) this.sketch.entities.push(mention);
  }

  protected openerBefore(position: number): boolean {
    return (
      OPENERS.some(({ words }) => words.length === 1 && words[0] === this.word(position - 1)) || this.sketch.groups.length > 0
    );
  }

  /** "the name and release year of the song": the columns song_name and song_release_year. */
  protected composes(mention: Mention): boolean {
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

  /** Columns before "of the singer" belong to it. */
  protected attachOwner(owner: Mention): void {
    if (!/^(of|for)$/.test(this.previousWordAt(owner.start))) return;
    for (const select of this.sketch.selects)
      if (!select.owner && select.mention && select.mention !== owner && bestTable(select.mention) < 0.99) select.owner = owner;
  }

  protected whereNoun(mention: Mention): void {
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
    if (this.isFlag(mention)) {
      this.flag(mention);
      return;
    }
    this.pending = mention;
    this.lastColumn = mention;
  }
}
