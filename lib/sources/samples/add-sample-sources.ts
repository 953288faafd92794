import type { Ctx } from '../../access';
import { QuarryError } from '../../kernel/errors';
import { createSource } from '../create-source';
import { listSources } from '../list-sources';
import type { SourceSummary } from '../types';
import { sampleConnections } from './installed';

/**
 * Connects the sample databases to the organisation's development environment. Those that are there already are left alone, so
 * that it can be repeated.
 * @returns the sources that were added
 * @throws what createSource throws; those added before stay
 */
export async function addSampleSources(ctx: Ctx): Promise<SourceSummary[]> {
  const present = new Set((await listSources(ctx)).filter(({ sample }) => sample).map(({ sample, type }) => `${sample} ${type}`));
  const added: SourceSummary[] = [];
  for (const { sample, type, name, connection } of sampleConnections()) {
    if (present.has(`${sample} ${type}`)) continue;
    try {
      added.push(await createSource(ctx, { name, type, environment: 'development', connection, access: 'read' }, { sample }));
    } catch (error) {
      // Somebody's own source has the name: theirs comes first.
      if (!(error instanceof QuarryError) || error.code !== 'conflict') throw error;
    }
  }
  return added;
}
