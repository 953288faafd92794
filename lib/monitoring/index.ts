/**
 * Owns whether the installation is well, and the figures of an organisation, gathered from the folders that own what is counted.
 * Promises figures of the caller's organisation only, each equal to what its owner reports, and texts about health without
 * hosts, secrets or a driver's own words.
 */
export { type OrganizationStats, organizationStats } from './organization-stats';
export { type Check, checkReadiness, type Readiness } from './readiness';
