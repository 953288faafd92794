/** The grammar of questions: one pass over the tokens, each construct consuming the words that it understands. */
import { AGGREGATE_PHRASES, ASIDE, COUNT_PHRASES, OPENERS } from './phrases';
import { OrderReader } from './read-orders';
import type { Sketch } from './sketch';

export class Reader extends OrderReader {
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

  protected step(): void {
    const constructs = [
      this.readOpener,
      this.readOrder,
      this.readTop,
      this.readBetween,
      this.readComparison,
      this.readMode,
      this.readSales,
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

  protected newSentence(): void {
    this.flushPending();
    this.sentence++;
    this.zone = 'select';
    this.negated = false;
    this.either = false;
    this.both = false;
    this.target = this.sketch.filters;
  }
}
