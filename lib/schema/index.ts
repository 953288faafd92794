/**
 * Owns the schema of each source as the rest of Quarry sees it: read through memory, Redis, the builder database and the source itself,
 * with its versions, what a change breaks, its descriptions and the tables that were chosen. Promises: never older than
 * settings().cacheSchemaTtlMs unless the source can't be reached; a change that one instance has seen is seen by all with their next
 * request; the layer that answered is named truthfully; however many ask at once, the source is read once.
 */
export { type TableAnswer, tableKey } from '../catalogue';
export { type SchemaStats, schemaStats } from './counters';
export { keepModelDescriptions, setDescription, tablesToDescribe } from './descriptions';
export { getSchema, invalidateSchema, refreshSchema } from './get-schema';
export { nearestNames } from './nearest-names';
export { readSchema } from './read-schema';
export { recheckSchema } from './recheck';
export { diffSchemaVersions, listSchemaVersions, type SchemaDiff, type SchemaVersionSummary } from './versions';
export type { SchemaAnswer, SchemaView } from './view';
export { preloadSchemas, warmSchemas } from './warm-schemas';
