import { redirect } from 'next/navigation';
import { findVisitor } from '@/lib/access';
import { isSetupNeeded } from '@/lib/tenancy';

/** The front door: set-up when there is nobody yet, the sign-in page, or the first organisation. */
export default async function FrontPage() {
  const visitor = await findVisitor();
  const place = visitor?.places[0];
  if (place) redirect(`/${place.organization.slug}/ask`);
  redirect((await isSetupNeeded()) ? '/setup' : '/sign-in');
}
