import type { Ctx } from '../access';
import { suggestQuestions } from '../planner';
import { getSchema } from '../schema';
import { getSource } from '../sources';
import { getValueSamples } from './value-samples';

/** Questions that work on this source, from its schema and real values. @throws QuarryError not_found */
export async function suggestQuestionsFor(ctx: Ctx, dataSourceId: string, count = 6): Promise<string[]> {
  const source = await getSource(ctx, dataSourceId);
  const schema = await getSchema(ctx, source.id);
  const samples = await getValueSamples(ctx, source, schema);
  return suggestQuestions(schema.catalogue, samples.index, count);
}
