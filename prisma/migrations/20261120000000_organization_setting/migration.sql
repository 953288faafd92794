-- The organisation of a tenant connection, NULL on any other. It is the default of every organizationId and what row-level
-- security compares with.
CREATE FUNCTION quarry_organization_id() RETURNS uuid
LANGUAGE sql STABLE PARALLEL SAFE
AS $$ SELECT NULLIF(current_setting('quarry.organization_id', true), '')::uuid $$;
