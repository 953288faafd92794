'use client';

import { FailedPage, type FailedPageProps } from '../_ui/failed-page';

export default function PageError(props: Omit<FailedPageProps, 'height'>) {
  return <FailedPage {...props} height="min-h-full" />;
}
