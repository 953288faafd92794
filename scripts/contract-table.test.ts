import { expect, it } from 'vitest';
import { contractTable } from './contract-table.mjs';

const result = (titles: string[], status = 'passed') => ({
  ancestorTitles: titles.slice(0, -1),
  title: titles.at(-1) ?? '',
  status,
});
const report = (...results: ReturnType<typeof result>[]) => ({ testResults: [{ assertionResults: results }] });
const A = 'Alpha: the adapter contract';
const B = 'Beta: the adapter contract';

it('has a row per behaviour, a column per engine, counts, and the reasons of what is not offered', () => {
  const table = contractTable(
    report(
      result([A, 'values', 'every literal', '1']),
      result([A, 'values', 'every literal', 'x | y'], 'failed'),
      result([A, 'server', 'takes a password']),
      result([B, 'values', 'every literal', '1']),
      result([B, 'server', 'takes a password [not offered: Beta is a file.]']),
      result(['something else', 'is not in it']),
    ),
  );
  expect(table.split('\n')).toEqual([
    '| Behaviour | Alpha | Beta |',
    '| --- | --- | --- |',
    '| values: every literal | 1 passed, **1 failed** | 1 passed |',
    '| server: takes a password | 1 passed | not offered [1] |',
    '| All cases | 2 passed, **1 failed** | 1 passed |',
    '',
    '[1] Beta: Beta is a file.',
  ]);
});

it('shows what did not run', () => {
  const table = contractTable(report(result([A, 'a', 'b'], 'skipped'), result([B, 'a', 'c'])));
  expect(table).toContain('| a: b | **1 skipped** | **missing** |');
});

it('is empty when no suite ran', () => {
  expect(contractTable(report(result(['else', 'x'])))).toBe('');
});
