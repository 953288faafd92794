import { expect, it } from 'vitest';
import type { BreakingChange } from './breaking-changes';
import { changesNamedBy } from './policy-uses';

const column: BreakingChange = { table: 'public.people', column: 'salary', what: 'removed', text: 'salary' };
const table: BreakingChange = { table: 'public.people', what: 'removed', text: 'people' };
const type: BreakingChange = { table: 'public.people', column: 'salary', what: 'type', text: 'type' };
const named = (rules: unknown) => changesNamedBy(rules, [column, table, type]).map((change) => change.text);

it('[D6] names the rules that protect nothing any more', () => {
  expect(named({ masks: [{ table: 'people', column: 'salary', kind: 'full' }] })).toEqual(['salary', 'people']);
  expect(named({ rowFilters: [{ table: 'public.people', where: 'salary < 1000' }] })).toEqual(['salary', 'people', 'type']);
  expect(named({ rowFilters: [{ table: 'public.people', where: { region: 'north' } }] })).toEqual(['people']);
  expect(named({ tables: { allow: ['public.people'] } })).toEqual(['people']);
  expect(named({ tables: { block: ['other'] }, masks: [{ table: 'other', column: 'salary' }] })).toEqual([]);
  expect(named('not rules')).toEqual([]);
});
