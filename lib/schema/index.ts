/**
 * Owns the schema of each source as the rest of Quarry sees it: read through memory, the builder database and the source itself,
 * with its versions and its descriptions. Promises: never older than settings().cacheSchemaTtlMs unless the source can't be reached;
 * the layer that answered is named truthfully; however many ask at once, the source is read once.
 */
export { type TableAnswer, tableKey } from '../catalogue';
export { setDescription } from './descriptions';
export { getSchema, invalidateSchema, refreshSchema } from './get-schema';
export { nearestNames } from './nearest-names';
export { diffSchemaVersions, listSchemaVersions } from './versions';
export { type SchemaAnswer, type SchemaView, schemaAnswer } from './view';
