/** Whatever is added to a question, its answer holds it: in a condition, a limit or a group. Otherwise there is no answer. */
import { afterAll, describe, expect, it } from 'vitest';
import { planQuestion } from './index';
import { openStorefront } from './storefront.fixture';

const shop = openStorefront();
const now = new Date('2024-05-20T12:00:00Z');
afterAll(() => shop.close());

const SUBJECTS = [
  'orders',
  'how many customers',
  'list customers',
  'average price of products',
  'total amount of orders',
  'number of orders',
  'which products',
  'oldest customers',
  'reason of returns',
  'quantity of order items',
  'what share of orders',
  'best selling products',
  'revenue',
];
/** What is added, and what must then be in the SQL. */
const ADDITIONS: [words: string, held: RegExp][] = [
  ['from Germany', /Germany/],
  ['in Paris', /Paris/],
  ['with status shipped', /shipped/],
  ['not from France', /France/],
  ['in 2023', /2023/],
  ['last year', /2023-01-01[\s\S]*2024-01-01/],
  ['in March 2023', /2023-03-01[\s\S]*2023-04-01/],
  ['between March and May 2023', /2023-03-01[\s\S]*2023-06-01/],
  ['over 137', /137/],
  ['per country', /GROUP BY|COUNT\(DISTINCT/],
  ['per reason', /GROUP BY|COUNT\(DISTINCT/],
  ['per month', /GROUP BY/],
  ['without returns', /NOT IN|IS NULL/],
  ['of the Robot', /Robot/],
  ['damaged', /damaged/],
];

describe('coverage', () => {
  const pairs = SUBJECTS.flatMap((subject) =>
    ADDITIONS.flatMap((first) => [
      { question: `${subject} ${first[0]}`, held: [first[1]] },
      ...ADDITIONS.filter((second) => second !== first).map((second) => ({
        question: `${subject} ${first[0]} ${second[0]}`,
        held: [first[1], second[1]],
      })),
    ]),
  );

  it(`keeps every part of ${pairs.length} questions or declines`, { timeout: 120_000 }, () => {
    const lost: string[] = [];
    let answered = 0;
    for (const { question, held } of pairs) {
      const outcome = planQuestion({
        question,
        catalogue: shop.catalogue,
        dialect: shop.dialect,
        values: shop.values,
        now,
      });
      if (outcome.kind !== 'answer') continue;
      answered++;
      shop.run(outcome.planned.sql);
      for (const part of held) if (!part.test(outcome.planned.sql)) lost.push(`${question} (${part}): ${outcome.planned.sql}`);
    }
    expect(lost).toEqual([]);
    expect(answered).toBeGreaterThan(200);
  });

  it('says what it did not understand', () => {
    const outcome = planQuestion({
      question: 'price of products per category',
      catalogue: shop.catalogue,
      dialect: shop.dialect,
      values: shop.values,
      now,
    });
    expect(outcome).toMatchObject({ kind: 'decline', reason: expect.stringMatching(/^I understood .*, but not .*per/) });
  });
});
