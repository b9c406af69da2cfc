/** The namespace in `namespace/name[Kind]`: a placeholder namespace (`~apps/shop`, R22) has slashes of its own, a name has none. */
export function namespaceOfId(id: string): string {
  return id.slice(0, Math.max(0, id.lastIndexOf('/')));
}

/** `namespace/account` of a caller, taken apart. */
export function accountOfId(id: string): { readonly namespace: string; readonly account: string } {
  return { namespace: namespaceOfId(id), account: id.slice(id.lastIndexOf('/') + 1) };
}
