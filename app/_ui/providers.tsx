'use client';

import { Tooltip } from 'radix-ui';
import { createContext, type ReactNode, useCallback, useContext, useMemo, useState } from 'react';
import { Toaster } from 'sonner';
import { LOOKS_MAX_AGE_S, THEME_COOKIE, type Theme } from './theme';

interface ThemeValue {
  theme: Theme;
  setTheme(theme: Theme): void;
}

const ThemeContext = createContext<ThemeValue>({ theme: 'system', setTheme: () => undefined });

/** The chosen theme and how to change it; the change is kept for a year on this device. */
export function useTheme(): ThemeValue {
  return useContext(ThemeContext);
}

/** What every page stands in: theme, tooltips with one shared delay, toasts. */
export function Providers({ theme: initial, children }: { theme: Theme; children: ReactNode }) {
  const [theme, setState] = useState(initial);
  const setTheme = useCallback((next: Theme) => {
    setState(next);
    if (next === 'system') delete document.documentElement.dataset.theme;
    else document.documentElement.dataset.theme = next;
    rememberLooks(THEME_COOKIE, next);
  }, []);
  const value = useMemo(() => ({ theme, setTheme }), [theme, setTheme]);
  return (
    <ThemeContext.Provider value={value}>
      <Tooltip.Provider delayDuration={300} skipDelayDuration={150}>
        {children}
      </Tooltip.Provider>
      <Toaster
        theme={theme}
        position="bottom-right"
        gap={8}
        toastOptions={{
          unstyled: true,
          classNames: {
            toast:
              'flex w-[356px] max-w-[calc(100vw-32px)] items-start gap-2 rounded-lg bg-float px-3 py-3 text-sm text-ink shadow-float font-sans',
            description: 'text-ink-3',
            icon: 'mt-0.5',
            error: '[&_[data-icon]]:text-danger',
            success: '[&_[data-icon]]:text-success',
          },
        }}
      />
    </ThemeContext.Provider>
  );
}

/** Keeps a matter of looks in a cookie, so that the server renders it right the first time. */
export function rememberLooks(name: string, value: string): void {
  // biome-ignore lint/suspicious/noDocumentCookie: the Cookie Store API is not in every browser that we support.
  document.cookie = `${name}=${encodeURIComponent(value)}; path=/; max-age=${LOOKS_MAX_AGE_S}; samesite=lax`;
}
