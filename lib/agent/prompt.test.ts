import { describe, expect, it } from 'vitest';
import type { Catalogue, CatalogueTable } from '../adapters/contract';
import { getAdapter } from '../adapters/registry';
import { linkTables } from '../planner';
import { chooseTier } from './choose-model';
import { buildPrompt, buildRetryPrompt, type PromptInput } from './prompt';

const SUBJECTS = [
  'customer',
  'order',
  'invoice',
  'shipment',
  'warehouse',
  'supplier',
  'employee',
  'payment',
  'refund',
  'campaign',
];
const PARTS = ['', '_item', '_note', '_status', '_history'];

/** 51 tables: ten subjects in five parts, and one with 200 columns. */
function wideCatalogue(): Catalogue {
  const tables: CatalogueTable[] = SUBJECTS.flatMap((subject) =>
    PARTS.map((part) => makeTable(`${subject}${part}`, ['id', `${subject}_id`, 'name', 'created_at', 'amount', 'country'])),
  );
  tables.push(
    makeTable(
      'archive',
      Array.from({ length: 200 }, (_, index) => `field_${index}`),
    ),
  );
  return { tables };
}

function makeTable(name: string, columns: string[]): CatalogueTable {
  return {
    name,
    kind: 'table',
    comment: `Everything about ${name.replaceAll('_', ' ')}`,
    rowEstimate: 1000,
    columns: columns.map((column) => ({
      name: column,
      type: 'text',
      nativeType: 'text',
      nullable: true,
      comment: `the ${column} of it`,
    })),
    primaryKey: columns.includes('id') ? ['id'] : [],
    foreignKeys: [],
    uniqueKeys: [],
    indexes: [],
  };
}

function promptInput(overrides: Partial<PromptInput>): PromptInput {
  const catalogue = wideCatalogue();
  const { dialect, manifest } = getAdapter('postgres');
  const question = overrides.question ?? 'How many invoices does each supplier have?';
  return {
    question,
    tables: linkTables(question, catalogue, { max: 5 }).tables,
    catalogue,
    dialect,
    promptNotes: manifest.promptNotes,
    values: () => ['a fairly long sample value', 'another one', 'and a third'],
    history: [],
    today: '2026-11-20',
    contextTokens: 4096,
    ...overrides,
  };
}

describe('buildPrompt [C8]', () => {
  it('fits a 4,096-token model on a 51-table schema with the right tables in it', () => {
    const prompt = buildPrompt(promptInput({}));
    expect(prompt.tokens).toBeLessThanOrEqual(4096 - 1024);
    expect(prompt.tables.map((table) => table.name)).toEqual(expect.arrayContaining(['invoice', 'supplier']));
  });

  it('keeps the budget with 200 long turns, newest kept first', () => {
    const history = Array.from({ length: 200 }, (_, index) => ({
      question: `Question number ${index} about orders and their totals`,
      query: 'SELECT 1 FROM orders'.repeat(4),
    }));
    const prompt = buildPrompt(promptInput({ history }));
    expect(prompt.tokens).toBeLessThanOrEqual(4096 - 1024);
    expect(prompt.user).toContain('Question number 199 ');
    expect(prompt.user).not.toContain('Question number 0 ');
  });

  it('keeps the budget when every table is relevant', () => {
    const catalogue = wideCatalogue();
    const prompt = buildPrompt(promptInput({ catalogue, tables: catalogue.tables }));
    expect(prompt.tokens).toBeLessThanOrEqual(4096 - 1024);
    expect(prompt.tables.length).toBeGreaterThan(5);
  });
});

describe('buildRetryPrompt [C7]', () => {
  it('holds only the tables concerned and costs less than the first prompt', () => {
    const input = promptInput({});
    const first = buildPrompt(input);
    const concerned = input.catalogue.tables.filter((table) => table.name === 'invoice');
    const analysis = {
      kind: 'unknown_column' as const,
      message: 'There is no column "supplier".',
      hints: ['Did you mean invoice.name?'],
      tables: concerned,
    };
    const retry = buildRetryPrompt(input, { query: 'SELECT supplier FROM invoice', analysis });
    expect(retry.tokens).toBeLessThan(first.tokens);
    expect(retry.tables).toEqual(concerned);
    expect(retry.user).toContain('Did you mean invoice.name?');
  });
});

describe('chooseTier [C24]', () => {
  it.each([
    ['list customers', 1, 1, 'fast'],
    ['total amount per country and supplier', 4, 1, 'balanced'],
    ['percentage growth of orders compared with last year per country', 4, 1, 'complex'],
    ['list customers', 1, 3, 'balanced'],
  ])('%s', (question, linkedTables, attempt, tier) => {
    const choice = chooseTier({ question, linkedTables, attempt, strategy: 'adaptive' });
    expect(choice.tier).toBe(tier);
    expect(choice.reason).toMatch(/\.$/);
  });
  it('stays with the balanced model when the strategy is fixed', () => {
    expect(chooseTier({ question: 'list', linkedTables: 1, attempt: 1, strategy: 'fixed' }).tier).toBe('balanced');
  });
});
