import { redirect } from 'next/navigation';
import { page } from '@/lib/access';

export default async function SettingsPage({ params }: { params: Promise<{ org: string }> }) {
  const ctx = await page({ permission: 'organization.read', organization: (await params).org });
  redirect(`/${ctx.organization.slug}/settings/members`);
}
