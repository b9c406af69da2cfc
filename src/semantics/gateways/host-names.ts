/**
 * Names as Istio compares them: a leading `*` stands for any beginning, and comparing is a comparison of endings (M115, M116, M122).
 * @see https://istio.io/latest/docs/reference/config/networking/gateway/#Server
 */

function isWild(name: string): boolean {
  return name.startsWith('*');
}

/** Some name belongs to both. */
export function namesOverlap(left: string, right: string): boolean {
  return isWithin(left, right) || isWithin(right, left);
}

/** Every name of `inner` belongs to `outer`. */
export function isWithin(inner: string, outer: string): boolean {
  if (!isWild(outer)) return inner === outer;
  if (!isWild(inner)) return inner.endsWith(outer.slice(1));
  return inner.length >= outer.length && inner.slice(1).endsWith(outer.slice(1));
}

/** The narrower of each pair that overlaps, in the order of the first list. */
export function commonNames(left: readonly string[], right: readonly string[]): readonly string[] {
  const found = new Set<string>();
  for (const one of left) {
    for (const other of right) {
      if (isWithin(one, other)) found.add(one);
      else if (isWithin(other, one)) found.add(other);
    }
  }
  return [...found];
}

/** A host of a server is `dns` or `namespace/dns` (M115): those that VirtualServices of the namespace may bind. */
export function namesFor(hosts: readonly string[], namespace: string): readonly string[] {
  return hosts.flatMap((host) => {
    const slash = host.indexOf('/');
    if (slash < 0) return [host];
    return host.slice(0, slash) === namespace || host.slice(0, slash) === '*' ? [host.slice(slash + 1)] : [];
  });
}

export function withoutNamespace(host: string): string {
  return host.slice(host.indexOf('/') + 1);
}
