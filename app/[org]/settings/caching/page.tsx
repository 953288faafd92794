import type { Metadata } from 'next';
import { page } from '@/lib/access';
import { answerCacheFigures } from '@/lib/agent';
import { queryCacheFigures } from '@/lib/query';
import { getOrganizationSettings } from '@/lib/tenancy';
import { CachingView } from './caching-view';

export const metadata: Metadata = { title: 'Caching' };

export default async function CachingPage({ params }: { params: Promise<{ org: string }> }) {
  const ctx = await page({ permission: 'organization.manage', organization: (await params).org });
  const [settings, ...caches] = await Promise.all([
    getOrganizationSettings(ctx),
    queryCacheFigures(ctx),
    answerCacheFigures(ctx),
  ]);
  return <CachingView settings={settings} caches={caches} />;
}
