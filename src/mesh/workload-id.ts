/** The namespace in `namespace/name[Kind]`: a placeholder namespace (`~apps/shop`, R22) has slashes of its own, a name has none. */
export function namespaceOfId(id: string): string {
  return id.slice(0, Math.max(0, id.lastIndexOf('/')));
}
