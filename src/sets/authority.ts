/** The name in an authority: without its port, and in lower case, as a proxy looks for the host that it routes by (M116). */
export function hostName(authority: string): string {
  const colon = authority.lastIndexOf(':');
  return colon < 0 || authority.lastIndexOf(']') > colon ? authority : authority.slice(0, colon);
}
