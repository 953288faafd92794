/**
 * Owns data sources: connecting, testing, changing and removing them, their credentials, and the registry of connection pools.
 * Promises: a failed test saves nothing; secrets go into the vault and never come back; a foreign or malformed id is "not found";
 * one pool per organisation, environment, source and credential version; changing a credential never breaks a running query.
 */
export { type CacheRule, type CacheRules, cacheRules, cacheSettingsOf, storedOrganizationCache } from './cache-rules';
export { checkPools, checkSource } from './check-pools';
export { clearSourceCache } from './clear-cache';
export { type CreatedSource, createSource } from './create-source';
export { deleteSource } from './delete-source';
export { type ConnectionForm, describeConnection } from './describe-connection';
export { getSource, listSources } from './list-sources';
export { checkServer } from './network-guard';
export { openSource } from './open-source';
export { drainPools, poolInstance, poolStats, sweepPools } from './pools';
export { addSampleSources } from './samples/add-sample-sources';
export { moveSampleSources } from './samples/move-sample-sources';
export { listSourceTypes, type SourceType } from './source-types';
export { testSource } from './test-source';
export type { HealthReport, OpenSource, PoolReport, SourceLease, SourceSummary, TestReport } from './types';
export { updateSource } from './update-source';
export { uploadFiles } from './upload-files';
