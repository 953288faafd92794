/** Questions over the two samples with rows of SQL that was written by hand: the planner answers exactly, or is silent. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { SAMPLES } from '../../sources/samples';
import { type GoldenQuestion, judgeAll, openSample, type Sample, type Verdict } from './golden.fixture';
import { NETWORK } from './network-questions';
import { STOREFRONT } from './storefront-questions';

const SETS: [name: string, questions: readonly GoldenQuestion[]][] = [
  ['network', NETWORK],
  ['storefront', STOREFRONT],
];

/** Of a hundred. */
const LIMITS = { correct: 90, wrong: 3 };

describe.each(SETS)('questions over the %s sample', (name, questions) => {
  let sample: Sample;
  beforeAll(() => {
    const definition = SAMPLES.find((entry) => entry.name === name);
    if (!definition) throw new Error(`No sample is called ${name}.`);
    sample = openSample(definition);
  });
  afterAll(() => sample.close());

  it('are answered exactly or declined', { timeout: 120_000 }, async () => {
    const verdicts = await judgeAll(sample, questions, sample);
    const share = (verdict: Verdict): number => (100 * verdicts[verdict].length) / questions.length;
    expect(share('wrong'), verdicts.wrong.join('\n')).toBeLessThanOrEqual(LIMITS.wrong);
    expect(share('correct'), verdicts.declined.join('\n')).toBeGreaterThanOrEqual(LIMITS.correct);
  });
});
