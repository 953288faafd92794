import type { SampleValue } from './definition';
import { dayBefore, momentBefore, money, monthOf, weekdayOf } from './moments';
import { at, Draw, weighted } from './random';
import { type Customer, DAYS, type Product } from './storefront-range';
import { CATEGORIES, RETURN_REASONS } from './storefront-words';

type Rows = SampleValue[][];

const ORDERS = 50_000;

/** How many orders a day draws: growth over the years, a rush before Christmas, quieter weekends. */
function dayWeights() {
  const season = [80, 76, 88, 92, 96, 94, 84, 82, 95, 104, 148, 171];
  const days = Array.from({ length: DAYS }, (_, daysAgo) => {
    const growth = 100 + Math.floor(((DAYS - daysAgo) * 60) / DAYS);
    const weekday = weekdayOf(daysAgo);
    return [daysAgo, growth * at(season, monthOf(daysAgo) - 1) * (weekday === 0 || weekday === 6 ? 82 : 100)] as const;
  });
  return weighted(days);
}

interface Basket {
  items: { product: Product; quantity: number; price: number; discount: number }[];
  /** Whole cents, without shipping. */
  sum: number;
}

function fillBasket(draw: Draw, demand: ReturnType<typeof weighted<Product>>, daysAgo: number): Basket {
  const items: Basket['items'] = [];
  const count = draw.weighted(BASKET_SIZES);
  while (items.length < count) {
    const product = draw.weighted(demand);
    if (items.some((item) => item.product.id === product.id)) continue;
    // Prices have risen by three percent a year.
    const price = Math.floor((product.price * (100 - 3 * Math.floor(daysAgo / 365))) / 100);
    items.push({
      product,
      quantity: draw.weighted(QUANTITIES),
      price,
      discount: draw.chance(0.17) ? draw.pick([5, 10, 10, 15, 20, 30]) : 0,
    });
  }
  const sum = items.reduce((total, item) => total + lineTotal(item), 0);
  return { items, sum };
}

const BASKET_SIZES = weighted([
  [1, 42],
  [2, 28],
  [3, 16],
  [4, 8],
  [5, 4],
  [6, 2],
] as const);
const QUANTITIES = weighted([
  [1, 78],
  [2, 15],
  [3, 5],
  [4, 2],
] as const);

const lineTotal = (item: { quantity: number; price: number; discount: number }) =>
  Math.round((item.price * item.quantity * (100 - item.discount)) / 100);

function orderStatus(draw: Draw, daysAgo: number): string {
  if (draw.chance(0.036)) return 'cancelled';
  if (daysAgo < 2) return draw.chance(0.8) ? 'processing' : 'pending';
  if (daysAgo < 6) return draw.chance(0.7) ? 'shipped' : 'delivered';
  return 'delivered';
}

interface Sales {
  orders: Rows;
  items: Rows;
  payments: Rows;
  returns: Rows;
}

/** Three years of orders, with what belongs to them. */
export function sales(buyers: readonly Customer[], range: readonly Product[]): Sales {
  const draw = new Draw('storefront.sales');
  const days = dayWeights();
  const moments = Array.from({ length: ORDERS }, () => draw.weighted(days)).sort((a, b) => b - a);
  // A few customers and products make most of the trade (Zipf's law, flattened).
  const loyal = weighted(buyers.map((buyer, index) => [{ buyer, id: index + 1 }, 1 / (4 + ((index * 7919) % 997))] as const));
  const demand = weighted(
    range.map(
      (product, index) => [product, at(CATEGORIES, index % CATEGORIES.length).weight / (3 + ((index * 31) % 101))] as const,
    ),
  );
  const made: Sales = { orders: [], items: [], payments: [], returns: [] };
  moments.forEach((daysAgo, index) => {
    let who = draw.weighted(loyal);
    for (let tries = 0; who.buyer.since < daysAgo && tries < 40; tries++) who = draw.weighted(loyal);
    // Someone who isn't a customer yet at that day orders on the day of joining.
    addOrder(
      made,
      draw,
      {
        id: index + 1,
        daysAgo: Math.min(daysAgo, who.buyer.since),
        customerId: who.id,
        city: who.buyer.city,
        country: who.buyer.country,
      },
      demand,
    );
  });
  return made;
}

