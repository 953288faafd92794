import { Double } from 'mongodb';
import { QuarryError } from '../../kernel/errors';
import { construct, constructorNames, extendedValue, LiteralProblem, numberLiteral, regularExpression } from './literals';
import { nearest } from './nearest';
import { Doc, type Entry, List, Param, type Scalar, type Slot, type Value } from './values';

/** Longer texts and deeper nesting are refused: BSON itself ends at 16 MB and 200 levels. */
const MAX_LENGTH = 1_000_000;
const MAX_DEPTH = 100;

const SPACE = /[\s\uFEFF]/;
const NAME = /[$_\p{L}][$_\p{L}\p{N}\u200c\u200d]*/uy;
const NUMBER = /[+-]?(?:0x[\da-f]+|(?:\d+(?:\.\d*)?|\.\d+)(?:e[+-]?\d+)?)/iy;
const PARAMETER_NAME = /:([\p{L}_][\p{L}\p{N}_]*)/uy;
const PARAMETER_NUMBER = /\$([1-9]\d{0,4})(?![\p{L}\p{N}_$.])/uy;
const ESCAPES: Record<string, string> = {
  n: '\n',
  t: '\t',
  r: '\r',
  b: '\b',
  f: '\f',
  v: '\v',
  '0': '\0',
  '\n': '',
  '\u2028': '',
  '\u2029': '',
};

/**
 * Reads the literals of the shell and of extended JSON by recursive descent. Nothing is ever evaluated: what isn't a literal is an error with
 * its position.
 */
export class Reader {
  at = 0;
  /** In the order in which they stand. */
  readonly params: Param[] = [];
  /** A literal stands for the moment at which it is read: new Date(). */
  volatile = false;
  private depth = 0;

  /** @throws QuarryError query.invalid when the text is too long */
  constructor(readonly text: string) {
    if (text.length > MAX_LENGTH) this.fail(`The query is longer than ${MAX_LENGTH} characters`, 0);
  }

  /** @throws QuarryError query.invalid with the position, always */
  fail(sentence: string, at = this.at): never {
    const line = this.text.slice(0, at).split('\n').length;
    const column = at - this.text.lastIndexOf('\n', at - 1);
    throw new QuarryError('query.invalid', `${sentence} (line ${line}, column ${column}).`, {
      stage: 'parse',
      details: { position: at + 1, line, column },
    });
  }

  /** Passes white space and comments. */
  skip(): void {
    const { text } = this;
    for (;;) {
      while (this.at < text.length && SPACE.test(text.charAt(this.at))) this.at += 1;
      if (text.startsWith('//', this.at)) {
        const end = text.indexOf('\n', this.at);
        this.at = end < 0 ? text.length : end;
      } else if (text.startsWith('/*', this.at)) {
        const end = text.indexOf('*/', this.at + 2);
        if (end < 0) this.fail('A comment is not closed');
        this.at = end + 2;
      } else {
        return;
      }
    }
  }

  /** The next character that counts, without taking it; '' at the end. */
  peek(): string {
    this.skip();
    return this.text.charAt(this.at);
  }

  take(char: string): boolean {
    if (this.peek() !== char) return false;
    this.at += 1;
    return true;
  }

  expect(char: string, where: string): void {
    if (this.take(char)) return;
    this.fail(this.at >= this.text.length ? `The query ends ${where}: "${char}" is missing` : `"${char}" is missing ${where}`);
  }

  /** An identifier, or undefined when none starts here. */
  name(): string | undefined {
    this.skip();
    return this.match(NAME)?.[0];
  }

  /** A value with its place. */
  slot(): Slot {
    this.skip();
    const start = this.at;
    const value = this.value();
    return { value, start, end: this.at };
  }

  /** Arguments of a call, the opening parenthesis being taken already; the closing one is taken too. */
  arguments(): Slot[] {
    return this.sequence(')', 'after an argument');
  }

  string(): string {
    const start = this.at;
    const quote = this.text.charAt(this.at);
    this.at += 1;
    let out = '';
    for (;;) {
      const char = this.text.charAt(this.at);
      if (char === '' || char === '\n') this.fail('A text is not closed', start);
      this.at += 1;
      if (char === quote) return wellFormed(out);
      out += char === '\\' ? this.escape() : char;
    }
  }

