import { setFlagsFromString } from 'node:v8';

/**
 * A review calls thousands of functions for some seconds: V8's last compiler would work on more of them than ever pay for it, a sixth
 * of all processor time (`bench/README.md`). It gets only those that are called very often. The number is read at each decision, so
 * that it may be set while the program runs; Node before 24 does not know it.
 */
export function compileLess(): void {
  if (Number(process.versions.node.split('.')[0]) >= 24) setFlagsFromString('--invocation-count-for-turbofan=60000');
}
