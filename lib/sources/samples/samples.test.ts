import { describe, expect, it } from 'vitest';
import type { SampleColumn } from './definition';
import { canonicalText, digestSample } from './digest';
import { Draw } from './random';
import { SAMPLES } from './samples';

/** Raise the sample's version together with its digest: installed copies are replaced by version. */
const DIGESTS: Record<string, [version: number, digest: string]> = {
  network: [1, 'eb323665d387d63529b5b1850aa21349509502420fd80a31e535e5bc1e7706a7'],
  storefront: [1, 'ce027b6ba5391b8a6f78d6852d8281d362d9772100ef5c668933009d6dca3f97'],
};

describe.each(SAMPLES.map((sample) => [sample.name, sample] as const))('the %s sample', (name, sample) => {
  const rows = sample.generate();

  it('is the same on every run and machine', () => {
    expect([sample.version, digestSample(sample)]).toEqual(DIGESTS[name]);
  });

  it('has as many rows as promised', () => {
    const total = Object.values(rows).reduce((sum, table) => sum + table.length, 0);
    expect(Object.keys(rows)).toEqual(sample.tables.map((table) => table.name));
    if (name === 'network') {
      expect(sample.tables).toHaveLength(5);
      expect(total).toBeGreaterThanOrEqual(50);
    } else expect(total).toBeGreaterThanOrEqual(200_000);
  });

  it('fits its own definition', () => {
    for (const table of sample.tables) {
      table.columns.forEach((column, index) => {
        const values = (rows[table.name] ?? []).map((row) => row[index] ?? null);
        const present = values.filter((value) => value !== null);
        if (!column.nullable) expect(present.length, `${table.name}.${column.name} is never empty`).toBe(values.length);
        else expect(present.length, `${table.name}.${column.name} is empty at times`).toBeLessThan(values.length);
        if (index === 0 || column.unique)
          expect(new Set(present).size, `${table.name}.${column.name} is unique`).toBe(present.length);
        const odd = present.find((value) => !FORMS[column.type].test(String(value)) || Number.isNaN(value));
        expect(odd, `${table.name}.${column.name} is ${column.type}`).toBeUndefined();
      });
    }
  });

  it('refers only to rows that exist', () => {
    for (const table of sample.tables) {
      table.columns.forEach((column, index) => {
        if (!column.references) return;
        const target = sample.tables.find(({ name: other }) => other === column.references?.table);
        const at = target?.columns.findIndex(({ name: other }) => other === column.references?.column) ?? -1;
        const known = new Set((rows[column.references.table] ?? []).map((row) => row[at]));
        const orphans = (rows[table.name] ?? []).filter((row) => !known.has(row[index] ?? null));
        expect(orphans, `${table.name}.${column.name}`).toEqual([]);
      });
    }
  });
});

const FORMS = {
  integer: /^-?\d+$/,
  decimal: /^-?\d+\.\d{2}$/,
  double: /^-?\d+(\.\d+)?$/,
  text: /^\S.*\S$|^\S$/,
  boolean: /^(true|false)$/,
  date: /^\d{4}-\d{2}-\d{2}$/,
  timestamp: /^\d{4}-\d{2}-\d{2} \d{2}:\d{2}:\d{2}$/,
  inet: /^\d{1,3}(\.\d{1,3}){3}$/,
} as const;

describe('the storefront sample', () => {
  const rows = SAMPLES[1]?.generate() ?? {};
  const column = (table: string, name: string) => {
    const index = SAMPLES[1]?.tables.find((one) => one.name === table)?.columns.findIndex((one) => one.name === name) ?? -1;
    return (rows[table] ?? []).map((row) => row[index] ?? null);
  };

  it('has totals that are the sum of their items and shipping, to the cent', () => {
    const cents = (value: unknown) => Math.round(Number(value) * 100);
    const sums = new Map<unknown, number>();
    for (const [, order, , quantity, price, discount] of rows.order_items ?? []) {
      const line = Math.round((cents(price) * Number(quantity) * (100 - Number(discount))) / 100);
      sums.set(order, (sums.get(order) ?? 0) + line);
    }
    const totals = column('orders', 'total_amount');
    const fees = column('orders', 'shipping_fee');
    const wrong = column('orders', 'id').filter((id, at) => cents(totals[at]) !== (sums.get(id) ?? 0) + cents(fees[at]));
    expect(wrong).toEqual([]);
  });

  it('covers three years and is skewed like real trade', () => {
    const years = new Set(column('orders', 'ordered_at').map((moment) => String(moment).slice(0, 4)));
    expect([...years].sort()).toEqual(['2023', '2024', '2025', '2026']);
    const perCustomer = new Map<unknown, number>();
    for (const id of column('orders', 'customer_id')) perCustomer.set(id, (perCustomer.get(id) ?? 0) + 1);
    const counts = [...perCustomer.values()].sort((a, b) => b - a);
    const top = counts.slice(0, Math.floor(counts.length / 10)).reduce((sum, count) => sum + count, 0);
    expect(top / 50_000).toBeGreaterThan(0.25);
  });

  it('has no order before its customer', () => {
    const made = column('customers', 'created_at');
    const since = new Map(column('customers', 'id').map((id, at) => [id, String(made[at]).slice(0, 10)]));
    const customers = column('orders', 'customer_id');
    const early = column('orders', 'ordered_at').filter(
      (moment, at) => String(moment).slice(0, 10) < String(since.get(customers[at] ?? null)),
    );
    expect(early).toEqual([]);
  });
});

describe('drawing', () => {
  it('repeats for a name, differs between names, and stays in range', () => {
    const take = (name: string) => {
      const draw = new Draw(name);
      return Array.from({ length: 1000 }, () => draw.between(1, 6));
    };
    expect(take('a')).toEqual(take('a'));
    expect(take('a')).not.toEqual(take('b'));
    expect([...new Set(take('a'))].sort()).toEqual([1, 2, 3, 4, 5, 6]);
  });
});

describe('canonical text', () => {
  it('is the same for what two engines answer', () => {
    const price: SampleColumn = { name: 'price', type: 'decimal', precision: [10, 2] };
    expect([canonicalText(price, '12.50'), canonicalText(price, 12.5)]).toEqual(['12.50', '12.50']);
    const flag = { name: 'flag', type: 'boolean' } as const;
    expect([canonicalText(flag, 1), canonicalText(flag, true), canonicalText(flag, 0)]).toEqual(['true', 'true', 'false']);
    expect(canonicalText(flag, null)).toBe('\\N');
  });
});
