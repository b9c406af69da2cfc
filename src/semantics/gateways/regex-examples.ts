/**
 * Texts that a regular expression of a route may match, to prove by a request what is said of it. Nothing rests on them: whoever uses one asks
 * the expression itself.
 */

/** At most this many of each expression. */
const mostExamples = 8;

/** The likeliest first; none where the expression is of a form that is not read here. */
export function regexExamples(expression: string): readonly string[] {
  const reader = new Reader(expression);
  const found = reader.alternatives();
  return reader.failed || !reader.atEnd ? [] : [...new Set(found)].slice(0, mostExamples);
}

const classes: Readonly<Record<string, string>> = { d: '1', w: 'a', s: ' ', D: 'a', S: 'a', W: '-' };

/** Reads from left to right and keeps a few texts for what it has read. */
class Reader {
  readonly #text: string;
  #at = 0;
  failed = false;

  constructor(text: string) {
    this.#text = text;
  }

  get atEnd(): boolean {
    return this.#at >= this.#text.length;
  }

  alternatives(): string[] {
    const found = this.#sequence();
    while (this.#text[this.#at] === '|') {
      this.#at += 1;
      found.push(...this.#sequence());
    }
    return found;
  }

  #sequence(): string[] {
    let found = [''];
    while (!this.atEnd && !this.failed) {
      const sign = this.#text[this.#at];
      if (sign === '|' || sign === ')') break;
      const one = this.#one();
      const repeated = this.#repeated(one);
      found = found.flatMap((before) => repeated.map((after) => before + after)).slice(0, mostExamples);
    }
    return found;
  }

  #one(): string[] {
    const sign = this.#text[this.#at] ?? '';
    this.#at += 1;
    switch (sign) {
      case '^':
      case '$':
        return [''];
      case '.':
        return ['x'];
      case '(':
        return this.#group();
      case '[':
        return this.#oneOf();
      case '\\':
        return this.#escaped();
      default:
        if ('*+?{'.includes(sign)) this.failed = true;
        return [sign];
    }
  }

  #escaped(): string[] {
    const sign = this.#text[this.#at] ?? '';
    this.#at += 1;
    if (!/[A-Za-z0-9]/.test(sign)) return [sign];
    const example = classes[sign];
    if (example === undefined) this.failed = sign !== 'b' && sign !== 'A' && sign !== 'z';
    return [example ?? ''];
  }

  #group(): string[] {
    const flags = /^\?(?:P?<\w+>|[a-zA-Z]*:)/.exec(this.#text.slice(this.#at))?.[0];
    const alone = /^\?[a-zA-Z]+\)/.exec(this.#text.slice(this.#at))?.[0];
    if (alone !== undefined) {
      this.#at += alone.length;
      return [''];
    }
    this.#at += flags?.length ?? 0;
    const found = this.alternatives();
    if (this.#text[this.#at] !== ')') this.failed = true;
    this.#at += 1;
    return found;
  }

  /** A class: its first sign; of one that excludes, a sign that it does not name. */
  #oneOf(): string[] {
    const end = /^\^?\]?(?:\\.|\[:\w+:\]|[^\]\\])*\]/.exec(this.#text.slice(this.#at))?.[0];
    if (end === undefined) {
      this.failed = true;
      return [];
    }
    this.#at += end.length;
    const body = end.slice(0, -1);
    if (body.startsWith('^')) return Array.from('xa1-').filter((sign) => !body.includes(sign)).slice(0, 1);
    if (body.startsWith('[:')) return [body.includes('digit') ? '1' : 'a'];
    if (body.startsWith('\\')) return [classes[body[1] ?? ''] ?? body[1] ?? ''];
    return [body[0] ?? ''];
  }

  #repeated(one: readonly string[]): string[] {
    const rest = this.#text.slice(this.#at);
    const count = /^\{(\d+)(?:,\d*)?\}/.exec(rest);
    if (count !== null) {
      this.#at += count[0].length;
      this.#lazy();
      return one.map((text) => text.repeat(Math.min(Number(count[1]), 32)));
    }
    const sign = rest[0];
    if (sign !== '*' && sign !== '+' && sign !== '?') return [...one];
    this.#at += 1;
    this.#lazy();
    return sign === '+' ? [...one] : [...one, ''];
  }

  #lazy(): void {
    if (this.#text[this.#at] === '?') this.#at += 1;
  }
}
