-- The third belt. quarry_tenant (made by lib/db/tenant-role.ts before migrations run) sees and writes only rows of the
-- organisation in quarry.organization_id, and none when that is not set. The login that migrates sees everything: it is what
-- systemDb() uses. FORCE makes the policies bind the owner of the tables too.
GRANT USAGE ON SCHEMA public TO quarry_tenant;

DO $$
DECLARE
  name text;
BEGIN
  FOREACH name IN ARRAY ARRAY[
    'memberships', 'environments', 'access_tokens', 'roles', 'role_permissions', 'organization_keys', 'data_sources',
    'credentials', 'schema_versions', 'table_descriptions', 'policies', 'conversations', 'messages', 'snapshots',
    'saved_questions', 'websites', 'website_versions', 'agent_versions', 'model_providers', 'articles', 'workflows',
    'workflow_events', 'alerts', 'alert_events', 'audit_events', 'query_runs', 'metrics'
  ] LOOP
    EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', name);
    EXECUTE format('ALTER TABLE %I FORCE ROW LEVEL SECURITY', name);
    EXECUTE format('CREATE POLICY system ON %I TO CURRENT_USER USING (true) WITH CHECK (true)', name);
    EXECUTE format(
      'CREATE POLICY tenant ON %I TO quarry_tenant '
      'USING ("organizationId" = quarry_organization_id()) WITH CHECK ("organizationId" = quarry_organization_id())', name);
    EXECUTE format('GRANT SELECT, INSERT, UPDATE, DELETE ON %I TO quarry_tenant', name);
  END LOOP;
END
$$;

-- Append-only.
REVOKE UPDATE, DELETE ON audit_events FROM quarry_tenant;

-- An organisation may read its own row.
ALTER TABLE organizations ENABLE ROW LEVEL SECURITY;
ALTER TABLE organizations FORCE ROW LEVEL SECURITY;
CREATE POLICY system ON organizations TO CURRENT_USER USING (true) WITH CHECK (true);
CREATE POLICY tenant ON organizations FOR SELECT TO quarry_tenant USING (id = quarry_organization_id());
GRANT SELECT ON organizations TO quarry_tenant;

-- Of people, it may read its members, and never a password hash.
ALTER TABLE users ENABLE ROW LEVEL SECURITY;
ALTER TABLE users FORCE ROW LEVEL SECURITY;
CREATE POLICY system ON users TO CURRENT_USER USING (true) WITH CHECK (true);
CREATE POLICY tenant ON users FOR SELECT TO quarry_tenant
  USING (EXISTS (SELECT FROM memberships WHERE "userId" = users.id AND "organizationId" = quarry_organization_id()));
GRANT SELECT (id, email, name, active, "createdAt", "updatedAt", "lastSignInAt") ON users TO quarry_tenant;

-- Sessions belong to people: tenants have no right to them at all.
ALTER TABLE sessions ENABLE ROW LEVEL SECURITY;
ALTER TABLE sessions FORCE ROW LEVEL SECURITY;
CREATE POLICY system ON sessions TO CURRENT_USER USING (true) WITH CHECK (true);

-- One key for new secrets per organisation, however many first uses happen at once. Prisma's schema can't say this.
CREATE UNIQUE INDEX organization_keys_current ON organization_keys ("organizationId") WHERE "retiredAt" IS NULL;
