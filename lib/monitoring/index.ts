/**
 * Owns the figures of an organisation, gathered from the folders that own what is counted. Promises figures of the caller's
 * organisation only, each equal to what its owner reports.
 */
export { type OrganizationStats, organizationStats } from './organization-stats';
