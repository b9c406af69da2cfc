/** Ends a `switch` over a closed union: a new case stops the build at every place that must handle it. */
export function assertNever(value: never): never {
  throw new Error(`unexpected case: ${JSON.stringify(value)}`);
}