interface Order {
  id: number;
  daysAgo: number;
  customerId: number;
  city: string;
  country: string;
}

function addOrder(made: Sales, draw: Draw, order: Order, demand: ReturnType<typeof weighted<Product>>): void {
  const { id, daysAgo } = order;
  const basket = fillBasket(draw, demand, daysAgo);
  const status = orderStatus(draw, daysAgo);
  const second = draw.between(6 * 3600, 86_399);
  const shipping = basket.sum >= 6_000 ? 0 : order.country === 'Japan' ? 1_490 : 490;
  const sent = status === 'shipped' || status === 'delivered' ? daysAgo - draw.between(0, Math.min(2, daysAgo)) : null;
  const arrived = status === 'delivered' && sent !== null ? Math.max(0, sent - draw.between(1, 5)) : null;
  made.orders.push([
    id,
    order.customerId,
    momentBefore(daysAgo, second),
    status,
    draw.weighted(CHANNELS),
    order.country,
    order.city,
    money(shipping),
    money(basket.sum + shipping),
    sent === null ? null : dayBefore(sent),
    arrived === null ? null : dayBefore(arrived),
  ]);
  addPayment(made, draw, { id, status, total: basket.sum + shipping, daysAgo, second });
  for (const item of basket.items) {
    const itemId = made.items.length + 1;
    made.items.push([itemId, id, item.product.id, item.quantity, money(item.price), item.discount]);
    if (arrived !== null && arrived > 2 && draw.next() * 100 < item.product.returned)
      addReturn(made, draw, itemId, item, arrived);
  }
}

const CHANNELS = weighted([
  ['web', 57],
  ['mobile app', 34],
  ['phone', 5],
  ['marketplace', 4],
] as const);
const METHODS = weighted([
  ['card', 58],
  ['PayPal', 23],
  ['bank transfer', 11],
  ['gift card', 3],
  ['invoice', 5],
] as const);
const REASONS = weighted(RETURN_REASONS);

function addPayment(
  made: Sales,
  draw: Draw,
  order: { id: number; status: string; total: number; daysAgo: number; second: number },
): void {
  const method = draw.weighted(METHODS);
  const add = (status: string, amount: number, daysAgo: number | null) =>
    made.payments.push([
      made.payments.length + 1,
      order.id,
      method,
      money(amount),
      status,
      daysAgo === null ? null : momentBefore(daysAgo, order.second + 60),
    ]);
  if (order.status === 'pending') return void add('pending', order.total, null);
  if (draw.chance(0.021)) add('failed', order.total, null);
  if (order.status === 'cancelled') return void (draw.chance(0.5) && add('refunded', order.total, order.daysAgo));
  add(
    'paid',
    order.total,
    method === 'invoice' || method === 'bank transfer' ? Math.max(0, order.daysAgo - draw.between(1, 14)) : order.daysAgo,
  );
}

function addReturn(made: Sales, draw: Draw, itemId: number, item: Basket['items'][number], arrived: number): void {
  const quantity = item.quantity > 1 && draw.chance(0.6) ? 1 : item.quantity;
  const asked = Math.max(0, arrived - draw.between(1, 21));
  const status = asked < 6 ? 'requested' : draw.chance(0.94) ? 'refunded' : 'rejected';
  const refund = lineTotal({ ...item, quantity });
  made.returns.push([
    made.returns.length + 1,
    itemId,
    quantity,
    draw.weighted(REASONS),
    status,
    status === 'refunded' ? money(refund) : null,
    dayBefore(asked),
  ]);
}
