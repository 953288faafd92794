import { describe, expect, it } from 'vitest';
import { judge } from './cost-gate';

const limits = { maxRows: 10_000_000, maxCost: 50_000 };

describe('[C13] the judgement of a plan', () => {
  it.each([
    [{ estimatedRowsRead: 12_345_678 }, /expects to read about 12 million rows .* more than the 10 million/],
    [{ estimatedRowsRead: 4_200_000_000 }, /about 4\.2 billion rows/],
    [{ estimatedRowsRead: 10, estimatedCost: 60_000 }, /cost about 60,000 of its units, more than the 50,000/],
  ])('%j is too much', (plan, sentence) => {
    expect(judge(plan, limits)).toMatch(sentence);
  });

  it.each([{ estimatedRowsRead: 10_000_000, estimatedCost: 50_000 }, {}])('%j is not', (plan) => {
    expect(judge(plan, limits)).toBeNull();
  });

  it('has nothing to say of costs without a limit for them', () => {
    expect(judge({ estimatedCost: 1e15 }, { maxRows: 1, maxCost: undefined })).toBeNull();
  });
});
