import { GeistMono } from 'geist/font/mono';
import { GeistSans } from 'geist/font/sans';
import type { Metadata, Viewport } from 'next';
import { cookies } from 'next/headers';
import type { ReactNode } from 'react';
import { Providers } from './_ui/providers';
import { readTheme, THEME_COOKIE } from './_ui/theme';
import './globals.css';

export const metadata: Metadata = {
  title: { default: 'Quarry', template: '%s · Quarry' },
  description: 'Ask your databases questions in plain language and get exact answers.',
  robots: { index: false, follow: false },
};

export const viewport: Viewport = { width: 'device-width', initialScale: 1, viewportFit: 'cover' };

/** The theme comes from a cookie, so that the first paint is already right and no inline script is needed. */
export default async function RootLayout({ children }: { children: ReactNode }) {
  const theme = readTheme((await cookies()).get(THEME_COOKIE)?.value);
  return (
    <html lang="en" data-theme={theme === 'system' ? undefined : theme} className={`${GeistSans.variable} ${GeistMono.variable}`}>
      <body>
        <Providers theme={theme}>{children}</Providers>
      </body>
    </html>
  );
}
