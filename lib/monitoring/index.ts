/** Owns what tells whether the installation is well. Promises texts without hosts, secrets or a driver's own words. */
export { type Check, checkReadiness, type Readiness } from './readiness';
