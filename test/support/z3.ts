/** The solver z3 as a third opinion on a difference: it is asked for a point at which the engine is wrong. */
import { init, killThreads, Z3_lbool } from 'z3-solver';
import type { Cube, Path } from '#sets/cube.ts';
import { holds } from '#sets/matches.ts';
import type { Domain, Question } from './joint-diagram.ts';

/** Numbers as ranges. */
function ranges(numbers: readonly number[], name: string): string {
  const parts: string[] = [];
  for (let at = 0; at < numbers.length; ) {
    const first = numbers[at] as number;
    let end = first;
    while (at < numbers.length && numbers[at] === end) {
      end += 1;
      at += 1;
    }
    parts.push(end === first + 1 ? `(= ${name} ${String(first)})` : `(and (>= ${name} ${String(first)}) (< ${name} ${String(end)}))`);
  }
  return either(parts);
}

function both(parts: readonly string[]): string {
  return parts.length === 0 ? 'true' : `(and ${parts.join(' ')})`;
}

function either(parts: readonly string[]): string {
  return parts.length === 0 ? 'false' : `(or ${parts.join(' ')})`;
}

/** SMT-LIB text: a whole number for each dimension, that counts its classes; one of the two sets holds the point and the other does not. */
export function apartText(question: Question, said: readonly Cube[], domain: Domain): string {
  const names = new Map([...domain.keys()].map((dimension, index) => [dimension, `x${String(index)}`]));
  const inCube = (cube: Cube): string =>
    both(
      cube.predicates.map((predicate) => {
        const accepted = (domain.get(predicate.dimension) ?? []).flatMap((value, index) => (holds(predicate, value) ? [index] : []));
        return ranges(accepted, names.get(predicate.dimension) ?? '');
      }),
    );
  const inSome = (cubes: readonly Cube[]): string => either(cubes.map(inCube));
  const passes = (paths: readonly Path[]): string => either(paths.map((path) => both(path.layers.flatMap((layer) => [...(layer.allow === 'all' ? [] : [inSome(layer.allow)]), `(not ${inSome(layer.deny)})`]))));
  const difference = both([passes(question.to), `(not ${passes(question.from)})`, ...(question.within === undefined ? [] : [inSome(question.within)])]);
  return [
    ...[...domain].map(([dimension, values]) => `(declare-const ${names.get(dimension) ?? ''} Int) (assert (and (>= ${names.get(dimension) ?? ''} 0) (< ${names.get(dimension) ?? ''} ${String(values.length)})))`),
    `(assert (not ${inSome(question.impossible)}))`,
    `(assert (not (= ${difference} ${inSome(said)})))`,
  ].join('\n');
}

/** `unknown`: out of time. */
export type Answer = 'same' | 'differs' | 'unknown';

export interface Z3 {
  readonly compare: (question: Question, said: readonly Cube[], domain: Domain) => Promise<Answer>;
  /** Its threads keep the process alive until then. */
  readonly close: () => Promise<void>;
}

export async function startZ3(milliseconds: number): Promise<Z3> {
  const api = await init();
  const { Z3 } = api;
  const context = Z3.mk_context(Z3.mk_config());
  return {
    compare: async (question, said, domain) => {
      const solver = Z3.mk_solver(context);
      Z3.solver_inc_ref(context, solver);
      const limits = Z3.mk_params(context);
      Z3.params_inc_ref(context, limits);
      Z3.params_set_uint(context, limits, Z3.mk_string_symbol(context, 'timeout'), milliseconds);
      Z3.solver_set_params(context, solver, limits);
      // NOTE: not `eval_smtlib2_string`, which reads its text in another thread after the caller's memory for it is gone.
      Z3.solver_from_string(context, solver, apartText(question, said, domain));
      const found = await Z3.solver_check(context, solver);
      Z3.params_dec_ref(context, limits);
      Z3.solver_dec_ref(context, solver);
      return found === Z3_lbool.Z3_L_FALSE ? 'same' : found === Z3_lbool.Z3_L_TRUE ? 'differs' : 'unknown';
    },
    close: async () => {
      await killThreads(api.em);
    },
  };
}
