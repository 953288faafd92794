import type { Metadata } from 'next';
import { page } from '@/lib/access';
import { SourceOverview } from './source-overview';

export const metadata: Metadata = { title: 'Sources' };

export default async function SourcesPage({ params }: { params: Promise<{ org: string }> }) {
  await page({ permission: 'source.read', organization: (await params).org });
  return <SourceOverview />;
}
