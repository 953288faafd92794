import type { Metadata } from 'next';
import { redirect } from 'next/navigation';
import { findVisitor } from '@/lib/access';
import { isSetupNeeded } from '@/lib/tenancy';
import { safeReturn } from '../../_ui/session';
import { SignInForm } from './sign-in-form';

export const metadata: Metadata = { title: 'Sign in' };

interface Props {
  searchParams: Promise<{ from?: string | string[]; ended?: string | string[] }>;
}

export default async function SignInPage({ searchParams }: Props) {
  const { from, ended } = await searchParams;
  const back = safeReturn(typeof from === 'string' ? from : undefined);
  if (await isSetupNeeded()) redirect('/setup');
  if ((await findVisitor())?.places[0]) redirect(back);
  return <SignInForm back={back} ended={ended !== undefined} />;
}
