/** Properties as in the tests, with fewer runs and without shrinking: here a failure is all that is asked for. */
import fc from 'fast-check';

export * from 'fast-check';

declare const __mutation: { capped: boolean };

const most = 40;

const capped = {
  ...fc,
  assert<Values>(property: fc.IRawProperty<Values>, parameters: fc.Parameters<Values> = {}): void {
    __mutation.capped = true;
    const found = fc.check(property, { ...parameters, seed: parameters.seed ?? 1, numRuns: Math.min(most, parameters.numRuns ?? 100), endOnFailure: true });
    if (!(found instanceof Promise) && found.failed) throw found.errorInstance instanceof Error ? found.errorInstance : new Error('the property does not hold');
  },
};

export default capped;
