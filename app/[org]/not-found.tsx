import { Compass } from 'lucide-react';
import Link from 'next/link';
import { buttonClass } from '../_ui/button';
import { Empty } from '../_ui/notice';

/** Inside a workspace the rail stays, so that the way back is in sight. */
export default function WorkspaceNotFound() {
  return (
    <main className="grid min-h-full flex-1 place-items-center bg-work">
      <Empty
        icon={<Compass aria-hidden="true" />}
        title="There is nothing at this address"
        action={
          <Link href="/" className={buttonClass('secondary')}>
            Back to Ask
          </Link>
        }
      >
        It was removed, or your role does not open it.
      </Empty>
    </main>
  );
}
