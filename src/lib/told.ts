/** Three-valued answers: `undefined` = what was read does not tell. */
export type Told = boolean | undefined;

/** True where one surely holds, false where none can. */
export function someTold<T>(values: Iterable<T>, test: (value: T) => Told): Told {
  let answer: Told = false;
  for (const value of values) {
    const told = test(value);
    if (told === true) return true;
    if (told === undefined) answer = undefined;
  }
  return answer;
}

/** False where one surely fails, true where all surely hold. */
export function everyTold<T>(values: Iterable<T>, test: (value: T) => Told): Told {
  let answer: Told = true;
  for (const value of values) {
    const told = test(value);
    if (told === false) return false;
    if (told === undefined) answer = undefined;
  }
  return answer;
}
