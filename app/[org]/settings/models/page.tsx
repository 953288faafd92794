import type { Metadata } from 'next';
import { page } from '@/lib/access';
import { listModelProviders } from '@/lib/agent';
import { ModelsView } from './models-view';

export const metadata: Metadata = { title: 'Models' };

export default async function ModelsPage({ params }: { params: Promise<{ org: string }> }) {
  const ctx = await page({ permission: 'model.manage', organization: (await params).org });
  return <ModelsView providers={await listModelProviders(ctx)} />;
}
