-- CreateTable
CREATE TABLE "users" (
    "id" UUID NOT NULL,
    "email" TEXT NOT NULL,
    "name" TEXT NOT NULL,
    "passwordHash" TEXT,
    "active" BOOLEAN NOT NULL DEFAULT true,
    "createdAt" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "updatedAt" TIMESTAMPTZ(3) NOT NULL,
    "lastSignInAt" TIMESTAMPTZ(3),

    CONSTRAINT "users_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "organizations" (
    "id" UUID NOT NULL,
    "slug" TEXT NOT NULL,
    "name" TEXT NOT NULL,
    "createdAt" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "updatedAt" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "organizations_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "memberships" (
    "id" UUID NOT NULL,
    "organizationId" UUID NOT NULL DEFAULT quarry_organization_id(),
    "userId" UUID NOT NULL,
    "role" TEXT NOT NULL,
    "environmentId" UUID,
    "dataSourceId" UUID,
    "active" BOOLEAN NOT NULL DEFAULT true,
    "createdAt" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "updatedAt" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "memberships_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "environments" (
    "id" UUID NOT NULL,
    "organizationId" UUID NOT NULL DEFAULT quarry_organization_id(),
    "slug" TEXT NOT NULL,
    "name" TEXT NOT NULL,
    "kind" TEXT NOT NULL,
    "position" INTEGER NOT NULL,
    "createdAt" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "environments_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "sessions" (
    "id" UUID NOT NULL,
    "userId" UUID NOT NULL,
    "createdAt" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "lastAccessedAt" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "expiresAt" TIMESTAMPTZ(3) NOT NULL,
    "revokedAt" TIMESTAMPTZ(3),
    "userAgent" TEXT,

    CONSTRAINT "sessions_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "access_tokens" (
    "id" UUID NOT NULL,
    "organizationId" UUID NOT NULL DEFAULT quarry_organization_id(),
    "userId" UUID NOT NULL,
    "name" TEXT NOT NULL,
    "tokenHash" TEXT NOT NULL,
    "prefix" TEXT NOT NULL,
    "scopes" TEXT[],
    "expiresAt" TIMESTAMPTZ(3),
    "lastUsedAt" TIMESTAMPTZ(3),
    "revokedAt" TIMESTAMPTZ(3),
    "createdAt" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "access_tokens_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "roles" (
    "id" UUID NOT NULL,
    "organizationId" UUID NOT NULL DEFAULT quarry_organization_id(),
    "name" TEXT NOT NULL,
    "label" TEXT NOT NULL,
    "about" TEXT NOT NULL DEFAULT '',
    "createdAt" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "updatedAt" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "roles_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "role_permissions" (
    "id" UUID NOT NULL,
    "organizationId" UUID NOT NULL DEFAULT quarry_organization_id(),
    "roleId" UUID NOT NULL,
    "permission" TEXT NOT NULL,

    CONSTRAINT "role_permissions_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "organization_keys" (
    "id" UUID NOT NULL,
    "organizationId" UUID NOT NULL DEFAULT quarry_organization_id(),
    "kekId" TEXT NOT NULL,
    "wrappedKey" TEXT NOT NULL,
    "createdAt" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "retiredAt" TIMESTAMPTZ(3),

    CONSTRAINT "organization_keys_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "data_sources" (
    "id" UUID NOT NULL,
    "organizationId" UUID NOT NULL DEFAULT quarry_organization_id(),
    "environmentId" UUID NOT NULL,
    "name" TEXT NOT NULL,
    "type" TEXT NOT NULL,
    "access" TEXT NOT NULL DEFAULT 'read',
    "summary" JSONB NOT NULL,
    "poolSettings" JSONB NOT NULL DEFAULT '{}',
    "limits" JSONB NOT NULL DEFAULT '{}',
    "sample" TEXT,
    "credentialVersion" INTEGER NOT NULL DEFAULT 1,
    "createdById" UUID,
    "createdAt" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "updatedAt" TIMESTAMPTZ(3) NOT NULL,
    "deletedAt" TIMESTAMPTZ(3),

    CONSTRAINT "data_sources_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "credentials" (
    "id" UUID NOT NULL,
    "organizationId" UUID NOT NULL DEFAULT quarry_organization_id(),
    "dataSourceId" UUID NOT NULL,
    "version" INTEGER NOT NULL,
    "keyId" UUID NOT NULL,
    "sealed" TEXT NOT NULL,
    "createdAt" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "credentials_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "schema_versions" (
    "id" UUID NOT NULL,
    "organizationId" UUID NOT NULL DEFAULT quarry_organization_id(),
    "dataSourceId" UUID NOT NULL,
    "version" INTEGER NOT NULL,
    "fingerprint" TEXT NOT NULL,
    "catalogue" JSONB NOT NULL,
    "tableCount" INTEGER NOT NULL,
    "fetchedAt" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "createdAt" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "schema_versions_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "table_descriptions" (
    "id" UUID NOT NULL,
    "organizationId" UUID NOT NULL DEFAULT quarry_organization_id(),
    "dataSourceId" UUID NOT NULL,
    "tableName" TEXT NOT NULL,
    "columnName" TEXT NOT NULL DEFAULT '',
    "text" TEXT NOT NULL,
    "origin" TEXT NOT NULL,
    "fingerprint" TEXT NOT NULL,
    "updatedAt" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "table_descriptions_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "policies" (
    "id" UUID NOT NULL,
    "organizationId" UUID NOT NULL DEFAULT quarry_organization_id(),
    "dataSourceId" UUID NOT NULL,
    "rules" JSONB NOT NULL,
    "fingerprint" TEXT NOT NULL,
    "updatedAt" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "policies_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "conversations" (
    "id" UUID NOT NULL,
    "organizationId" UUID NOT NULL DEFAULT quarry_organization_id(),
    "environmentId" UUID,
    "dataSourceId" UUID,
    "userId" UUID NOT NULL,
    "title" TEXT NOT NULL,
    "createdAt" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "updatedAt" TIMESTAMPTZ(3) NOT NULL,
    "deletedAt" TIMESTAMPTZ(3),

    CONSTRAINT "conversations_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "messages" (
    "id" UUID NOT NULL,
    "organizationId" UUID NOT NULL DEFAULT quarry_organization_id(),
    "conversationId" UUID NOT NULL,
    "position" INTEGER NOT NULL,
    "role" TEXT NOT NULL,
    "content" TEXT NOT NULL,
    "status" TEXT NOT NULL DEFAULT 'completed',
    "result" JSONB,
    "attempts" JSONB,
    "model" JSONB,
    "tokens" INTEGER,
    "durationMs" INTEGER,
    "agentVersionId" UUID,
    "supersededAt" TIMESTAMPTZ(3),
    "createdAt" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "messages_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "snapshots" (
    "id" UUID NOT NULL,
    "organizationId" UUID NOT NULL DEFAULT quarry_organization_id(),
    "messageId" UUID NOT NULL,
    "query" TEXT NOT NULL,
    "schemaVersion" INTEGER,
    "chart" JSONB,
    "resultDigest" TEXT,
    "rows" JSONB,
    "appState" JSONB,
    "createdAt" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "snapshots_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "saved_questions" (
    "id" UUID NOT NULL,
    "organizationId" UUID NOT NULL DEFAULT quarry_organization_id(),
    "environmentId" UUID,
    "dataSourceId" UUID NOT NULL,
    "name" TEXT NOT NULL,
    "folder" TEXT NOT NULL DEFAULT '',
    "question" TEXT,
    "query" TEXT NOT NULL,
    "parameters" JSONB NOT NULL DEFAULT '[]',
    "chart" JSONB,
    "approved" BOOLEAN NOT NULL DEFAULT false,
    "createdById" UUID NOT NULL,
    "createdAt" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "updatedAt" TIMESTAMPTZ(3) NOT NULL,
    "deletedAt" TIMESTAMPTZ(3),

    CONSTRAINT "saved_questions_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "websites" (
    "id" UUID NOT NULL,
    "organizationId" UUID NOT NULL DEFAULT quarry_organization_id(),
    "environmentId" UUID,
    "conversationId" UUID,
    "slug" TEXT NOT NULL,
    "name" TEXT NOT NULL,
    "visibility" TEXT NOT NULL DEFAULT 'private',
    "domain" TEXT,
    "publishedAt" TIMESTAMPTZ(3),
    "createdById" UUID NOT NULL,
    "createdAt" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "updatedAt" TIMESTAMPTZ(3) NOT NULL,
    "deletedAt" TIMESTAMPTZ(3),

    CONSTRAINT "websites_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "website_versions" (
    "id" UUID NOT NULL,
    "organizationId" UUID NOT NULL DEFAULT quarry_organization_id(),
    "websiteId" UUID NOT NULL,
    "version" INTEGER NOT NULL,
    "content" JSONB NOT NULL,
    "createdById" UUID NOT NULL,
    "createdAt" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "website_versions_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "agent_versions" (
    "id" UUID NOT NULL,
    "organizationId" UUID NOT NULL DEFAULT quarry_organization_id(),
    "name" TEXT NOT NULL,
    "version" INTEGER NOT NULL,
    "instructions" TEXT NOT NULL DEFAULT '',
    "strategy" JSONB NOT NULL DEFAULT '{}',
    "examples" JSONB NOT NULL DEFAULT '[]',
    "active" BOOLEAN NOT NULL DEFAULT false,
    "createdById" UUID,
    "createdAt" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "agent_versions_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "model_providers" (
    "id" UUID NOT NULL,
    "organizationId" UUID NOT NULL DEFAULT quarry_organization_id(),
    "name" TEXT NOT NULL,
    "kind" TEXT NOT NULL,
    "baseUrl" TEXT NOT NULL,
    "sealedKey" TEXT,
    "keyId" UUID,
    "models" JSONB NOT NULL,
    "contextTokens" INTEGER NOT NULL DEFAULT 16384,
    "position" INTEGER NOT NULL,
    "enabled" BOOLEAN NOT NULL DEFAULT true,
    "createdAt" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "updatedAt" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "model_providers_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "articles" (
    "id" UUID NOT NULL,
    "organizationId" UUID NOT NULL DEFAULT quarry_organization_id(),
    "environmentId" UUID,
    "kind" TEXT NOT NULL DEFAULT 'article',
    "title" TEXT NOT NULL,
    "url" TEXT,
    "content" TEXT NOT NULL,
    "createdById" UUID NOT NULL,
    "createdAt" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "updatedAt" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "articles_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "workflows" (
    "id" UUID NOT NULL,
    "organizationId" UUID NOT NULL DEFAULT quarry_organization_id(),
    "kind" TEXT NOT NULL,
    "status" TEXT NOT NULL DEFAULT 'pending',
    "step" TEXT NOT NULL DEFAULT '',
    "data" JSONB NOT NULL DEFAULT '{}',
    "error" JSONB,
    "runAt" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "startedAt" TIMESTAMPTZ(3),
    "finishedAt" TIMESTAMPTZ(3),
    "createdAt" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "workflows_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "workflow_events" (
    "id" UUID NOT NULL,
    "organizationId" UUID NOT NULL DEFAULT quarry_organization_id(),
    "workflowId" UUID NOT NULL,
    "status" TEXT NOT NULL,
    "step" TEXT NOT NULL,
    "detail" JSONB,
    "at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "workflow_events_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "alerts" (
    "id" UUID NOT NULL,
    "organizationId" UUID NOT NULL DEFAULT quarry_organization_id(),
    "name" TEXT NOT NULL,
    "kind" TEXT NOT NULL,
    "condition" JSONB NOT NULL,
    "channels" JSONB NOT NULL DEFAULT '[]',
    "enabled" BOOLEAN NOT NULL DEFAULT true,
    "snoozedUntil" TIMESTAMPTZ(3),
    "createdAt" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "updatedAt" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "alerts_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "alert_events" (
    "id" UUID NOT NULL,
    "organizationId" UUID NOT NULL DEFAULT quarry_organization_id(),
    "alertId" UUID NOT NULL,
    "detail" JSONB NOT NULL,
    "firedAt" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "clearedAt" TIMESTAMPTZ(3),

    CONSTRAINT "alert_events_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "audit_events" (
    "id" UUID NOT NULL,
    "organizationId" UUID NOT NULL DEFAULT quarry_organization_id(),
    "sequence" BIGINT NOT NULL,
    "at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "actorId" UUID,
    "actorKind" TEXT NOT NULL,
    "action" TEXT NOT NULL,
    "target" TEXT,
    "outcome" TEXT NOT NULL,
    "address" TEXT,
    "detail" JSONB NOT NULL DEFAULT '{}',
    "previousHash" TEXT NOT NULL,
    "hash" TEXT NOT NULL,

    CONSTRAINT "audit_events_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "query_runs" (
    "id" UUID NOT NULL,
    "organizationId" UUID NOT NULL DEFAULT quarry_organization_id(),
    "dataSourceId" UUID NOT NULL,
    "userId" UUID NOT NULL,
    "origin" TEXT NOT NULL,
    "query" TEXT NOT NULL,
    "fingerprint" TEXT NOT NULL,
    "status" TEXT NOT NULL,
    "errorCode" TEXT,
    "rowCount" INTEGER,
    "durationMs" INTEGER NOT NULL,
    "cacheState" TEXT NOT NULL,
    "stages" JSONB NOT NULL,
    "startedAt" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "query_runs_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "metrics" (
    "id" UUID NOT NULL,
    "organizationId" UUID NOT NULL DEFAULT quarry_organization_id(),
    "name" TEXT NOT NULL,
    "labels" JSONB NOT NULL DEFAULT '{}',
    "bucketSeconds" INTEGER NOT NULL,
    "at" TIMESTAMPTZ(3) NOT NULL,
    "count" BIGINT NOT NULL,
    "sum" DOUBLE PRECISION NOT NULL,
    "min" DOUBLE PRECISION,
    "max" DOUBLE PRECISION,
    "sketch" JSONB,

    CONSTRAINT "metrics_pkey" PRIMARY KEY ("id")
);

-- CreateIndex
CREATE UNIQUE INDEX "users_email_key" ON "users"("email");

-- CreateIndex
CREATE UNIQUE INDEX "organizations_slug_key" ON "organizations"("slug");

-- CreateIndex
CREATE INDEX "memberships_userId_idx" ON "memberships"("userId");

-- CreateIndex
CREATE UNIQUE INDEX "memberships_organizationId_id_key" ON "memberships"("organizationId", "id");

-- CreateIndex
CREATE UNIQUE INDEX "memberships_organizationId_userId_key" ON "memberships"("organizationId", "userId");

-- CreateIndex
CREATE UNIQUE INDEX "environments_organizationId_id_key" ON "environments"("organizationId", "id");

-- CreateIndex
CREATE UNIQUE INDEX "environments_organizationId_slug_key" ON "environments"("organizationId", "slug");

-- CreateIndex
CREATE INDEX "sessions_userId_revokedAt_idx" ON "sessions"("userId", "revokedAt");

-- CreateIndex
CREATE INDEX "sessions_lastAccessedAt_idx" ON "sessions"("lastAccessedAt");

-- CreateIndex
CREATE UNIQUE INDEX "access_tokens_tokenHash_key" ON "access_tokens"("tokenHash");

-- CreateIndex
CREATE INDEX "access_tokens_organizationId_userId_createdAt_idx" ON "access_tokens"("organizationId", "userId", "createdAt");

-- CreateIndex
CREATE UNIQUE INDEX "access_tokens_organizationId_id_key" ON "access_tokens"("organizationId", "id");

-- CreateIndex
CREATE UNIQUE INDEX "roles_organizationId_id_key" ON "roles"("organizationId", "id");

-- CreateIndex
CREATE UNIQUE INDEX "roles_organizationId_name_key" ON "roles"("organizationId", "name");

-- CreateIndex
CREATE UNIQUE INDEX "role_permissions_organizationId_id_key" ON "role_permissions"("organizationId", "id");

-- CreateIndex
CREATE UNIQUE INDEX "role_permissions_organizationId_roleId_permission_key" ON "role_permissions"("organizationId", "roleId", "permission");

-- CreateIndex
CREATE INDEX "organization_keys_organizationId_retiredAt_idx" ON "organization_keys"("organizationId", "retiredAt");

-- CreateIndex
CREATE UNIQUE INDEX "organization_keys_organizationId_id_key" ON "organization_keys"("organizationId", "id");

-- CreateIndex
CREATE INDEX "data_sources_organizationId_deletedAt_createdAt_idx" ON "data_sources"("organizationId", "deletedAt", "createdAt");

-- CreateIndex
CREATE UNIQUE INDEX "data_sources_organizationId_id_key" ON "data_sources"("organizationId", "id");

-- CreateIndex
CREATE UNIQUE INDEX "data_sources_organizationId_environmentId_name_key" ON "data_sources"("organizationId", "environmentId", "name");

-- CreateIndex
CREATE UNIQUE INDEX "credentials_organizationId_id_key" ON "credentials"("organizationId", "id");

-- CreateIndex
CREATE UNIQUE INDEX "credentials_organizationId_dataSourceId_version_key" ON "credentials"("organizationId", "dataSourceId", "version");

-- CreateIndex
CREATE UNIQUE INDEX "schema_versions_organizationId_id_key" ON "schema_versions"("organizationId", "id");

-- CreateIndex
CREATE UNIQUE INDEX "schema_versions_organizationId_dataSourceId_version_key" ON "schema_versions"("organizationId", "dataSourceId", "version");

-- CreateIndex
CREATE UNIQUE INDEX "table_descriptions_organizationId_id_key" ON "table_descriptions"("organizationId", "id");

-- CreateIndex
CREATE UNIQUE INDEX "table_descriptions_organizationId_dataSourceId_tableName_co_key" ON "table_descriptions"("organizationId", "dataSourceId", "tableName", "columnName");

-- CreateIndex
CREATE UNIQUE INDEX "policies_organizationId_id_key" ON "policies"("organizationId", "id");

-- CreateIndex
CREATE UNIQUE INDEX "policies_organizationId_dataSourceId_key" ON "policies"("organizationId", "dataSourceId");

-- CreateIndex
CREATE INDEX "conversations_organizationId_userId_deletedAt_updatedAt_idx" ON "conversations"("organizationId", "userId", "deletedAt", "updatedAt");

-- CreateIndex
CREATE UNIQUE INDEX "conversations_organizationId_id_key" ON "conversations"("organizationId", "id");

-- CreateIndex
CREATE UNIQUE INDEX "messages_organizationId_id_key" ON "messages"("organizationId", "id");

-- CreateIndex
CREATE UNIQUE INDEX "messages_organizationId_conversationId_position_key" ON "messages"("organizationId", "conversationId", "position");

-- CreateIndex
CREATE UNIQUE INDEX "snapshots_organizationId_id_key" ON "snapshots"("organizationId", "id");

-- CreateIndex
CREATE UNIQUE INDEX "snapshots_organizationId_messageId_key" ON "snapshots"("organizationId", "messageId");

-- CreateIndex
CREATE INDEX "saved_questions_organizationId_folder_name_idx" ON "saved_questions"("organizationId", "folder", "name");

-- CreateIndex
CREATE UNIQUE INDEX "saved_questions_organizationId_id_key" ON "saved_questions"("organizationId", "id");

-- CreateIndex
CREATE UNIQUE INDEX "websites_slug_key" ON "websites"("slug");

-- CreateIndex
CREATE UNIQUE INDEX "websites_domain_key" ON "websites"("domain");

-- CreateIndex
CREATE INDEX "websites_organizationId_deletedAt_updatedAt_idx" ON "websites"("organizationId", "deletedAt", "updatedAt");

-- CreateIndex
CREATE UNIQUE INDEX "websites_organizationId_id_key" ON "websites"("organizationId", "id");

-- CreateIndex
CREATE UNIQUE INDEX "website_versions_organizationId_id_key" ON "website_versions"("organizationId", "id");

-- CreateIndex
CREATE UNIQUE INDEX "website_versions_organizationId_websiteId_version_key" ON "website_versions"("organizationId", "websiteId", "version");

-- CreateIndex
CREATE INDEX "agent_versions_organizationId_active_idx" ON "agent_versions"("organizationId", "active");

-- CreateIndex
CREATE UNIQUE INDEX "agent_versions_organizationId_id_key" ON "agent_versions"("organizationId", "id");

-- CreateIndex
CREATE UNIQUE INDEX "agent_versions_organizationId_name_version_key" ON "agent_versions"("organizationId", "name", "version");

-- CreateIndex
CREATE INDEX "model_providers_organizationId_enabled_position_idx" ON "model_providers"("organizationId", "enabled", "position");

-- CreateIndex
CREATE UNIQUE INDEX "model_providers_organizationId_id_key" ON "model_providers"("organizationId", "id");

-- CreateIndex
CREATE UNIQUE INDEX "model_providers_organizationId_name_key" ON "model_providers"("organizationId", "name");

-- CreateIndex
CREATE INDEX "articles_organizationId_environmentId_kind_idx" ON "articles"("organizationId", "environmentId", "kind");

-- CreateIndex
CREATE UNIQUE INDEX "articles_organizationId_id_key" ON "articles"("organizationId", "id");

-- CreateIndex
CREATE INDEX "workflows_status_runAt_idx" ON "workflows"("status", "runAt");

-- CreateIndex
CREATE INDEX "workflows_organizationId_kind_createdAt_idx" ON "workflows"("organizationId", "kind", "createdAt");

-- CreateIndex
CREATE UNIQUE INDEX "workflows_organizationId_id_key" ON "workflows"("organizationId", "id");

-- CreateIndex
CREATE INDEX "workflow_events_organizationId_workflowId_at_idx" ON "workflow_events"("organizationId", "workflowId", "at");

-- CreateIndex
CREATE UNIQUE INDEX "workflow_events_organizationId_id_key" ON "workflow_events"("organizationId", "id");

-- CreateIndex
CREATE UNIQUE INDEX "alerts_organizationId_id_key" ON "alerts"("organizationId", "id");

-- CreateIndex
CREATE UNIQUE INDEX "alerts_organizationId_name_key" ON "alerts"("organizationId", "name");

-- CreateIndex
CREATE INDEX "alert_events_organizationId_alertId_firedAt_idx" ON "alert_events"("organizationId", "alertId", "firedAt");

-- CreateIndex
CREATE UNIQUE INDEX "alert_events_organizationId_id_key" ON "alert_events"("organizationId", "id");

-- CreateIndex
CREATE INDEX "audit_events_organizationId_at_idx" ON "audit_events"("organizationId", "at");

-- CreateIndex
CREATE UNIQUE INDEX "audit_events_organizationId_id_key" ON "audit_events"("organizationId", "id");

-- CreateIndex
CREATE UNIQUE INDEX "audit_events_organizationId_sequence_key" ON "audit_events"("organizationId", "sequence");

-- CreateIndex
CREATE INDEX "query_runs_organizationId_startedAt_idx" ON "query_runs"("organizationId", "startedAt");

-- CreateIndex
CREATE INDEX "query_runs_organizationId_dataSourceId_startedAt_idx" ON "query_runs"("organizationId", "dataSourceId", "startedAt");

-- CreateIndex
CREATE INDEX "query_runs_organizationId_userId_startedAt_idx" ON "query_runs"("organizationId", "userId", "startedAt");

-- CreateIndex
CREATE UNIQUE INDEX "query_runs_organizationId_id_key" ON "query_runs"("organizationId", "id");

-- CreateIndex
CREATE INDEX "metrics_organizationId_name_bucketSeconds_at_idx" ON "metrics"("organizationId", "name", "bucketSeconds", "at");

-- CreateIndex
CREATE UNIQUE INDEX "metrics_organizationId_id_key" ON "metrics"("organizationId", "id");

-- AddForeignKey
ALTER TABLE "memberships" ADD CONSTRAINT "memberships_organizationId_fkey" FOREIGN KEY ("organizationId") REFERENCES "organizations"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "memberships" ADD CONSTRAINT "memberships_userId_fkey" FOREIGN KEY ("userId") REFERENCES "users"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "memberships" ADD CONSTRAINT "memberships_organizationId_environmentId_fkey" FOREIGN KEY ("organizationId", "environmentId") REFERENCES "environments"("organizationId", "id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "memberships" ADD CONSTRAINT "memberships_organizationId_dataSourceId_fkey" FOREIGN KEY ("organizationId", "dataSourceId") REFERENCES "data_sources"("organizationId", "id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "environments" ADD CONSTRAINT "environments_organizationId_fkey" FOREIGN KEY ("organizationId") REFERENCES "organizations"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "sessions" ADD CONSTRAINT "sessions_userId_fkey" FOREIGN KEY ("userId") REFERENCES "users"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "access_tokens" ADD CONSTRAINT "access_tokens_organizationId_fkey" FOREIGN KEY ("organizationId") REFERENCES "organizations"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "access_tokens" ADD CONSTRAINT "access_tokens_userId_fkey" FOREIGN KEY ("userId") REFERENCES "users"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "roles" ADD CONSTRAINT "roles_organizationId_fkey" FOREIGN KEY ("organizationId") REFERENCES "organizations"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "role_permissions" ADD CONSTRAINT "role_permissions_organizationId_fkey" FOREIGN KEY ("organizationId") REFERENCES "organizations"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "role_permissions" ADD CONSTRAINT "role_permissions_organizationId_roleId_fkey" FOREIGN KEY ("organizationId", "roleId") REFERENCES "roles"("organizationId", "id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "organization_keys" ADD CONSTRAINT "organization_keys_organizationId_fkey" FOREIGN KEY ("organizationId") REFERENCES "organizations"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "data_sources" ADD CONSTRAINT "data_sources_organizationId_fkey" FOREIGN KEY ("organizationId") REFERENCES "organizations"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "data_sources" ADD CONSTRAINT "data_sources_organizationId_environmentId_fkey" FOREIGN KEY ("organizationId", "environmentId") REFERENCES "environments"("organizationId", "id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "credentials" ADD CONSTRAINT "credentials_organizationId_fkey" FOREIGN KEY ("organizationId") REFERENCES "organizations"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "credentials" ADD CONSTRAINT "credentials_organizationId_dataSourceId_fkey" FOREIGN KEY ("organizationId", "dataSourceId") REFERENCES "data_sources"("organizationId", "id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "schema_versions" ADD CONSTRAINT "schema_versions_organizationId_fkey" FOREIGN KEY ("organizationId") REFERENCES "organizations"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "schema_versions" ADD CONSTRAINT "schema_versions_organizationId_dataSourceId_fkey" FOREIGN KEY ("organizationId", "dataSourceId") REFERENCES "data_sources"("organizationId", "id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "table_descriptions" ADD CONSTRAINT "table_descriptions_organizationId_fkey" FOREIGN KEY ("organizationId") REFERENCES "organizations"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "table_descriptions" ADD CONSTRAINT "table_descriptions_organizationId_dataSourceId_fkey" FOREIGN KEY ("organizationId", "dataSourceId") REFERENCES "data_sources"("organizationId", "id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "policies" ADD CONSTRAINT "policies_organizationId_fkey" FOREIGN KEY ("organizationId") REFERENCES "organizations"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "policies" ADD CONSTRAINT "policies_organizationId_dataSourceId_fkey" FOREIGN KEY ("organizationId", "dataSourceId") REFERENCES "data_sources"("organizationId", "id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "conversations" ADD CONSTRAINT "conversations_organizationId_fkey" FOREIGN KEY ("organizationId") REFERENCES "organizations"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "conversations" ADD CONSTRAINT "conversations_organizationId_environmentId_fkey" FOREIGN KEY ("organizationId", "environmentId") REFERENCES "environments"("organizationId", "id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "conversations" ADD CONSTRAINT "conversations_organizationId_dataSourceId_fkey" FOREIGN KEY ("organizationId", "dataSourceId") REFERENCES "data_sources"("organizationId", "id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "messages" ADD CONSTRAINT "messages_organizationId_fkey" FOREIGN KEY ("organizationId") REFERENCES "organizations"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "messages" ADD CONSTRAINT "messages_organizationId_conversationId_fkey" FOREIGN KEY ("organizationId", "conversationId") REFERENCES "conversations"("organizationId", "id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "snapshots" ADD CONSTRAINT "snapshots_organizationId_fkey" FOREIGN KEY ("organizationId") REFERENCES "organizations"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "snapshots" ADD CONSTRAINT "snapshots_organizationId_messageId_fkey" FOREIGN KEY ("organizationId", "messageId") REFERENCES "messages"("organizationId", "id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "saved_questions" ADD CONSTRAINT "saved_questions_organizationId_fkey" FOREIGN KEY ("organizationId") REFERENCES "organizations"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "saved_questions" ADD CONSTRAINT "saved_questions_organizationId_environmentId_fkey" FOREIGN KEY ("organizationId", "environmentId") REFERENCES "environments"("organizationId", "id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "saved_questions" ADD CONSTRAINT "saved_questions_organizationId_dataSourceId_fkey" FOREIGN KEY ("organizationId", "dataSourceId") REFERENCES "data_sources"("organizationId", "id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "websites" ADD CONSTRAINT "websites_organizationId_fkey" FOREIGN KEY ("organizationId") REFERENCES "organizations"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "websites" ADD CONSTRAINT "websites_organizationId_environmentId_fkey" FOREIGN KEY ("organizationId", "environmentId") REFERENCES "environments"("organizationId", "id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "websites" ADD CONSTRAINT "websites_organizationId_conversationId_fkey" FOREIGN KEY ("organizationId", "conversationId") REFERENCES "conversations"("organizationId", "id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "website_versions" ADD CONSTRAINT "website_versions_organizationId_fkey" FOREIGN KEY ("organizationId") REFERENCES "organizations"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "website_versions" ADD CONSTRAINT "website_versions_organizationId_websiteId_fkey" FOREIGN KEY ("organizationId", "websiteId") REFERENCES "websites"("organizationId", "id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "agent_versions" ADD CONSTRAINT "agent_versions_organizationId_fkey" FOREIGN KEY ("organizationId") REFERENCES "organizations"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "model_providers" ADD CONSTRAINT "model_providers_organizationId_fkey" FOREIGN KEY ("organizationId") REFERENCES "organizations"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "articles" ADD CONSTRAINT "articles_organizationId_fkey" FOREIGN KEY ("organizationId") REFERENCES "organizations"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "articles" ADD CONSTRAINT "articles_organizationId_environmentId_fkey" FOREIGN KEY ("organizationId", "environmentId") REFERENCES "environments"("organizationId", "id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "workflows" ADD CONSTRAINT "workflows_organizationId_fkey" FOREIGN KEY ("organizationId") REFERENCES "organizations"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "workflow_events" ADD CONSTRAINT "workflow_events_organizationId_fkey" FOREIGN KEY ("organizationId") REFERENCES "organizations"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "workflow_events" ADD CONSTRAINT "workflow_events_organizationId_workflowId_fkey" FOREIGN KEY ("organizationId", "workflowId") REFERENCES "workflows"("organizationId", "id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "alerts" ADD CONSTRAINT "alerts_organizationId_fkey" FOREIGN KEY ("organizationId") REFERENCES "organizations"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "alert_events" ADD CONSTRAINT "alert_events_organizationId_fkey" FOREIGN KEY ("organizationId") REFERENCES "organizations"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "alert_events" ADD CONSTRAINT "alert_events_organizationId_alertId_fkey" FOREIGN KEY ("organizationId", "alertId") REFERENCES "alerts"("organizationId", "id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "audit_events" ADD CONSTRAINT "audit_events_organizationId_fkey" FOREIGN KEY ("organizationId") REFERENCES "organizations"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "query_runs" ADD CONSTRAINT "query_runs_organizationId_fkey" FOREIGN KEY ("organizationId") REFERENCES "organizations"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "query_runs" ADD CONSTRAINT "query_runs_organizationId_dataSourceId_fkey" FOREIGN KEY ("organizationId", "dataSourceId") REFERENCES "data_sources"("organizationId", "id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "metrics" ADD CONSTRAINT "metrics_organizationId_fkey" FOREIGN KEY ("organizationId") REFERENCES "organizations"("id") ON DELETE CASCADE ON UPDATE CASCADE;
