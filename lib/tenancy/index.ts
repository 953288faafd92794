/**
 * Owns organisations, their environments and members, and the first set-up. Promises that an organisation always has an
 * active owner, that nobody gives away more than they have, and that set-up happens once.
 */
export { addMember, changeMember, listMembers, type Member, removeMember } from './members';
export {
  type Caller,
  contextOfOrganization,
  createEnvironment,
  createOrganization,
  describeCaller,
  type EnvironmentSummary,
  listEnvironments,
  type OrganizationSummary,
} from './organizations';
export { isSetupNeeded, type SetupResult, setUpInstallation } from './set-up';
export {
  clearOrganizationCache,
  getOrganizationSettings,
  type OrganizationSettings,
  updateOrganizationSettings,
} from './settings';
