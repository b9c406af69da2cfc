/** A signal ends the process through its exit, so that what it started ends with it and its temporary folders go. */
const signals = { SIGHUP: 1, SIGINT: 2, SIGTERM: 15 } as const;

/** The exit code is 128 and the number of the signal, as shells have it: never 0. */
export function endOnSignals(): void {
  for (const [name, number] of Object.entries(signals)) {
    process.once(name, () => {
      process.exit(128 + number);
    });
  }
}