  private value(): Value {
    this.depth += 1;
    if (this.depth > MAX_DEPTH) this.fail(`The query is nested more than ${MAX_DEPTH} levels deep`);
    try {
      return this.valueHere();
    } finally {
      this.depth -= 1;
    }
  }

  private valueHere(): Value {
    const char = this.peek();
    if (char === '{') return this.document();
    if (char === '[') return this.list();
    if (char === '"' || char === "'") return this.string();
    if (char === '`') this.fail('Template texts are not supported; use single or double quotes');
    if (char === '/') return this.pattern();
    if (char === ':' || char === '$') return this.param();
    if (/[\d.]/.test(char)) return this.number();
    if (char === '-' || char === '+') return this.signed();
    if (char === '') this.fail('The query ends where a value is missing');
    const at = this.at;
    const name = this.name();
    if (name === undefined) this.fail(`A value is missing before "${char}"`);
    return this.word(name, at);
  }

  private document(): Value {
    const start = this.at;
    this.at += 1;
    const entries: Entry[] = [];
    const seen = new Set<string>();
    while (!this.take('}')) {
      const keyAt = this.at;
      const key = this.key();
      if (seen.has(key)) this.fail(`The key "${key}" is given twice`, keyAt);
      seen.add(key);
      this.expect(':', `after the key "${key}"`);
      entries.push({ key, keyAt, ...this.slot() });
      if (!this.take(',') && this.peek() !== '}')
        this.fail(
          this.at >= this.text.length
            ? 'A document is not closed: "}" is missing'
            : `A comma or "}" is missing after the value of "${key}"`,
        );
    }
    const extended = this.literal(start, () => extendedValue(entries));
    return extended === undefined ? new Doc(entries, start, this.at) : extended;
  }

  private key(): string {
    const at = this.at;
    const char = this.peek();
    const key = char === '"' || char === "'" ? this.string() : (this.name() ?? this.match(/\d+/y)?.[0]);
    if (key === undefined) this.fail('A key is missing');
    if (this.peek() === '.') this.fail(`Put quotes around a key with a point, as in "${key}.…"`, at);
    if (key === '__proto__') this.fail('The key "__proto__" is not allowed', at);
    if (key.includes('\0')) this.fail('A key cannot hold a zero byte', at);
    return key;
  }

  private list(): List {
    const start = this.at;
    this.at += 1;
    const items = this.sequence(']', 'after an element');
    return new List(items, start, this.at);
  }

  private sequence(close: string, where: string): Slot[] {
    const items: Slot[] = [];
    while (!this.take(close)) {
      items.push(this.slot());
      if (!this.take(',') && this.peek() !== close) this.fail(`A comma or "${close}" is missing ${where}`);
    }
    return items;
  }

  private escape(): string {
    const char = this.text.charAt(this.at);
    this.at += 1;
    if (char === 'x') return this.codePoint(/([\da-f]{2})/iy);
    if (char === 'u') return this.codePoint(/\{([\da-f]{1,6})\}|([\da-f]{4})/iy);
    if (char === '') this.fail('A text is not closed');
    return ESCAPES[char] ?? char;
  }

  private codePoint(form: RegExp): string {
    const match = this.match(form);
    const code = Number.parseInt(match?.[1] ?? match?.[2] ?? '', 16);
    if (Number.isNaN(code) || code > 0x10ffff) this.fail('An escape such as \\u00e9 is not complete');
    return code > 0xffff ? String.fromCodePoint(code) : String.fromCharCode(code);
  }

  private pattern(): Scalar {
    const start = this.at;
    this.at += 1;
    let source = '';
    let inClass = false;
    for (;;) {
      const char = this.text.charAt(this.at);
      if (char === '' || char === '\n') this.fail('A regular expression is not closed', start);
      this.at += 1;
      if (char === '/' && !inClass) break;
      if (char === '\\') {
        const next = this.text.charAt(this.at);
        this.at += 1;
        source += next === '/' ? '/' : `\\${next}`;
        continue;
      }
      if (char === '[') inClass = true;
      else if (char === ']') inClass = false;
      source += char;
    }
    const flags = this.match(/[a-z]*/iy)?.[0] ?? '';
    return this.literal(start, () => regularExpression(source, flags));
  }

