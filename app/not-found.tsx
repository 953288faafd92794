import { Compass } from 'lucide-react';
import Link from 'next/link';
import { buttonClass } from './_ui/button';
import { Empty } from './_ui/notice';

export default function NotFound() {
  return (
    <main className="grid min-h-dvh place-items-center bg-work">
      <Empty
        icon={<Compass aria-hidden="true" />}
        title="There is nothing at this address"
        action={
          <Link href="/" className={buttonClass('secondary')}>
            Back to Quarry
          </Link>
        }
      >
        It was removed, or it belongs to an organisation that you are not in.
      </Empty>
    </main>
  );
}
