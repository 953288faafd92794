import type { Metadata } from 'next';
import { notFound } from 'next/navigation';
import { type Ctx, page } from '@/lib/access';
import { QuarryError } from '@/lib/kernel/errors';
import { getSource, type SourceSummary } from '@/lib/sources';
import { toSourceInfo } from '../../workspace-data';
import { SourceView } from './source-view';

interface Props {
  params: Promise<{ org: string; source: string }>;
}

async function find(ctx: Ctx, id: string): Promise<SourceSummary> {
  try {
    return await getSource(ctx, id);
  } catch (error) {
    if (error instanceof QuarryError && error.code === 'not_found') notFound();
    throw error;
  }
}

export async function generateMetadata({ params }: Props): Promise<Metadata> {
  const { org, source: id } = await params;
  return { title: (await find(await page({ permission: 'source.read', organization: org }), id)).name };
}

export default async function SourcePage({ params }: Props) {
  const { org, source: id } = await params;
  const source = await find(await page({ permission: 'source.read', organization: org }), id);
  return (
    <SourceView key={source.id} source={toSourceInfo(source)} access={source.access} username={source.summary.username ?? null} />
  );
}
