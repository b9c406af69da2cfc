/**
 * Gateways whose pods no manifest declares (R29, M110): the selector of an Istio Gateway stands for them, in the namespace where a Service or policies
 * look for such pods, else in the root namespace, where Istio's installation puts them.
 */
import { compareText, distinct } from '#lib/order.ts';
import { ofKind } from '#mesh/attachment.ts';
import { gatewayPods, installedLabels, type GatewayPods } from '#mesh/gateway-pods.ts';
import type { Mesh } from '#mesh/model.ts';
import { selects, selectorText, type Labels } from '#mesh/selection.ts';
import { workloadsWith } from '#mesh/workload-index.ts';
import { boundTo, servedBy } from '#semantics/gateways/served.ts';

/** Their ids, `namespace/key=value`: the selectors of all sides, where nothing matches on the first. */
export function phantomGateways(meshes: readonly Mesh[]): readonly string[] {
  const [first] = meshes;
  // A whole cluster has all the pods that there are.
  if (first === undefined || meshes.some(({ world }) => world === 'closed')) return [];
  const bySelf = new Map<string, { readonly text: string; readonly labels: Labels }>();
  for (const selector of meshes.flatMap((mesh) => ofKind(mesh, 'Gateway').flatMap(({ spec }) => (spec.selector === undefined ? [] : [spec.selector])))) {
    if (Object.keys(selector).length === 0 || workloadsWith(first, undefined, selector).length > 0) continue;
    const labels = installedLabels(selector);
    const [key, text] = [selectorText(labels), selectorText(selector)];
    const known = bySelf.get(key);
    if (known === undefined || text < known.text) bySelf.set(key, { text, labels });
  }
  return [...bySelf.values()].flatMap(({ text, labels }) => placesOf(meshes, labels).map((namespace) => `${namespace}/${text}`)).sort(compareText);
}

/** Where such pods may be. */
function placesOf(meshes: readonly Mesh[], labels: Labels): readonly string[] {
  const names = (selector: Labels | undefined): boolean => selector !== undefined && Object.keys(selector).length > 0 && selects(selector, labels);
  const services = meshes.flatMap((mesh) => ofKind(mesh, 'Service').flatMap(({ namespace = '', spec }) => (names(spec.selector) ? [namespace] : [])));
  if (services.length > 0) return distinct(services);
  const roots = meshes.map(({ config }) => config.rootNamespace);
  const policed = meshes.flatMap((mesh) => [...ofKind(mesh, 'AuthorizationPolicy'), ...ofKind(mesh, 'RequestAuthentication')].flatMap(({ namespace = '', spec }) => (names(spec.selector?.matchLabels) && !roots.includes(namespace) ? [namespace] : [])));
  // A namespace without anything else is one for gateways, which are deployed from elsewhere.
  const own = policed.filter((namespace) => meshes.every((mesh) => workloadsWith(mesh, namespace, {}).length === 0));
  return distinct(own.length > 0 ? own : [...roots, ...policed]);
}

/** Those to which some side has routes: what their policies say is told of the backends behind them. */
export function routedPhantoms(meshes: readonly Mesh[]): readonly GatewayPods[] {
  return phantomGateways(meshes).flatMap((id) => {
    const sides = meshes.flatMap((mesh) => {
      const pods = gatewayPods(mesh, id, undefined);
      return pods === undefined ? [] : [{ mesh, pods }];
    });
    const routed = sides.some(({ mesh, pods }) => {
      const served = servedBy(mesh, pods, {});
      return served.gateways.some((gateway) => boundTo(served, gateway).length > 0);
    });
    return routed ? sides.slice(0, 1).map(({ pods }) => pods) : [];
  });
}
