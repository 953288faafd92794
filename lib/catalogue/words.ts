/** Identifiers as words: "OrderItems", "order_items" and "tbl_order_item" all speak of order items. */

/** Lower-case words of an identifier, split at case changes, digits' borders kept, underscores and other signs. */
export function identifierWords(name: string): string[] {
  const words = name
    .replace(/([\p{Ll}\d])(\p{Lu})/gu, '$1 $2')
    .replace(/(\p{Lu}+)(\p{Lu}\p{Ll})/gu, '$1 $2')
    .toLowerCase()
    .split(/[^\p{L}\p{N}]+/u)
    .filter(Boolean);
  return words.length > 1 && ['tbl', 'tb', 't'].includes(words[0] ?? '') ? words.slice(1) : words;
}

const IRREGULAR: Record<string, string> = {
  people: 'person',
  men: 'man',
  women: 'woman',
  children: 'child',
  data: 'data',
  media: 'media',
  news: 'news',
  series: 'series',
  status: 'status',
  address: 'address',
  bus: 'bus',
  campus: 'campus',
  analyses: 'analysis',
  indices: 'index',
  movies: 'movie',
  cookies: 'cookie',
  ties: 'tie',
};

/** Singular of an English noun as table names use it; a word that is singular already stays. */
export function singular(word: string): string {
  const known = IRREGULAR[word];
  if (known) return known;
  if (/[^aeiou]ies$/.test(word)) return `${word.slice(0, -3)}y`;
  if (/(ss|x|z|ch|sh|us)es$/.test(word)) return word.slice(0, -2);
  if (/(ss|us|is)$/.test(word)) return word;
  if (/s$/.test(word) && word.length > 2) return word.slice(0, -1);
  return word;
}

/** Plural for a sentence. */
function plural(word: string): string {
  if (singular(word) !== word || /(data|media|news|series)$/.test(word)) return word;
  if (word === 'person') return 'people';
  if (/[^aeiou]y$/.test(word)) return `${word.slice(0, -1)}ies`;
  if (/(s|x|z|ch|sh)$/.test(word)) return `${word}es`;
  return `${word}s`;
}

/** Words with the last one in singular: what one row is. */
export function singularPhrase(words: string[]): string {
  return [...words.slice(0, -1), singular(words.at(-1) ?? '')].join(' ');
}

export function pluralPhrase(words: string[]): string {
  return [...words.slice(0, -1), plural(words.at(-1) ?? '')].join(' ');
}
