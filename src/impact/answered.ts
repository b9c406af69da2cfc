/** Witnesses that were answered when they were found: a report that prints one as it is need not ask again. */
import type { Mesh } from '#mesh/model.ts';
import type { Witness } from './change.ts';
import type { RawChange } from './raw-change.ts';

type Answered = NonNullable<RawChange['witness']>;

interface Meshes {
  readonly base: Mesh;
  readonly head: Mesh;
}

const answeredOn = new WeakMap<Answered, Meshes>();
const printedFrom = new WeakMap<Witness, Answered>();

/** Both answers are the evaluator's, to this very query, on these sides. */
export function noteAnswered(answered: Answered, { base, head }: Meshes): void {
  answeredOn.set(answered, { base, head });
}

export function notePrinted(printed: Witness, answered: Answered): void {
  printedFrom.set(printed, answered);
}

/** The printed request, its answers and the sides are those with which the evaluator was asked: it answers equal questions equally. */
export function isAnswered(printed: Witness, { base, head }: Meshes): boolean {
  const answered = printedFrom.get(printed);
  const on = answered === undefined ? undefined : answeredOn.get(answered);
  if (answered === undefined || on?.base !== base || on.head !== head) return false;
  const { query } = answered;
  return query.from === printed.from && query.to === printed.to && query.request === printed.request && query.given === printed.given && answered.base.verdict === printed.base.verdict && answered.head.verdict === printed.head.verdict;
}
