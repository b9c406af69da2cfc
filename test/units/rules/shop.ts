/** The small shop that the tests of the rules deploy in many ways. */
import { deployment, mtls, namespace } from '../../support/manifests.ts';
import { stream } from '../../support/tree.ts';

/** One workload of the mesh, `shop/web`. */
export const workload = stream(namespace('shop', { 'istio-injection': 'enabled' }), deployment({ name: 'web', namespace: 'shop' }, { app: 'web' }));

export const strict = mtls({ name: 'default', namespace: 'shop' }, 'STRICT');
export const lax = mtls({ name: 'default', namespace: 'shop' }, 'PERMISSIVE');

export const chart = 'apiVersion: v2\nname: shop\nversion: 1.0.0\n';

/** A template whose mode is a value. */
export const template = 'apiVersion: security.istio.io/v1\nkind: PeerAuthentication\nmetadata: {name: default, namespace: shop}\nspec: {mtls: {mode: "{{ .Values.mode }}"}}\n';

/** A Flux Kustomization that deploys a folder of the repository. */
export function flux(path: string, name = 'apps', more = ''): string {
  return `apiVersion: kustomize.toolkit.fluxcd.io/v1\nkind: Kustomization\nmetadata: {name: ${name}, namespace: flux-system}\nspec:\n  path: ./${path}\n  sourceRef: {kind: GitRepository, name: flux-system}\n${more}`;
}

/** An Argo CD Application that deploys a folder of the repository. */
export function argo(source: string, name = 'apps', destination = 'namespace: shop'): string {
  return `apiVersion: argoproj.io/v1alpha1\nkind: Application\nmetadata: {name: ${name}, namespace: argocd}\nspec:\n  source: {repoURL: "https://git.example/bank/infra", ${source}}\n  destination: {${destination}}\n`;
}
