import type { Metadata } from 'next';
import { redirect } from 'next/navigation';
import { isSetupNeeded } from '@/lib/tenancy';
import { SetupForm } from './setup-form';

export const metadata: Metadata = { title: 'Set up' };

export default async function SetupPage() {
  if (!(await isSetupNeeded())) redirect('/');
  return <SetupForm />;
}
