/**
 * Permissions and built-in roles, browser-safe. A permission is `noun.verb`; adding one is one line in PERMISSIONS and, where a
 * built-in role should have it, its name in that role's list.
 */
export const PERMISSIONS = {
  'organization.read': 'See the organisation, its environments and its members.',
  'organization.manage': 'Rename the organisation, manage environments and settings.',
  'organization.delete': 'Delete the organisation or hand it over.',
  'member.manage': 'Add, change and remove members and their roles.',
  'token.manage': 'Create and revoke own access tokens.',
  'source.read': 'See data sources (never their secrets).',
  'source.manage': 'Connect, change and remove data sources.',
  'schema.read': 'See tables and columns of a source.',
  'schema.refresh': 'Read a schema again from the source.',
  'schema.describe': 'Edit descriptions of tables and columns.',
  'query.run': 'Run a query on a source.',
  'query.cancel': 'Cancel own queries.',
  'query.manage': 'See and cancel the queries of others.',
  'query.export': 'Export results to a file.',
  'question.ask': 'Ask questions in plain language.',
  'conversation.read': 'Read own conversations.',
  'conversation.write': 'Start, rename and delete own conversations.',
  'model.manage': 'Configure model providers and their keys.',
  'policy.read': 'See the access policy of a source.',
  'policy.manage': 'Change the access policy of a source.',
  'job.read': 'See the jobs and questions of the organisation, how they went and why they failed.',
  'job.manage': 'Ask for jobs again and cancel them.',
  'stats.read': 'See figures of the organisation.',
  'audit.read': 'Read the audit log.',
} as const;

export type Permission = keyof typeof PERMISSIONS;

const ALL = Object.keys(PERMISSIONS) as Permission[];
const VIEWER: Permission[] = ['organization.read', 'source.read', 'schema.read', 'conversation.read'];
const ANALYST: Permission[] = [
  ...VIEWER,
  'token.manage',
  'query.run',
  'query.cancel',
  'query.export',
  'question.ask',
  'conversation.write',
  'stats.read',
];
const BUILDER: Permission[] = [...ANALYST, 'source.manage', 'schema.refresh', 'schema.describe', 'policy.read'];
const ADMIN: Permission[] = ALL.filter((p) => p !== 'organization.delete');

export const ROLES = {
  owner: { label: 'Owner', about: 'Everything, including deleting the organisation.', permissions: ALL },
  admin: { label: 'Admin', about: 'Everything but deleting the organisation.', permissions: ADMIN },
  builder: { label: 'Builder', about: 'Connects sources and builds on them.', permissions: BUILDER },
  analyst: { label: 'Analyst', about: 'Asks, queries and exports.', permissions: ANALYST },
  viewer: { label: 'Viewer', about: 'Sees sources, schemas and what was shared.', permissions: VIEWER },
} as const satisfies Record<string, { label: string; about: string; permissions: Permission[] }>;

export type RoleName = keyof typeof ROLES;
export const ROLE_NAMES = Object.keys(ROLES) as [RoleName, ...RoleName[]];

export function isRoleName(name: string): name is RoleName {
  return Object.hasOwn(ROLES, name);
}
