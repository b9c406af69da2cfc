/** Packed charts as `Files` can hold them: `renderPair` gives their bytes to the tools and no text to anybody. */
import { gzipSync } from 'node:zlib';

const prefix = 'base64:';

export interface ArchiveEntry {
  readonly path: string;
  readonly text?: string;
  /** A symbolic link. */
  readonly leadsTo?: string;
}

/** A `.tgz` in the `ustar` format. */
export function packed(entries: readonly ArchiveEntry[]): string {
  const blocks = entries.flatMap(({ path, text = '', leadsTo }) => {
    const body = Buffer.from(text);
    const header = Buffer.alloc(512);
    header.write(path, 0);
    header.write('0000644\0', 100);
    header.write('0000000\0', 108);
    header.write('0000000\0', 116);
    header.write(`${body.length.toString(8).padStart(11, '0')}\0`, 124);
    header.write('00000000000\0', 136);
    header.write('        ', 148);
    header.write(leadsTo === undefined ? '0' : '2', 156);
    header.write(leadsTo ?? '', 157);
    header.write('ustar\0', 257);
    header.write('00', 263);
    let sum = 0;
    for (const byte of header) sum += byte;
    header.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148);
    return [header, body, Buffer.alloc((512 - (body.length % 512)) % 512)];
  });
  return prefix + gzipSync(Buffer.concat([...blocks, Buffer.alloc(1024)])).toString('base64');
}

/** The bytes behind a text of `Files`; `undefined` where it is text. */
export function unpacked(text: string): Buffer | undefined {
  return text.startsWith(prefix) ? Buffer.from(text.slice(prefix.length), 'base64') : undefined;
}