  private param(): Param {
    const start = this.at;
    const named = this.match(PARAMETER_NAME);
    const numbered = named ? null : this.match(PARAMETER_NUMBER);
    if (!named && !numbered)
      this.fail(`A value is missing before "${this.text.charAt(this.at)}"; names such as "$field" stand in quotes`);
    const param = new Param(Number(numbered?.[1] ?? 0), named?.[1], start, this.at);
    this.params.push(param);
    return param;
  }

  private number(): Scalar {
    const start = this.at;
    const digits = this.match(NUMBER)?.[0];
    if (digits === undefined || /[\p{L}\p{N}_$]/u.test(this.text.charAt(this.at))) this.fail('This is not a number', start);
    return this.literal(start, () => numberLiteral(digits));
  }

  private signed(): Scalar {
    const word = this.match(/([+-])\s*(Infinity|NaN)(?![\p{L}\p{N}_$])/uy);
    if (word) return new Double(Number(`${word[1] === '-' && word[2] === 'Infinity' ? '-' : ''}${word[2]}`));
    return this.number();
  }

  private word(name: string, at: number): Value {
    switch (name) {
      case 'true':
        return true;
      case 'false':
        return false;
      case 'null':
      case 'undefined':
        return null;
      case 'NaN':
      case 'Infinity':
        return new Double(Number(name));
      case 'function':
      case 'async':
        return this.fail('JavaScript functions are not run', at);
      case 'new':
        return this.constructed(this.name() ?? '', at, true);
      default:
        return this.constructed(name, at, false);
    }
  }

  private constructed(first: string, at: number, isNew: boolean): Value {
    let name = first;
    while (this.take('.')) name += `.${this.name() ?? ''}`;
    if (name === 'Date' && !isNew) this.fail('Write new Date(…) or ISODate(…)', at);
    const known = constructorNames.includes(name);
    if (known && (name === 'MinKey' || name === 'MaxKey') && this.peek() !== '(')
      return this.literal(at, () => construct(name, [])) ?? null;
    if (!known || this.peek() !== '(') this.unknownWord(name, at);
    this.at += 1;
    const args = this.arguments().map((slot) => slot.value);
    const [only] = args;
    if (args.length === 1 && only instanceof Param && only.constructorName === undefined)
      return this.replaceParam(only, name, at);
    if (args.some((arg) => arg instanceof Param)) this.fail(`${name}(…) takes one parameter and nothing else`, at);
    if (args.length === 0 && (name === 'Date' || name === 'ISODate')) this.volatile = true;
    return this.literal(at, () => construct(name, args), `${name}(…)`) ?? null;
  }

  private replaceParam(param: Param, name: string, start: number): Param {
    const typed = new Param(param.number, param.name, param.start, param.end, name);
    const index = this.params.indexOf(param);
    if (index < 0) this.fail(`${name}(…) needs a value`, start);
    this.params[index] = typed;
    return typed;
  }

  private unknownWord(name: string, at: number): never {
    if (this.text.startsWith('=>', this.at) || this.peek() === '=')
      this.fail('JavaScript is not run: a query holds values only', at);
    const near = nearest(name, constructorNames);
    this.fail(`"${name}" is not a value. Texts stand in quotes${near ? `; did you mean ${near}(…)?` : ''}`, at);
  }

  private literal<T>(at: number, make: () => T, what = 'This value'): T {
    try {
      return make();
    } catch (error) {
      if (error instanceof LiteralProblem) this.fail(`${what} ${error.message}`, at);
      throw error;
    }
  }

  private match(form: RegExp): RegExpExecArray | null {
    form.lastIndex = this.at;
    const match = form.exec(this.text);
    if (match) this.at = form.lastIndex;
    return match;
  }
}

/** Half of a pair of UTF-16 has no UTF-8: it becomes the replacement character, as everywhere on the web. */
function wellFormed(text: string): string {
  return Buffer.from(text, 'utf8').toString('utf8');
}
