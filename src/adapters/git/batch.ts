import { ended, startGit } from './run.ts';

export type BatchObject =
  | { readonly type: 'content'; readonly bytes: Uint8Array }
  | { readonly type: 'too-large'; readonly size: number }
  | { readonly type: 'missing' };

/** An object that is half there ends git; so often it is started again. */
const mostRestarts = 100;

/**
 * Reads objects through `git cat-file --batch`, in the order of `ids`. Content is handed over object by object; what is above the limit is skipped, not held.
 * An object that git does not answer for is reported missing, and those behind it are asked for again.
 */
export async function readObjects(repository: string, ids: readonly string[], limitBytes: number, use: (id: string, object: BatchObject) => void): Promise<void> {
  let left = ids;
  for (let restarts = 0; left.length > 0; restarts += 1) {
    const child = startGit(repository, ['cat-file', '--batch', '--buffer']);
    const parser = new BatchParser(left, limitBytes, use);
    child.stdout.on('data', (chunk: Buffer) => parser.push(chunk));
    child.stderr.resume();
    child.stdin.end(`${left.join('\n')}\n`);
    await ended(child);
    left = parser.finish(restarts < mostRestarts ? 1 : left.length);
  }
}

/** The stream of `cat-file --batch`: `<id> <type> <size>\n<content>\n`, or `<id> missing\n`. */
export class BatchParser {
  readonly #ids: readonly string[];
  readonly #limit: number;
  readonly #use: (id: string, object: BatchObject) => void;
  #answered = 0;
  #header: Buffer = Buffer.alloc(0);
  #body: Buffer | undefined;
  #filled = 0;
  /** Bytes of the present content still to come; -1 between objects. */
  #left = -1;

  constructor(ids: readonly string[], limitBytes: number, use: (id: string, object: BatchObject) => void) {
    this.#ids = ids;
    this.#limit = limitBytes;
    this.#use = use;
  }

  push(chunk: Buffer): void {
    let at = 0;
    while (at < chunk.length) at = this.#left >= 0 ? this.#content(chunk, at) : this.#headerLine(chunk, at);
  }

  /** The stream has ended: the first objects without an answer are missing; returns those behind them. */
  finish(missing: number): readonly string[] {
    for (let index = 0; index < missing && this.#answered < this.#ids.length; index += 1) this.#answer({ type: 'missing' });
    return this.#ids.slice(this.#answered);
  }

  #headerLine(chunk: Buffer, at: number): number {
    const feed = chunk.indexOf(0x0a, at);
    const part = chunk.subarray(at, feed === -1 ? chunk.length : feed);
    const line = this.#header.length === 0 ? part : Buffer.concat([this.#header, part]);
    if (feed === -1) {
      this.#header = Buffer.from(line);
      return chunk.length;
    }
    this.#header = Buffer.alloc(0);
    const size = /^[0-9a-f]+ \w+ (\d+)$/u.exec(line.toString('latin1'))?.[1];
    if (size === undefined) {
      this.#answer({ type: 'missing' });
      return feed + 1;
    }
    this.#left = Number(size);
    this.#filled = 0;
    // INVARIANT: the limit is checked before memory is taken.
    this.#body = this.#left > this.#limit ? undefined : Buffer.allocUnsafeSlow(this.#left);
    if (this.#body === undefined) this.#answer({ type: 'too-large', size: this.#left });
    return feed + 1;
  }

  #content(chunk: Buffer, at: number): number {
    const take = Math.min(this.#left, chunk.length - at);
    if (this.#body !== undefined) {
      chunk.copy(this.#body, this.#filled, at, at + take);
      this.#filled += take;
    }
    this.#left -= take;
    // The line feed behind the content ends the object.
    if (this.#left > 0 || at + take >= chunk.length) return at + take;
    this.#left = -1;
    if (this.#body !== undefined) this.#answer({ type: 'content', bytes: this.#body });
    this.#body = undefined;
    return at + take + 1;
  }

  #answer(object: BatchObject): void {
    const id = this.#ids[this.#answered];
    this.#answered += 1;
    if (id !== undefined) this.#use(id, object);
  }
}
