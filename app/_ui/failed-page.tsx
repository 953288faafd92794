import { OctagonAlert } from 'lucide-react';
import { Button } from './button';
import { Empty } from './notice';

export interface FailedPageProps {
  error: Error & { digest?: string };
  reset(): void;
  /** The whole window, or what is left of it beside the frame. */
  height: 'min-h-dvh' | 'min-h-full';
}

/** A page that could not be made. The digest is what the server's log calls this failure. */
export function FailedPage({ error, reset, height }: FailedPageProps) {
  return (
    <main className={`grid flex-1 place-items-center bg-work ${height}`}>
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
