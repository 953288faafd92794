'use client';

import { OctagonAlert } from 'lucide-react';
import { Button } from './_ui/button';
import { Empty } from './_ui/notice';

/** A page that could not be made. The digest is what the server's log calls this failure. */
export default function PageError({ error, reset }: { error: Error & { digest?: string }; reset(): void }) {
  return (
    <main className="grid min-h-dvh flex-1 place-items-center bg-work">
      <Empty
        icon={<OctagonAlert aria-hidden="true" />}
        title="This page could not be shown"
        action={
          <Button look="primary" onClick={reset}>
            Try again
          </Button>
        }
      >
        Something went wrong on our side; nothing of yours was changed.
        {error.digest ? (
          <>
            {' '}
            If it stays, tell your administrator the number <code className="select-all font-mono">{error.digest}</code>.
          </>
        ) : null}
      </Empty>
    </main>
  );
}
