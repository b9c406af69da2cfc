/** Which of a pod's own calls its sidecar meets (M69, M70, M72): what is kept from it leaves as the application sends it. */
import { blockHolds, parseCidr } from '#sets/ip.ts';
import { bypassing, captureDefaults, proxyIds } from './membership.ts';
import type { Mesh, Workload } from './model.ts';
import { isWorkload } from './ports.ts';
import { redirectionOf, type OutboundCapture } from './redirection.ts';

/** `around`: the connection leaves without the proxy; `unknown`: what decides is not in the manifests. */
export type OutboundWay = { readonly way: 'through' } | { readonly way: 'around' | 'unknown'; readonly rule: string; readonly because: string };

interface Captured {
  readonly capture: OutboundCapture;
  /** Containers that run as the proxy's own user or group. */
  readonly bypass: readonly string[];
  readonly containers: number;
}

const through: OutboundWay = { way: 'through' };

/**
 * Excluded ports come first, then interfaces, the proxy's own user, excluded ranges, and what is included.
 * @param address `undefined`: not in the manifests
 */
export function outboundWay(mesh: Mesh, workload: Workload, port: number, address: bigint | undefined): OutboundWay {
  const { capture, bypass, containers } = capturedBy(mesh, workload);
  const around = (because: string, rule = 'M69'): OutboundWay => ({ way: 'around', rule, because });
  const unknown = (because: string, rule = 'M69'): OutboundWay => ({ way: 'unknown', rule, because });
  if (capture.mode === 'none') return around('none of its outbound traffic goes through its sidecar');
  if (capture.excludePorts.includes(port)) return around(`\`excludeOutboundPorts\` keeps port ${String(port)} from its sidecar`);
  if (capture.excludeInterfaces.length > 0) return unknown(`whether the call leaves by ${named(capture.excludeInterfaces)}, which \`excludeInterfaces\` keeps from its sidecar`);
  if (bypass.length > 0 && bypass.length === containers) return around('its containers run as the user of the proxy, whose traffic no proxy meets', 'M72');
  if (bypass.length > 0) return unknown(`which container calls: traffic of ${named(bypass)} goes without the proxy, as whose user it runs`, 'M72');
  const excluded = within(capture.excludeRanges, address);
  if (excluded === 'yes') return around('`excludeOutboundIPRanges` keeps the address from its sidecar');
  if (excluded === 'unknown') return unknown(`whether the address that is called lies in ${named(capture.excludeRanges)}, which \`excludeOutboundIPRanges\` keeps from its sidecar`);
  if (capture.mode === 'all' || capture.includePorts.includes(port)) return through;
  switch (within(capture.includeRanges, address)) {
    case 'yes':
      return through;
    case 'no':
      return around('neither `includeOutboundIPRanges` nor `includeOutboundPorts` brings the call to its sidecar');
    case 'unknown':
      return unknown(`whether the address that is called lies in ${named(capture.includeRanges)}: \`includeOutboundIPRanges\` brings nothing else to its sidecar`);
  }
}

function named(texts: readonly string[]): string {
  return texts.map((text) => `\`${text}\``).join(' or ');
}

/** An address that is not told lies in every block of all addresses and in no list without blocks. */
function within(ranges: readonly string[], address: bigint | undefined): 'yes' | 'no' | 'unknown' {
  const blocks = ranges.flatMap((range) => parseCidr(range) ?? []);
  if (address !== undefined) return blocks.some((block) => blockHolds(block, address)) ? 'yes' : 'no';
  // In clusters of either family.
  if (ranges.includes('0.0.0.0/0') && ranges.includes('::/0')) return 'yes';
  return ranges.length === 0 ? 'no' : 'unknown';
}

/** Ports that the pod, or the install for it, names for outbound traffic. */
export function namedOutboundPorts(mesh: Mesh, workload: Workload): readonly number[] {
  const { capture } = capturedBy(mesh, workload);
  return [...capture.excludePorts, ...capture.includePorts];
}

/** Equal texts: every call goes the same way. */
export function outboundText(mesh: Mesh, workload: Workload): string {
  const { capture, bypass, containers } = capturedBy(mesh, workload);
  return JSON.stringify([capture, bypass.length === containers ? 'all' : bypass]);
}

const everything: Captured = { capture: { mode: 'all', excludeInterfaces: [], excludePorts: [], excludeRanges: [], includePorts: [], includeRanges: [] }, bypass: [], containers: 0 };

const known = new WeakMap<Mesh, WeakMap<Workload, Captured>>();

function capturedBy(mesh: Mesh, workload: Workload): Captured {
  const ofMesh = known.get(mesh) ?? new WeakMap<Workload, Captured>();
  known.set(mesh, ofMesh);
  const cached = ofMesh.get(workload);
  if (cached !== undefined) return cached;
  const fresh = captured(mesh, workload);
  ofMesh.set(workload, fresh);
  return fresh;
}

/** A pod that is refused never runs: it is judged as an init container would set it up, or without its annotations (as its inbound traffic is). */
function captured(mesh: Mesh, { enrolment, namespace, annotations, resource }: Workload): Captured {
  if (resource === undefined || !isWorkload(resource)) return everything;
  const { spec } = resource;
  const defaults = captureDefaults(enrolment.mode === 'sidecar' ? enrolment.revision : undefined, namespace, mesh.enrolmentWorld, mesh.config.interceptionMode);
  for (const [own, world] of [[annotations, defaults], [annotations, { ...defaults, cni: false, plugin: false }], [{}, defaults]] as const) {
    const redirected = redirectionOf(own, world, proxyIds(spec));
    if ('rejectedBy' in redirected) continue;
    const { outbound, exempt } = redirected;
    const applications = spec.containers.filter(({ name }) => name !== 'istio-proxy').map(({ name }) => name);
    return { capture: outbound, bypass: bypassing(spec, outbound.mode === 'none' ? undefined : exempt).filter((name) => applications.includes(name)), containers: applications.length };
  }
  return everything;
}
