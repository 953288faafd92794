'use client';

import clsx from 'clsx';
import type { ReactNode } from 'react';
import { environmentTone } from '../chip';
import { Palette, PaletteProvider } from '../palette/palette';
import { useCurrentEnvironment } from '../workspace';
import { BottomBar, Rail } from './rail';

/** Rail and work side by side, the environment's line on top; on a phone the rail lies at the bottom. */
export function Frame({ children }: { children: ReactNode }) {
  return (
    <PaletteProvider>
      <a
        href="#work"
        className="sr-only focus:not-sr-only focus:fixed focus:top-2 focus:left-2 focus:z-50 focus:rounded-md focus:bg-float focus:px-3 focus:py-2 focus:shadow-float"
      >
        Skip to the work
      </a>
      <EnvironmentLine />
      <div className="flex h-dvh flex-col md:flex-row">
        <Rail />
        <div className="flex min-h-0 min-w-0 flex-1">{children}</div>
        <BottomBar />
      </div>
      <Palette />
    </PaletteProvider>
  );
}

function EnvironmentLine() {
  const environment = useCurrentEnvironment();
  const tone = environment ? environmentTone(environment.kind) : 'neutral';
  if (tone === 'neutral') return null;
  return (
    <div
      aria-hidden="true"
      className={clsx(
        'pointer-events-none fixed inset-x-0 top-0 z-30 h-0.5 animate-fade',
        tone === 'danger' ? 'bg-danger' : 'bg-warning',
      )}
    />
  );
}
