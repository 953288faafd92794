import { z } from 'zod';
import { defineTopic, publish, subscribe } from '../redis';
import type { PoolRegistry } from './pool-registry';

/** A source was changed or removed: every process retires the pools that were made before. */
const sourceChanged = defineTopic(
  'source.changed',
  z.object({
    organizationId: z.string(),
    dataSourceId: z.string(),
    /** Of the source's newest state; pools of an older one are out of date. */
    credentialVersion: z.number().int(),
    deleted: z.boolean(),
  }),
);

interface ChangedRow {
  id: string;
  organizationId: string;
  credentialVersion: number;
}

/** Tells every process; who doesn't hear it notices at the source's next use, because the row says so. */
export function announceChange(row: ChangedRow, deleted = false): Promise<void> {
  const { id: dataSourceId, organizationId, credentialVersion } = row;
  return publish(sourceChanged, { organizationId, dataSourceId, credentialVersion, deleted });
}

/** Retires pools on what other processes (and this one) tell. @returns ends it */
export function followChanges(registry: PoolRegistry): () => void {
  return subscribe(sourceChanged, ({ organizationId, dataSourceId, credentialVersion, deleted }) => {
    void registry.removeOlder(organizationId, dataSourceId, deleted ? Number.POSITIVE_INFINITY : credentialVersion);
  });
}
