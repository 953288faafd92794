import type { SampleValue } from './definition';
import { dayBefore, momentBefore, money } from './moments';
import { at, Draw, weighted } from './random';
import { BRANDS, CATEGORIES, COUNTRIES } from './storefront-words';

type Rows = SampleValue[][];

const CUSTOMERS = 10_000;
const PRODUCTS = 420;
/** Three years. */
export const DAYS = 3 * 365;

export interface Customer {
  country: string;
  city: string;
  /** Days before the anchor on which the account was made. */
  since: number;
}

export interface Product {
  id: number;
  /** Whole cents, today. */
  price: number;
  returned: number;
}

export function customers(): { rows: Rows; customers: Customer[] } {
  const draw = new Draw('storefront.customers');
  const countries = weighted(
    COUNTRIES.map((country) => [{ ...country, cities: weighted(country.cities) }, country.weight] as const),
  );
  const made: Customer[] = [];
  const rows: Rows = [];
  for (let id = 1; id <= CUSTOMERS; id++) {
    const country = draw.weighted(countries);
    const city = draw.weighted(country.cities);
    const first = draw.pick(country.firstNames);
    const last = draw.pick(country.lastNames);
    const since = draw.between(0, DAYS + 300);
    made.push({ country: country.name, city, since });
    rows.push([
      id,
      first,
      last,
      `${plain(first)}.${plain(last)}${id}@example.com`,
      draw.chance(0.72) ? `+${draw.between(1, 81)} ${draw.between(100, 999)} ${draw.between(1_000_000, 9_999_999)}` : null,
      country.name,
      city,
      draw.chance(0.14) ? 'business' : 'consumer',
      draw.chance(0.46),
      draw.chance(0.61) ? dayBefore(draw.between(18 * 365, 78 * 365)) : null,
      momentBefore(since, draw.between(0, 86_399)),
    ]);
  }
  return { rows, customers: made };
}

/** Letters that an address may have. */
const plain = (name: string) =>
  name
    .normalize('NFD')
    .toLowerCase()
    .replace(/[^a-z]/g, '');

export function categories(): Rows {
  return CATEGORIES.map(({ name, department }, index) => [index + 1, name, department]);
}

export function products(): { rows: Rows; products: Product[] } {
  const draw = new Draw('storefront.products');
  const made: Product[] = [];
  const rows: Rows = [];
  const names = new Set<string>();
  for (let id = 1; id <= PRODUCTS; id++) {
    const index = (id - 1) % CATEGORIES.length;
    const category = at(CATEGORIES, index);
    let name: string;
    do
      name = `${draw.pick(BRANDS)} ${draw.pick(category.nouns)}${draw.chance(0.5) ? ` ${draw.pick(['Lite', 'Pro', 'Classic', 'Two', 'Eco', 'XL'])}` : ''}`;
    while (names.has(name));
    names.add(name);
    const [low, high] = category.price;
    // Cheap things are more common; prices end in 90 cents.
    const price = Math.floor((low + draw.next() * draw.next() * (high - low)) / 100) * 100 + 90;
    const cost = Math.floor((price * draw.between(42, 71)) / 100);
    made.push({ id, price, returned: category.returned });
    rows.push([
      id,
      index + 1,
      name,
      `${category.name.slice(0, 3).toUpperCase()}-${String(id).padStart(4, '0')}`,
      money(price),
      money(cost),
      draw.chance(0.08) ? 0 : draw.between(3, 900),
      draw.chance(0.86) ? draw.between(28, 50) / 10 : null,
      draw.chance(0.93),
      dayBefore(draw.between(DAYS, DAYS + 900)),
    ]);
  }
  return { rows, products: made };
}
