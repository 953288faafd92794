/** The browser of the end-to-end tests: Debian's Chromium. Playwright's own download isn't used. */
import { existsSync } from 'node:fs';
import { Problem } from './report.mjs';

/** How Chromium is found or installed (scripts/debian.mjs). */
export const CHROMIUM = {
  names: ['chromium', 'chromium-browser', 'google-chrome'],
  debian: 'chromium',
  otherwise: 'set CHROMIUM_PATH',
};

/** @returns {string | undefined} what CHROMIUM_PATH names @throws Problem when that isn't there */
export function namedChromium() {
  const named = process.env.CHROMIUM_PATH;
  if (!named || existsSync(named)) return named;
  throw new Problem(`CHROMIUM_PATH names ${named}, which isn't there.`);
}
