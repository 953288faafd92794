/**
 * Owns what a catalogue means apart from any server: its fingerprint, its versions in the builder database, the difference between
 * two, descriptions of tables, and references that nobody declared. Apart from recording versions it is pure.
 * Stands below lib/sources (which records the first version) and lib/schema (which keeps schemas fresh).
 */
export { type TableAnswer, tableAnswers } from './answer';
export { describeTable } from './describe';
export { type CatalogueDiff, diffCatalogues } from './diff';
export { fingerprintTable } from './fingerprint';
export { withInferredForeignKeys } from './infer-foreign-keys';
export {
  type RecordedSchema,
  raiseSchemaRevision,
  readDescriptions,
  recordSchemaVersion,
  type TableDescriptions,
} from './record';
export { tableKey } from './table-key';
