/**
 * Where a result is shown. Code scanning knows only files of the head: what was deleted is shown at what is exposed now, and its old
 * place is told in words.
 */
import type { Location as SarifLocation, PhysicalLocation } from 'sarif';
import type { Change } from '#impact/change.ts';
import type { Finding } from '#findings/finding.ts';
import { fileUri, rootBase } from './uri.ts';
import { lineHashes } from './line-hash.ts';

export interface HeadFiles {
  /** Text of a file of the head; nothing where there is no such file. */
  readonly text: (path: string) => string | undefined;
  /** First line of an object of the head: `Kind/namespace/name`, or a destination's id. */
  readonly locate?: (subject: string) => { readonly file: string; readonly line: number; readonly endLine?: number } | undefined;
  /** A file of the head that stands in where nothing else does, the first changed one for example. */
  readonly fallback?: string;
}

export interface Spot {
  readonly file: string;
  readonly startLine: number;
  readonly endLine: number;
}

/** Texts are split, and hashed, once per file. */
export class Places {
  readonly #files: HeadFiles;
  readonly #lines = new Map<string, readonly string[] | null>();
  readonly #hashes = new Map<string, readonly string[]>();

  constructor(files: HeadFiles) {
    this.#files = files;
  }

  #linesOf(file: string): readonly string[] | null {
    const known = this.#lines.get(file);
    if (known !== undefined) return known;
    const text = fileUri(file) === null ? undefined : this.#files.text(file);
    const lines = text === undefined ? null : text.split(/\r\n|\r|\n/);
    this.#lines.set(file, lines);
    return lines;
  }

  /** In the head, with its lines pulled into the file; a line that is gone becomes the last one. */
  spot(file: string, startLine: number, endLine: number): Spot | null {
    const lines = this.#linesOf(file);
    if (lines === null) return null;
    const start = Math.min(Math.max(1, startLine), lines.length);
    return { file, startLine: start, endLine: Math.min(Math.max(start, endLine), lines.length) };
  }

  /** The finding's own line, then a related one, then a cause, then what is exposed now, then line 1 of a file of the head. */
  primary(finding: Finding, changes: readonly Change[]): Spot | null {
    const own = finding.location;
    const causes = changes.flatMap((change) => change.causes);
    const right = [
      ...(own?.side === 'RIGHT' ? [own] : []),
      ...finding.related.filter((related) => related.side === 'RIGHT'),
      ...causes.filter((cause) => cause.side === 'RIGHT').map((cause) => ({ file: cause.file, startLine: cause.line, endLine: cause.endLine })),
    ];
    // A deleted control is better shown at what it protected than at another cause.
    const exposed = changes.flatMap((change) => change.destinations.map((destination) => destination.id));
    const subjects = own?.side === 'LEFT' ? [finding.resource, ...exposed] : [...exposed, finding.resource];
    const located = subjects.flatMap((subject) => {
      const found = this.#files.locate?.(subject);
      return found === undefined ? [] : [{ file: found.file, startLine: found.line, endLine: found.endLine ?? found.line }];
    });
    const lefts = [...(own === undefined ? [] : [own.file]), ...finding.related.map((related) => related.file), ...causes.map((cause) => cause.file)];
    const lines1 = [...lefts, ...(this.#files.fallback === undefined ? [] : [this.#files.fallback])].map((file) => ({ file, startLine: 1, endLine: 1 }));
    const order = own?.side === 'LEFT' ? [...located, ...right, ...lines1] : [...right, ...located, ...lines1];
    for (const { file, startLine, endLine } of order) {
      const spot = this.spot(file, startLine, endLine);
      if (spot !== null) return spot;
    }
    return null;
  }

  /** All four numbers of the region; columns count UTF-16 units from 1, the end is exclusive. */
  physical(spot: Spot): PhysicalLocation {
    const lines = this.#linesOf(spot.file) ?? [];
    const first = lines[spot.startLine - 1] ?? '';
    const last = lines[spot.endLine - 1] ?? '';
    const indent = first.length - first.trimStart().length;
    const startColumn = indent === first.length ? 1 : indent + 1;
    const endColumn = Math.max(last.trimEnd().length + 1, spot.startLine === spot.endLine ? startColumn + 1 : 2);
    return {
      artifactLocation: { uri: fileUri(spot.file) ?? '', uriBaseId: rootBase },
      region: { startLine: spot.startLine, startColumn, endLine: spot.endLine, endColumn },
    };
  }

  location(spot: Spot, extra: Pick<SarifLocation, 'id' | 'message'> = {}): SarifLocation {
    return { ...extra, physicalLocation: this.physical(spot) };
  }

  /** CodeQL's hash of the line. */
  lineHash(spot: Spot): string | undefined {
    let hashes = this.#hashes.get(spot.file);
    if (hashes === undefined) {
      hashes = lineHashes(this.#files.text(spot.file) ?? '');
      this.#hashes.set(spot.file, hashes);
    }
    return hashes[spot.startLine - 1];
  }
}
