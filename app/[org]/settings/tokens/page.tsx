import type { Metadata } from 'next';
import { listTokens, page } from '@/lib/access';
import { TokensView } from './tokens-view';

export const metadata: Metadata = { title: 'Access tokens' };

export default async function TokensPage({ params }: { params: Promise<{ org: string }> }) {
  const ctx = await page({ permission: 'token.manage', organization: (await params).org });
  return <TokensView tokens={await listTokens(ctx)} />;
}
