/** Waypoints, what goes through them, and policies that stand there. */
import { fieldsAt, isFields } from './fields.ts';
import { objectOf, type Document } from './manifests.ts';
import type { Random } from './random.ts';

type Fields = Readonly<Record<string, unknown>>;

export const waypointName = 'door';

export function waypoint(namespace: string, waypointFor: string): Document {
  const document = objectOf('gateway.networking.k8s.io/v1', 'Gateway', namespace, waypointName, { spec: { gatewayClassName: 'istio-waypoint', listeners: [{ name: 'mesh', port: 15008, protocol: 'HBONE' }] } });
  return waypointFor === '' ? document : { ...document, metadata: { ...fieldsAt(document, 'metadata'), labels: { 'istio.io/waypoint-for': waypointFor } } };
}

/** The object, bound to the waypoint of its namespace or to none. */
export function bound(document: Document, yes: boolean): Document {
  const metadata = fieldsAt(document, 'metadata');
  const labels = Object.fromEntries(Object.entries(fieldsAt(metadata, 'labels')).filter(([key]) => key !== 'istio.io/use-waypoint'));
  return { ...document, metadata: { ...metadata, labels: yes ? { ...labels, 'istio.io/use-waypoint': waypointName } : labels } };
}

/** A policy that acts at the waypoint, or for one Service behind it. */
export function atWaypoint(random: Random, document: Document): Document {
  const spec = Object.fromEntries(Object.entries(fieldsAt(document, 'spec')).filter(([key]) => key !== 'selector'));
  const target = random.pick<Fields>([{ kind: 'Gateway', group: 'gateway.networking.k8s.io', name: waypointName }, { kind: 'Service', group: '', name: random.pick(['cart', 'front']) }]);
  return { ...document, spec: { ...spec, targetRefs: [target] } };
}

/** Some Services and namespaces send their callers through a waypoint, and some policies stand there. */
export function withWaypoints(random: Random, documents: readonly Document[]): readonly Document[] {
  const changed = documents.map((document) => {
    if (document.kind === 'Service' && fieldsAt(document, 'metadata')['name'] !== 'opa') return bound(document, random.chance(0.6));
    if (document.kind === 'Namespace') return bound(document, random.chance(0.3));
    if ((document.kind === 'AuthorizationPolicy' || document.kind === 'RequestAuthentication') && random.chance(0.5) && isFields(document['spec'])) return atWaypoint(random, document);
    return document;
  });
  return [...changed, waypoint('shop', random.pick(['', 'all', 'workload'])), ...(random.chance(0.5) ? [waypoint('web', '')] : [])];
}
