import type { Metadata } from 'next';
import { redirect } from 'next/navigation';
import { findVisitor } from '@/lib/access';
import { isSetupNeeded } from '@/lib/tenancy';
import { SignInForm } from './sign-in-form';

export const metadata: Metadata = { title: 'Sign in' };

export default async function SignInPage() {
  if (await isSetupNeeded()) redirect('/setup');
  if ((await findVisitor())?.places[0]) redirect('/');
  return <SignInForm />;
}
