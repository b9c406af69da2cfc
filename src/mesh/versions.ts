/** `[1, 30, 2]` of `1.30.2`, `v1.30`, `1.30-alpha`; missing parts are the newest patch of that minor. */
export function versionParts(version: string): readonly [number, number, number] {
  const match = /^v?(\d+)\.(\d+)(?:\.(\d+))?/.exec(version);
  if (match === null) return [1, 999, 999];
  return [Number(match[1]), Number(match[2]), match[3] === undefined ? 999 : Number(match[3])];
}

/** `version` is `floor` or newer. A minor without patch stands for its newest patch. */
export function atLeast(version: string, floor: string): boolean {
  const [major, minor, patch] = versionParts(version);
  const [floorMajor, floorMinor, floorPatch] = versionParts(floor);
  if (major !== floorMajor) return major > floorMajor;
  if (minor !== floorMinor) return minor > floorMinor;
  return patch >= (floorPatch === 999 ? 0 : floorPatch);
}
