/**
 * What the API server asks of a NetworkPolicy beyond names and types (M139, M140): a policy that it refuses is not in force, whatever it says.
 * @see https://kubernetes.io/docs/reference/kubernetes-api/policy-resources/network-policy-v1/
 */
import { mayHoldUnresolved } from '#lib/unresolved.ts';
import { rangeBits } from './go-values.ts';
import { clip } from './shape.ts';

type Written = Readonly<Record<string, unknown>>;

/** M139: a peer names pods, namespaces, both, or addresses; addresses stand alone. */
export function networkPeerRule(peer: Written): string | undefined {
  const selects = ['podSelector', 'namespaceSelector'].filter((key) => isSet(peer[key]));
  if (isSet(peer['ipBlock'])) return selects.length === 0 ? undefined : `\`ipBlock\` stands alone in a peer: \`${selects.join('` and `')}\` beside it is refused`;
  return selects.length > 0 ? undefined : 'a peer needs `podSelector`, `namespaceSelector` or `ipBlock`';
}

/** M140: a range of ports needs its first number. */
export function networkPortRule({ port, endPort }: Written): string | undefined {
  if (!isSet(endPort)) return undefined;
  if (!isSet(port)) return '`endPort` needs a `port`';
  if (typeof port === 'string') return mayHoldUnresolved(port) ? undefined : `\`endPort\` needs a numeric \`port\`, not the name \`${clip(port)}\``;
  return typeof port === 'number' && typeof endPort === 'number' && endPort < port ? `\`endPort\` ${String(endPort)} is less than \`port\` ${String(port)}` : undefined;
}

export function addressRangeRule(value: string): string | undefined {
  return mayHoldUnresolved(value) || rangeBits(value) !== undefined ? undefined : `\`${clip(value)}\` is no address range`;
}

/** M139: what is taken out lies strictly inside. */
export function addressBlockRule({ cidr, except }: Written): string | undefined {
  const whole = typeof cidr === 'string' ? rangeBits(cidr) : undefined;
  if (whole === undefined || !Array.isArray(except)) return undefined;
  const ranges: readonly unknown[] = except;
  const outside = ranges.find((range) => {
    const inner = typeof range === 'string' ? rangeBits(range) : undefined;
    return inner !== undefined && !(inner.family === whole.family && inner.bits.length > whole.bits.length && inner.bits.startsWith(whole.bits));
  });
  return typeof outside === 'string' ? `\`except\` ${clip(outside)} does not lie inside \`cidr\` ${clip(String(cidr))}` : undefined;
}

function isSet(value: unknown): boolean {
  return value !== undefined && value !== null;
}
