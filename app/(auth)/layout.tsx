import type { ReactNode } from 'react';
import { Mark } from '../_ui/mark';
import { Strata } from './strata';

/** The pages before somebody is known: a form on the left, the quarry's strata on the right. */
export default function AuthLayout({ children }: { children: ReactNode }) {
  return (
    <div className="flex min-h-dvh bg-work">
      <main className="flex min-w-0 flex-1 flex-col px-5 py-6 md:px-10">
        <div className="flex items-center gap-2">
          <Mark className="size-6" />
          <span className="font-semibold text-lg text-ink tracking-tight">Quarry</span>
        </div>
        <div className="mx-auto my-auto w-full max-w-[360px] py-10">{children}</div>
      </main>
      <Strata />
    </div>
  );
}
