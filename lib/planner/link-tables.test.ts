import { describe, expect, it } from 'vitest';
import type { Catalogue, CatalogueTable } from '../adapters/contract';
import { linkTables, planQuestion } from './index';
import { openStorefront } from './storefront.fixture';
import { buildValueIndex } from './value-index';

const DOMAINS = ['sales', 'billing', 'hr', 'support', 'logistics', 'marketing', 'finance', 'inventory', 'legal', 'travel'];
const NOUNS = [
  'invoice',
  'shipment',
  'employee',
  'ticket',
  'campaign',
  'contract',
  'warehouse',
  'vendor',
  'booking',
  'budget',
  'expense',
  'audit',
  'meeting',
  'project',
  'asset',
  'license',
  'refund',
  'quote',
  'lead',
  'forecast',
];

/** Domain_noun tables, each with a key to the next noun of its domain. */
function synthetic(count: number): Catalogue {
  const tables: CatalogueTable[] = [];
  for (let at = 0; at < count; at++) {
    const domain = DOMAINS[Math.floor(at / NOUNS.length) % DOMAINS.length] ?? 'other';
    const noun = NOUNS[at % NOUNS.length] ?? 'thing';
    const suffix = at >= DOMAINS.length * NOUNS.length ? `_${Math.floor(at / (DOMAINS.length * NOUNS.length))}` : '';
    const previous = tables.at(-1);
    const linked = at % NOUNS.length > 0 && previous;
    tables.push({
      name: `${domain}_${noun}s${suffix}`,
      kind: 'table',
      rowEstimate: 100,
      columns: ['id', 'name', `${noun}_status`, 'amount', 'created_at', ...(linked ? ['previous_id'] : [])].map((name) => ({
        name,
        type: name.endsWith('id') ? 'integer' : name === 'amount' ? 'decimal' : name === 'created_at' ? 'timestamp' : 'text',
        nativeType: 'x',
        nullable: true,
      })),
      primaryKey: ['id'],
      foreignKeys: linked
        ? [{ columns: ['previous_id'], referencedTable: { name: linked.name }, referencedColumns: ['id'] }]
        : [],
      uniqueKeys: [],
      indexes: [],
    });
  }
  return { tables };
}

const TEMPLATES: ((words: string) => string)[] = [
  (words) => `How many ${words} were created last year?`,
  (words) => `What is the total amount of ${words} per month?`,
  (words) => `Which ${words} have the highest amount?`,
  (words) => `list the names of all ${words}`,
];

describe('[D8] linking on many tables', () => {
  it.each([200, 1_000])('finds nearly all needed tables of %i among five', (count) => {
    const catalogue = synthetic(count);
    // Two hundred questions, spread over the tables.
    const step = count / 200;
    let needed = 0;
    let found = 0;
    catalogue.tables.forEach((table, at) => {
      if (at % step !== 0) return;
      const asked = at / step;
      const template = TEMPLATES[asked % TEMPLATES.length];
      if (!template) return;
      const wanted = [table];
      let question = template(table.name.replaceAll('_', ' '));
      const other = catalogue.tables[at + 1];
      if (asked % 3 === 0 && other) {
        question = `How many ${table.name.replaceAll('_', ' ')} are there for each of the ${other.name.replaceAll('_', ' ')}?`;
        wanted.push(other);
      }
      const linked = linkTables(question, catalogue, { max: 5 });
      needed += wanted.length;
      found += wanted.filter((entry) => linked.tables.includes(entry)).length;
      expect(Object.keys(linked.scores).length).toBeLessThanOrEqual(5);
    });
    console.log(
      `linking: ${found} of ${needed} needed tables of ${count} are among five (${((100 * found) / needed).toFixed(1)} %)`,
    );
    expect(found / needed).toBeGreaterThanOrEqual(0.95);
  });

  it('never plans a name that the catalogue does not have', () => {
    const catalogue = synthetic(60);
    const shop = openStorefront();
    const names = new Set(catalogue.tables.map((table) => table.name));
    let answered = 0;
    for (const [at, table] of catalogue.tables.entries()) {
      const question = TEMPLATES[at % TEMPLATES.length]?.(table.name.replaceAll('_', ' ')) ?? '';
      const outcome = planQuestion({
        question,
        catalogue,
        dialect: shop.dialect,
        values: buildValueIndex([]),
        now: new Date('2024-05-20'),
      });
      if (outcome.kind !== 'answer') continue;
      answered++;
      expect(outcome.planned.tables.every((name) => names.has(name))).toBe(true);
      expect(outcome.planned.tables).toContain(table.name);
    }
    shop.close();
    expect(answered).toBeGreaterThan(50);
  });
});
