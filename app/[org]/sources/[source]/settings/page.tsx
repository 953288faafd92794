import type { Metadata } from 'next';
import { page } from '@/lib/access';
import { toQuarryError } from '@/lib/kernel/errors';
import { describeConnection, listSourceTypes } from '@/lib/sources';
import { getOrganizationSettings } from '@/lib/tenancy';
import { inheritFrom, installationRules } from '../../../settings/caching/cache-values';
import { toSourceInfo } from '../../../workspace-data';
import { findSource } from '../find-source';
import { SourceSettings } from './source-settings';

export const metadata: Metadata = { title: 'Settings of a source' };

export default async function SourceSettingsPage({ params }: { params: Promise<{ org: string; source: string }> }) {
  const { org, source: id } = await params;
  const ctx = await page({ permission: 'source.manage', organization: org });
  const source = await findSource(ctx, id);
  const type = listSourceTypes().find(({ type }) => type === source.type);
  // A connection that can't be opened any more (a lost key) can still be entered again.
  const stored = await describeConnection(ctx, id).catch((error) => ({
    values: {},
    stored: [],
    lost: toQuarryError(error).message,
  }));
  const { access, pool, limits, cache, replica } = source;
  const organization = await getOrganizationSettings(ctx);
  const inherited = inheritFrom(installationRules(organization.installation.cache), organization.cache);
  return (
    <SourceSettings
      source={toSourceInfo(source)}
      type={type ?? null}
      connection={stored}
      settings={{ access, pool, limits, cache, replica }}
      inherited={inherited}
    />
  );
}
