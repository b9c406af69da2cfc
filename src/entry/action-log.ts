/**
 * What is printed in the job's log. The runner reads commands from it (`::error::`, `##[add-mask]`), so a name from a manifest
 * must never start a line or hold such a mark.
 * @see https://docs.github.com/en/actions/reference/workflows-and-actions/workflow-commands
 */
import * as core from '@actions/core';
import { clip, plain } from '#report/plain.ts';

const longest = 4_000;

/** One visible line in which the runner finds no command. */
export function logLine(text: string): string {
  const line = clip(plain(clip(text, longest)), longest).replaceAll('##[', '## [');
  return /^\s*::/.test(line) ? line.replace('::', ': :') : line;
}

export interface AnnotationPlace {
  readonly file: string;
  readonly startLine: number;
  readonly endLine: number;
}

export interface Log {
  info(text: string): void;
  notice(text: string): void;
  warning(text: string): void;
  annotate(level: 'error' | 'warning' | 'notice', title: string, text: string, place: AnnotationPlace | null): void;
  /** Lines in a group that the reader opens. */
  group(title: string, text: string): void;
  /** The one line that says why the step failed. */
  failed(text: string): void;
}

export const actionLog: Log = {
  info: (text) => {
    core.info(logLine(text));
  },
  notice: (text) => {
    core.notice(logLine(text));
  },
  warning: (text) => {
    core.warning(logLine(text));
  },
  annotate: (level, title, text, place) => {
    const properties = { title: logLine(title), ...(place === null ? {} : { file: logLine(place.file), startLine: place.startLine, endLine: place.endLine }) };
    core[level](logLine(text), properties);
  },
  group: (title, text) => {
    core.startGroup(logLine(title));
    for (const line of text.trimEnd().split('\n')) core.info(logLine(line));
    core.endGroup();
  },
  failed: (text) => {
    core.setFailed(logLine(text));
  },
};
