/**
 * Owns what a catalogue means apart from any server: its fingerprint, its versions in the builder database, the difference between
 * two, descriptions of tables, and references that nobody declared. Apart from recording versions it is pure.
 * Stands below lib/sources (which records the first version) and lib/schema (which keeps schemas fresh).
 */
export { type ColumnAnswer, type TableAnswer, tableAnswers } from './answer';
export { describeTable } from './describe';
export { type CatalogueDiff, type ColumnChange, diffCatalogues, type TableChange } from './diff';
export { fingerprintCatalogue, fingerprintTable } from './fingerprint';
export { type InferredForeignKey, inferForeignKeys, withInferredForeignKeys } from './infer-foreign-keys';
export { type RecordedSchema, readDescriptions, recordSchemaVersion } from './record';
export { tableKey } from './table-key';
