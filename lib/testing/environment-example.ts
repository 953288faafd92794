import { SETTINGS } from '../kernel/settings';

const HEAD = `# Every setting of a Quarry installation, with its default; all are optional. Copy to .env, or set in the environment.
# Made from lib/kernel/settings.ts by "npm run generate".
# QUARRY_HOME is read earlier: the folder of secrets, the embedded database, uploads and logs. Default .quarry beside package.json.
# QUARRY_HOME=.quarry
`;

/** The text of .env.example, from the settings table. */
export function environmentExample(): string {
  const lines = Object.values(SETTINGS).map(({ env, fallback, about }) => `\n# ${about}\n# ${env}=${fallback ?? ''}\n`);
  return HEAD + lines.join('');
}
