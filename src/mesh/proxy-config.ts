/** The annotation `proxy.istio.io/config`: a whole ProxyConfig over that of the mesh (M61, M96). Unknown fields are ignored. */
import { parse } from 'yaml';
import type { Labels } from './selection.ts';

/** What is read of it; `undefined`: the injector cannot read the text and refuses the pod. */
export interface OwnProxyConfig {
  /** REDIRECT is the zero value and lost. */
  readonly interceptionMode: 'NONE' | 'TPROXY' | undefined;
  /** `ISTIO_META_ENABLE_HBONE` of its `proxyMetadata` (M52). */
  readonly hbone: boolean | undefined;
  /** `gatewayTopology.numTrustedProxies` (A3.25); 0 is the zero value and lost. */
  readonly trustedProxies: number | undefined;
}

const silent: OwnProxyConfig = { interceptionMode: undefined, hbone: undefined, trustedProxies: undefined };
const known = new Map<string, OwnProxyConfig | undefined>();

export function ownProxyConfig(annotations: Labels): OwnProxyConfig | undefined {
  const text = annotations['proxy.istio.io/config'];
  if (text === undefined || text.trim() === '') return silent;
  if (!known.has(text)) known.set(text, read(text));
  return known.get(text);
}

function read(text: string): OwnProxyConfig | undefined {
  let value: unknown;
  try {
    value = parse(text, { version: '1.1', uniqueKeys: false, logLevel: 'error' });
  } catch {
    return undefined;
  }
  if (value === null || value === undefined) return silent;
  if (!isFields(value)) return undefined;
  const mode = value['interceptionMode'];
  if (mode !== undefined && mode !== null && !['REDIRECT', 'TPROXY', 'NONE', 0, 1, 2].some((each) => each === mode)) return undefined;
  const metadata = value['proxyMetadata'];
  const topology = value['gatewayTopology'];
  const proxies = isFields(topology) ? topology['numTrustedProxies'] : undefined;
  const tunnels = isFields(metadata) ? metadata['ISTIO_META_ENABLE_HBONE'] : undefined;
  return {
    interceptionMode: mode === 'NONE' || mode === 2 ? 'NONE' : mode === 'TPROXY' || mode === 1 ? 'TPROXY' : undefined,
    hbone: tunnels === undefined ? undefined : tunnels === true || tunnels === 'true',
    trustedProxies: typeof proxies === 'number' && proxies > 0 ? proxies : undefined,
  };
}

function isFields(value: unknown): value is Readonly<Record<string, unknown>> {
  return value !== null && typeof value === 'object' && !Array.isArray(value);
}
