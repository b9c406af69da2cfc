/** Folders whose every file may shape a rendered manifest: helper templates, notes and files of a chart. */
const chartFolder = /(?:^|\/)(?:templates|files|crds)\//u;
const wantedName = /(?:\.(?:ya?ml|json|tpl)|(?:^|\/)(?:kustomization|chart\.lock|\.helmignore|\.gitmodules))$/iu;

/**
 * Whether the content of a path is read at all: YAML and JSON, kustomizations, everything below a chart's folders. Decided by the path alone,
 * the same for both sides; which of them are manifests is decided later by their text (R17).
 */
export function wantedPath(path: string): boolean {
  return wantedName.test(path) || chartFolder.test(path);
}
