/** How words are set off on a terminal. Whether to colour is decided by the caller (`NO_COLOR`, not a terminal): nothing here asks. */
export interface Styles {
  readonly bold: (text: string) => string;
  readonly dim: (text: string) => string;
  readonly red: (text: string) => string;
  readonly yellow: (text: string) => string;
  readonly green: (text: string) => string;
  readonly cyan: (text: string) => string;
}

const same = (text: string): string => text;

export const noStyles: Styles = { bold: same, dim: same, red: same, yellow: same, green: same, cyan: same };

const sgr =
  (open: number, close: number) =>
  (text: string): string =>
    text === '' ? '' : `\u001b[${String(open)}m${text}\u001b[${String(close)}m`;

/** ECMA-48 select graphic rendition, the eight colours that every theme defines. */
export const ansiStyles: Styles = { bold: sgr(1, 22), dim: sgr(2, 22), red: sgr(31, 39), yellow: sgr(33, 39), green: sgr(32, 39), cyan: sgr(36, 39) };

export interface TextOptions {
  readonly styles: Styles;
  /** Columns; below 60 tables are cut at 60. */
  readonly width: number;
  /** Show every existing finding, every resource and every caller, not only what changed. */
  readonly verbose?: boolean;
}

export const defaultTextOptions: TextOptions = { styles: noStyles, width: 100 };
