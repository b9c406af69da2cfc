import { getHeapSpaceStatistics, setFlagsFromString } from 'node:v8';

/** Bytes of the young generation, as far as it is in use; V8 would go on to twice as much. */
const enough = 64 * 1024 * 1024;

/**
 * Keeps the young generation from growing on once it holds enough: a larger one is no faster here and takes up to 100 MB more
 * (`bench/README.md`). V8 reads the factor whenever it thinks of growing; no size can be set while the program runs. To be asked before
 * each long stage, since small runs never come so far.
 */
export function keepYoungSmall(): void {
  const young = getHeapSpaceStatistics().find(({ space_name: name }) => name === 'new_space');
  if (young !== undefined && young.space_size >= enough) setFlagsFromString('--semi-space-growth-factor=1');
}
