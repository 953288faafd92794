/**
 * Which models belong to an organisation, with their tables and relations. `children` are lists of rows which refer to this row
 * and may be created with it; `parents` are rows which it refers to (set their id fields, not the relation). The schema test
 * compares this table with prisma/schema.prisma.
 */
export const TENANT_MODELS = {
  Membership: { table: 'memberships', parents: ['organization', 'user', 'environment', 'dataSource'], children: {} },
  Environment: {
    table: 'environments',
    parents: ['organization'],
    children: {
      dataSources: 'DataSource',
      memberships: 'Membership',
      conversations: 'Conversation',
      articles: 'Article',
      savedQuestions: 'SavedQuestion',
      websites: 'Website',
    },
  },
  AccessToken: { table: 'access_tokens', parents: ['organization', 'user'], children: {} },
  Role: { table: 'roles', parents: ['organization'], children: { permissions: 'RolePermission' } },
  RolePermission: { table: 'role_permissions', parents: ['organization', 'role'], children: {} },
  OrganizationKey: { table: 'organization_keys', parents: ['organization'], children: {} },
  DataSource: {
    table: 'data_sources',
    parents: ['organization', 'environment'],
    children: {
      credentials: 'Credential',
      schemaVersions: 'SchemaVersion',
      descriptions: 'TableDescription',
      memberships: 'Membership',
      conversations: 'Conversation',
      savedQuestions: 'SavedQuestion',
      policies: 'Policy',
      queryRuns: 'QueryRun',
    },
  },
  Credential: { table: 'credentials', parents: ['organization', 'dataSource'], children: {} },
  SchemaVersion: { table: 'schema_versions', parents: ['organization', 'dataSource'], children: {} },
  TableDescription: { table: 'table_descriptions', parents: ['organization', 'dataSource'], children: {} },
  Policy: { table: 'policies', parents: ['organization', 'dataSource'], children: {} },
  Conversation: {
    table: 'conversations',
    parents: ['organization', 'environment', 'dataSource'],
    children: { messages: 'Message', websites: 'Website' },
  },
  Message: { table: 'messages', parents: ['organization', 'conversation'], children: { snapshots: 'Snapshot' } },
  Snapshot: { table: 'snapshots', parents: ['organization', 'message'], children: {} },
  SavedQuestion: { table: 'saved_questions', parents: ['organization', 'environment', 'dataSource'], children: {} },
  Website: {
    table: 'websites',
    parents: ['organization', 'environment', 'conversation'],
    children: { versions: 'WebsiteVersion' },
  },
  WebsiteVersion: { table: 'website_versions', parents: ['organization', 'website'], children: {} },
  AgentVersion: { table: 'agent_versions', parents: ['organization'], children: {} },
  ModelProvider: { table: 'model_providers', parents: ['organization'], children: {} },
  Article: { table: 'articles', parents: ['organization', 'environment'], children: {} },
  Workflow: { table: 'workflows', parents: ['organization'], children: { events: 'WorkflowEvent' } },
  WorkflowEvent: { table: 'workflow_events', parents: ['organization', 'workflow'], children: {} },
  Alert: { table: 'alerts', parents: ['organization'], children: { events: 'AlertEvent' } },
  AlertEvent: { table: 'alert_events', parents: ['organization', 'alert'], children: {} },
  AuditEvent: { table: 'audit_events', parents: ['organization'], children: {} },
  QueryRun: { table: 'query_runs', parents: ['organization', 'dataSource'], children: {} },
  Metric: { table: 'metrics', parents: ['organization'], children: {} },
} as const satisfies Record<string, { table: string; parents: readonly string[]; children: Record<string, string> }>;

export type TenantModel = keyof typeof TENANT_MODELS;
