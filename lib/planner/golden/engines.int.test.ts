/** The golden questions on every engine: the same plan must give the same rows, whether it became SQL or a pipeline. */
import { afterAll, describe, expect, it } from 'vitest';
import { SAMPLES } from '../../sources/samples';
import { INSTALLERS, openCopy } from './engine-copies.fixture';
import { type GoldenQuestion, judgeAll, openSample, type Verdict } from './golden.fixture';
import { NETWORK } from './network-questions';
import { STOREFRONT } from './storefront-questions';

/** What lies in the documents of orders in one of the copies. */
const ABOUT_ITEMS = STOREFRONT.filter(({ sql }) => sql?.includes('order_items'));

/** Least that is answered right and most that is answered wrong. Returns can't point to items that lie in orders, so two more are declined. */
const FLOORS: [engine: string, sample: string, questions: readonly GoldenQuestion[], correct: number, wrong: number][] = [
  ['PostgreSQL', 'storefront', STOREFRONT, 114, 2],
  ['PostgreSQL', 'network', NETWORK, 62, 0],
  ['MariaDB', 'storefront', STOREFRONT, 114, 2],
  ['MariaDB', 'network', NETWORK, 62, 0],
  ['MongoDB', 'storefront', STOREFRONT, 114, 2],
  ['MongoDB', 'network', NETWORK, 62, 0],
  ['MongoDB with embedded items', 'storefront', ABOUT_ITEMS, 13, 0],
];

const report: Record<string, Record<Verdict, number>> = {};

describe('golden questions on every engine', () => {
  afterAll(() => console.table(report));

  it.each(FLOORS)('%s answers those of the %s sample', { timeout: 400_000 }, async (engine, name, questions, correct, wrong) => {
    const definition = SAMPLES.find((sample) => sample.name === name);
    const install = INSTALLERS[engine];
    if (!definition || !install) throw new Error(`No copy of ${name} on ${engine}.`);
    const reference = openSample(definition);
    const copy = await openCopy(await install(definition));
    try {
      const verdicts = await judgeAll(copy, questions, reference);
      report[`${engine}, ${name}`] = {
        correct: verdicts.correct.length,
        wrong: verdicts.wrong.length,
        declined: verdicts.declined.length,
      };
      expect(verdicts.wrong.length, verdicts.wrong.join('\n')).toBeLessThanOrEqual(wrong);
      expect(verdicts.correct.length, [...verdicts.wrong, ...verdicts.declined].join('\n')).toBeGreaterThanOrEqual(correct);
    } finally {
      await copy.close();
      reference.close();
    }
  });
});
