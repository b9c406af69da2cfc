import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { logLine } from '../../src/entry/action-log.ts';

/** As the runner reads a line. @see https://github.com/actions/runner/blob/main/src/Runner.Common/ActionCommand.cs */
function isCommand(line: string): boolean {
  return line.trim().startsWith('::') || line.includes('##[');
}

describe('a line of the log', () => {
  test.each([
    ['a line break before a command', 'name\n::error::owned'],
    ['a carriage return', 'name\r::error::owned'],
    ['a line separator', 'name\u2028::error::owned'],
    ['a command', '::set-output name=x::y'],
    ['a command behind blanks', ' \t ::error::owned'],
    ['an old command', 'x ##[error]owned'],
    ['an old command that is left when one is taken out', '####[[error]owned'],
  ])('holds no command: %s', (_, text) => {
    const line = logLine(text);
    expect(line).not.toMatch(/[\n\r\u2028]/);
    expect(isCommand(line)).toBe(false);
  });

  test('never holds one, whatever the text', () => {
    fc.assert(
      fc.property(fc.array(fc.constantFrom('::', ':', '##[', '#', '[', '\n', '\r', ' ', '\t', '\u00a0', '\ufeff', '\u200b', 'error', 'x'), { maxLength: 20 }), (parts) => {
        const line = logLine(parts.join(''));
        expect(line).not.toMatch(/[\n\r]/);
        expect(isCommand(line)).toBe(false);
      }),
    );
  });

  test('is bounded', () => {
    expect(logLine('x'.repeat(100_000)).length).toBeLessThan(5_000);
  });
});
