import type { ReactNode } from 'react';
import { WorkHeader } from '../../_ui/frame/place';

interface Props {
  title: string;
  about: string;
  action?: ReactNode;
  children: ReactNode;
}

/** A settings page: what it is for, its one action, its list. */
export function Section({ title, about, action, children }: Props) {
  return (
    <>
      <WorkHeader title={title}>{action}</WorkHeader>
      <div className="scroll-thin min-h-0 flex-1 overflow-y-auto px-3 md:px-6">
        <div className="mx-auto max-w-[880px] py-5">
          <p className="mb-5 max-w-[640px] text-ink-3 text-sm">{about}</p>
          {children}
        </div>
      </div>
    </>
  );
}
