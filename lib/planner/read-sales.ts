/** Reads what sold best, and how many pieces were sold. */
import { PIECES } from './lexicon';
import { isTable } from './mention';
import { SelectReader } from './read-selects';

/** Rows of "newest customers" or "best selling products", where no number is said. */
export const SEVERAL = 10;

export class SalesReader extends SelectReader {
  /** "best selling products", "which category sells the most", "units sold". */
  protected readSales(): boolean {
    const before = this.numberAt(this.at);
    const first = before === null ? this.at : this.at + 1;
    const [word, next, third] = [this.word(first), this.word(first + 1), this.word(first + 2)];
    const pieces = PIECES.has(word) && /^(sold|bought|purchased)$/.test(next);
    if (pieces) {
      this.select({ at: this.at, fn: 'sum', mention: null, sold: true });
      this.at = first + 2;
      return true;
    }
    const adjective = /^(best|top|most|worst|least)$/.test(word) && /^(selling|sold|bought|purchased)$/.test(next);
    const verb = /^(sell|sells|sold)$/.test(word) && /^(best|most|least|worst)$/.test(next === 'the' ? third : next);
    if (!adjective && !verb) return false;
    const end = adjective ? first + 2 : first + (next === 'the' ? 3 : 2);
    // "sells the most merchandise" counts merchandise
    if (verb && this.mentions.has(this.skip(end))) return false;
    const count = this.numberAt(end);
    const at = count === null ? end : end + 1;
    const noun = adjective ? this.mentionAt(at) : (this.sketch.entities.at(-1) ?? null);
    const several = noun !== null && /s$/i.test(noun.text) && isTable(noun);
    this.sketch.orders.push({
      at: this.at,
      direction: /^(worst|least)$/.test(adjective ? word : next === 'the' ? third : next) ? 'asc' : 'desc',
      mention: null,
      fn: 'sum',
      sold: true,
      shown: adjective,
      limit: before ?? count ?? this.sketch.limit ?? (several ? SEVERAL : 1),
    });
    this.at = at;
    return true;
  }
}
