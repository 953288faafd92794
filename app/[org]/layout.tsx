import type { Metadata } from 'next';
import type { ReactNode } from 'react';
import { page } from '@/lib/access';
import { Frame } from '../_ui/frame/frame';
import { WorkspaceProvider } from '../_ui/workspace';
import { loadWorkspace } from './workspace-data';

interface Props {
  children: ReactNode;
  params: Promise<{ org: string }>;
}

export async function generateMetadata({ params }: { params: Promise<{ org: string }> }): Promise<Metadata> {
  const ctx = await page({ permission: 'organization.read', organization: (await params).org });
  return { title: { default: ctx.organization.name, template: `%s · ${ctx.organization.name} · Quarry` } };
}

export default async function WorkspaceLayout({ children, params }: Props) {
  const ctx = await page({ permission: 'organization.read', organization: (await params).org });
  return (
    <WorkspaceProvider data={await loadWorkspace(ctx)}>
      <Frame>{children}</Frame>
    </WorkspaceProvider>
  );
}
