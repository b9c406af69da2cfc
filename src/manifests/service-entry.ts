import { choiceAt, entriesAt, fieldsAt, fieldsOr, numberAt, textMap, textMapAt, textOr, textsAt, type Fields } from './reading.ts';
import { decodeIstioPort, type IstioPort } from './gateway.ts';
import { decodeWorkloadLabels, type WorkloadLabels } from './selector.ts';

export interface ServiceEntrySpec {
  readonly hosts: readonly string[];
  /** Without any, resolution NONE and a TCP port, the port is open to every address (M102). */
  readonly addresses: readonly string[];
  readonly ports: readonly IstioPort[];
  /** Omitted = MESH_EXTERNAL (M section 0). */
  readonly location: 'MESH_EXTERNAL' | 'MESH_INTERNAL';
  /** Omitted = NONE (M section 0). */
  readonly resolution: 'NONE' | 'STATIC' | 'DNS' | 'DNS_ROUND_ROBIN' | 'DYNAMIC_DNS';
  readonly endpoints: readonly WorkloadEntrySpec[];
  readonly workloadSelector: WorkloadLabels | undefined;
  /** Empty = the mesh's default; ztunnel and waypoints take no notice (M104). */
  readonly exportTo: readonly string[];
  readonly subjectAltNames: readonly string[];
}

/** A WorkloadEntry, or one endpoint of a ServiceEntry. */
export interface WorkloadEntrySpec {
  readonly address: string;
  /** By port name. */
  readonly ports: ReadonlyMap<string, number>;
  readonly labels: Readonly<Record<string, string>>;
  readonly network: string;
  readonly locality: string;
  /** Empty = none stated. */
  readonly serviceAccount: string;
  readonly weight: number;
}

export interface WorkloadGroupSpec {
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
  readonly template: WorkloadEntrySpec;
}

export function decodeServiceEntry(manifest: Fields): ServiceEntrySpec {
  const spec = fieldsOr(manifest, 'spec');
  return {
    hosts: textsAt(spec, 'hosts'),
    addresses: textsAt(spec, 'addresses'),
    ports: entriesAt(spec, 'ports').map(decodeIstioPort),
    location: choiceAt(spec, 'location', ['MESH_EXTERNAL', 'MESH_INTERNAL'], 'MESH_EXTERNAL'),
    resolution: choiceAt(spec, 'resolution', ['NONE', 'STATIC', 'DNS', 'DNS_ROUND_ROBIN', 'DYNAMIC_DNS'], 'NONE'),
    endpoints: entriesAt(spec, 'endpoints').map(decodeEndpoint),
    workloadSelector: decodeWorkloadLabels(spec),
    exportTo: textsAt(spec, 'exportTo'),
    subjectAltNames: textsAt(spec, 'subjectAltNames'),
  };
}

export function decodeWorkloadEntry(manifest: Fields): WorkloadEntrySpec {
  return decodeEndpoint(fieldsOr(manifest, 'spec'));
}

export function decodeWorkloadGroup(manifest: Fields): WorkloadGroupSpec {
  const spec = fieldsOr(manifest, 'spec');
  const metadata = fieldsOr(spec, 'metadata');
  return { labels: textMapAt(metadata, 'labels') ?? textMap({}), annotations: textMapAt(metadata, 'annotations') ?? textMap({}), template: decodeEndpoint(fieldsOr(spec, 'template')) };
}

function decodeEndpoint(endpoint: Fields): WorkloadEntrySpec {
  const ports = new Map<string, number>();
  const written = fieldsAt(endpoint, 'ports');
  if (written !== undefined) {
    for (const name of Object.keys(written)) {
      const port = numberAt(written, name);
      if (port !== undefined) ports.set(name, port);
    }
  }
  return {
    address: textOr(endpoint, 'address'),
    ports,
    labels: textMapAt(endpoint, 'labels') ?? textMap({}),
    network: textOr(endpoint, 'network'),
    locality: textOr(endpoint, 'locality'),
    serviceAccount: textOr(endpoint, 'serviceAccount'),
    weight: numberAt(endpoint, 'weight') ?? 0,
  };
}
