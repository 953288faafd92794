import type { Metadata } from 'next';
import { page } from '@/lib/access';
import { listSourceTypes } from '@/lib/sources';
import { ConnectForm } from './connect-form';

export const metadata: Metadata = { title: 'Connect a source' };

export default async function ConnectPage({ params }: { params: Promise<{ org: string }> }) {
  await page({ permission: 'source.manage', organization: (await params).org });
  return <ConnectForm types={listSourceTypes()} />;
}
