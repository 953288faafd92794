import type { Metadata } from 'next';
import { page } from '@/lib/access';
import { listMembers } from '@/lib/tenancy';
import { MembersView } from './members-view';

export const metadata: Metadata = { title: 'Members' };

export default async function MembersPage({ params }: { params: Promise<{ org: string }> }) {
  const ctx = await page({ permission: 'organization.read', organization: (await params).org });
  return <MembersView members={await listMembers(ctx)} self={ctx.principal.userId} />;
}
