/** PCRE patterns as JavaScript's, where the two agree: inline flags at the start, \A, \z, \Z and \h are translated. */
import { located } from './values';

const cache = new Map<string, RegExp>();

/** @throws error 51091 as mongod does when the pattern is wrong */
export function compileRegex(pattern: string, flags: string, global = false): RegExp {
  const key = `${flags}/${global}/${pattern}`;
  const known = cache.get(key);
  if (known && !global) return known;
  const unknown = /[^imsxu]/.exec(flags);
  if (unknown) throw located(51108, `invalid flag in regex options: ${unknown[0]}`);
  let source = pattern;
  let all = flags;
  const inline = /^\(\?([imsx]+)\)/.exec(source);
  if (inline) {
    all += inline[1];
    source = source.slice(inline[0].length);
  }
  if (all.includes('x')) source = source.replace(/\\#|\\ |\s+|#.*$/gm, (part) => (part.startsWith('\\') ? part : ''));
  source = source.replace(
    /\\([AzZh])/g,
    (_, letter: string) => ({ A: '(?<![^])', z: '(?![^])', Z: '(?=\\n?(?![^]))' })[letter] ?? '[ \\t]',
  );
  const wanted = new Set([...all].filter((flag) => 'ims'.includes(flag)));
  try {
    const compiled = new RegExp(source, `${[...wanted].join('')}u${global ? 'g' : ''}`);
    if (cache.size < 500) cache.set(key, compiled);
    return compiled;
  } catch {
    try {
      return new RegExp(source, `${[...wanted].join('')}${global ? 'g' : ''}`);
    } catch {
      throw located(51091, 'Regular expression is invalid: the pattern cannot be compiled');
    }
  }
}
