/** Questions from a file: one JSON object a line, in the words of `docs/questions.md`. */
import type { Query } from '#posture/query.ts';
import { InputError } from './input-error.ts';
import { questionProblem } from './entry-schema.ts';
import { readQuery } from './scenarios.ts';

export function readQueries(text: string, file: string): readonly Query[] {
  return text.split('\n').flatMap((source, index): readonly Query[] => {
    if (source.trim() === '') return [];
    let value: unknown;
    try {
      value = JSON.parse(source);
    } catch {
      throw new InputError(`${file}:${index + 1}: not a JSON value`, 'write one question a line');
    }
    const problem = questionProblem(value);
    const query = readQuery(value);
    if (problem !== undefined || query === undefined) throw new InputError(`${file}:${index + 1}: ${problem?.message ?? 'no question'}`, 'write the question as `docs/questions.md` has it');
    return [query];
  });
}
