import { z } from 'zod';
import { defineTopic } from '../redis';

/** What is known of a source's schema changed: its structure, a description, or that it is known to be out of date. */
export const schemaChanged = defineTopic(
  'schema.changed',
  z.object({ organizationId: z.string(), dataSourceId: z.string(), fingerprint: z.string() }),
);
