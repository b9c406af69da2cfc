/** Folders whose every file may shape a rendered manifest: helper templates, notes and files of a chart. */
const chartFolder = /(?:^|\/)(?:templates|files|crds)\//u;
const wantedName = /(?:\.(?:ya?ml|json|tpl|env|properties)|(?:^|\/)(?:kustomization|chart\.lock|\.helmignore|\.sourceignore|\.gitmodules))$/iu;

/**
 * Whether the content of a path is read at all: YAML and JSON, kustomizations and lines that they generate from, what Flux leaves out, everything below a chart's folders. Decided by the path alone,
 * the same for both sides; which of them are manifests is decided later by their text (R17).
 */
export function wantedPath(path: string): boolean {
  return wantedName.test(path) || chartFolder.test(path);
}
