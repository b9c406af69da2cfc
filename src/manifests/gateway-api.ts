/**
 * Gateway API: GatewayClass, Gateway, ListenerSet, ReferenceGrant, BackendTLSPolicy. Routes: `routes.ts`.
 * @see https://gateway-api.sigs.k8s.io/reference/spec/
 */
import { choiceAt, entriesAt, fieldsAt, fieldsOr, numberAt, textAt, textMap, textMapAt, textOr, textsAt, type Fields } from './reading.ts';
import { decodeLabelSelector, labelSelectorShape, type LabelSelector } from './selector.ts';
import { anything, list, map, object, oneOf, text, unread, whole } from './shape.ts';

export interface GatewayClassSpec {
  readonly controllerName: string;
}

export interface KubernetesGatewaySpec {
  readonly gatewayClassName: string;
  /** A `Hostname` names a Service that is deployed by hand (M120). */
  readonly addresses: readonly { readonly type: string; readonly value: string }[];
  readonly listeners: readonly Listener[];
  /** Labels and annotations that the deployed pods and Services get. */
  readonly infrastructureLabels: Readonly<Record<string, string>>;
  readonly infrastructureAnnotations: Readonly<Record<string, string>>;
  /** Client certificates at all TLS listeners, and at single ports (M126). */
  readonly clientValidation: ClientValidation | undefined;
  readonly clientValidationByPort: ReadonlyMap<number, ClientValidation>;
  /** Which ListenerSets may join: none by default (M127). */
  readonly allowedListeners: NamespacesFrom;
  readonly addressesAreAssigned: boolean;
}

export interface ClientValidation {
  readonly caCertificates: readonly ObjectReference[];
  /** `AllowInsecureFallback` takes clients without or with an untrusted certificate. */
  readonly mode: 'AllowValidOnly' | 'AllowInsecureFallback';
}

export interface Listener {
  readonly name: string;
  /** Empty = any. */
  readonly hostname: string;
  readonly port: number;
  readonly protocol: string;
  readonly tls: ListenerTls | undefined;
  /** Which namespaces' routes may attach: Same by default (M121). */
  readonly allowedNamespaces: NamespacesFrom;
  /** Empty = all kinds that fit the protocol. */
  readonly allowedKinds: readonly { readonly group: string; readonly kind: string }[];
}

export interface ListenerTls {
  /** Omitted = Terminate. */
  readonly mode: 'Terminate' | 'Passthrough';
  readonly certificates: readonly ObjectReference[];
  /** `gateway.istio.io/tls-terminate-mode` and others (M126). */
  readonly options: Readonly<Record<string, string>>;
  /** The experimental place of client validation. */
  readonly clientValidation: ClientValidation | undefined;
}

export type NamespacesFrom = { readonly from: 'All' | 'Same' | 'None' } | { readonly from: 'Selector'; readonly selector: LabelSelector | undefined };

export interface ObjectReference {
  readonly group: string;
  readonly kind: string;
  readonly name: string;
  /** `undefined`: the referrer's own. */
  readonly namespace: string | undefined;
}

export interface ListenerSetSpec {
  readonly parent: ObjectReference;
  readonly listeners: readonly Listener[];
}

export interface ReferenceGrantSpec {
  readonly from: readonly { readonly group: string; readonly kind: string; readonly namespace: string }[];
  /** Without a name: every object of the kind. */
  readonly to: readonly { readonly group: string; readonly kind: string; readonly name: string | undefined }[];
}

export interface BackendTlsPolicySpec {
  readonly targets: readonly { readonly group: string; readonly kind: string; readonly name: string; readonly sectionName: string | undefined }[];
  readonly hostname: string;
  readonly caCertificates: readonly ObjectReference[];
  readonly wellKnownCaCertificates: string;
  readonly subjectAltNames: readonly string[];
}

const reference = object({ group: text(), kind: text(), name: text(), namespace: text() });
const namespaces = object({ from: oneOf('All', 'Selector', 'Same', 'None'), selector: labelSelectorShape });
const validation = object({ caCertificateRefs: list(reference), mode: text() });
const listener = object(
  {
    name: text(),
    hostname: text(),
    port: whole({ min: 0, max: 65535 }),
    protocol: text(),
    tls: object({ mode: oneOf('Terminate', 'Passthrough'), certificateRefs: list(reference), options: map(text()), frontendValidation: validation }),
    allowedRoutes: object({ namespaces, kinds: list(object({ group: text(), kind: text() })) }),
  },
  { required: ['name', 'protocol'] },
);

export const gatewayClassShape = object({ controllerName: text(), ...unread('description', 'parametersRef') }, { required: ['controllerName'] });
export const kubernetesGatewayShape = object(
  {
    gatewayClassName: text(),
    addresses: list(object({ type: text(), value: text() })),
    listeners: list(listener, { max: 64 }),
    infrastructure: object({ labels: map(text()), annotations: map(text()), parametersRef: anything }),
    tls: object({
      frontend: object({ default: object({ validation }), perPort: list(object({ port: whole(), tls: object({ validation }) })) }),
      ...unread('backend'),
    }),
    allowedListeners: object({ namespaces }),
    ...unread('backendTLS', 'defaultScope'),
  },
  { required: ['gatewayClassName'] },
);
export const listenerSetShape = object({ parentRef: reference, listeners: list(listener, { max: 64 }) }, { required: ['parentRef'] });
export const referenceGrantShape = object({
  from: list(object({ group: text(), kind: text(), namespace: text() }, { required: ['kind', 'namespace'] })),
  to: list(object({ group: text(), kind: text(), name: text() }, { required: ['kind'] })),
});
export const backendTlsPolicyShape = object({
  targetRefs: list(object({ group: text(), kind: text(), name: text(), sectionName: text() })),
  ...unread('targetRef', 'options'),
  validation: object({ hostname: text(), caCertificateRefs: list(reference), wellKnownCACertificates: text(), subjectAltNames: list(object({ type: text(), hostname: text(), uri: text() })) }),
});

export function decodeGatewayClass(manifest: Fields): GatewayClassSpec {
  return { controllerName: textOr(fieldsOr(manifest, 'spec'), 'controllerName') };
}

export function decodeKubernetesGateway(manifest: Fields): KubernetesGatewaySpec {
  const spec = fieldsOr(manifest, 'spec');
  const infrastructure = fieldsOr(spec, 'infrastructure');
  const frontend = fieldsOr(fieldsOr(spec, 'tls'), 'frontend');
  const byPort = new Map<number, ClientValidation>();
  for (const entry of entriesAt(frontend, 'perPort')) {
    const port = numberAt(entry, 'port');
    const found = decodeClientValidation(fieldsAt(fieldsOr(entry, 'tls'), 'validation'));
    if (port !== undefined && found !== undefined) byPort.set(port, found);
  }
  return {
    gatewayClassName: textOr(spec, 'gatewayClassName'),
    addresses: entriesAt(spec, 'addresses').map((address) => ({ type: textOr(address, 'type', 'IPAddress'), value: textOr(address, 'value') })),
    listeners: entriesAt(spec, 'listeners').map(decodeListener),
    infrastructureLabels: textMapAt(infrastructure, 'labels') ?? textMap({}),
    infrastructureAnnotations: textMapAt(infrastructure, 'annotations') ?? textMap({}),
    clientValidation: decodeClientValidation(fieldsAt(fieldsOr(frontend, 'default'), 'validation')),
    clientValidationByPort: byPort,
    allowedListeners: decodeNamespaces(fieldsAt(fieldsOr(spec, 'allowedListeners'), 'namespaces'), 'None'),
    addressesAreAssigned: entriesAt(fieldsOr(manifest, 'status'), 'addresses').length > 0,
  };
}

export function decodeListenerSet(manifest: Fields): ListenerSetSpec {
  const spec = fieldsOr(manifest, 'spec');
  return { parent: decodeReference(fieldsOr(spec, 'parentRef'), 'Gateway', 'gateway.networking.k8s.io'), listeners: entriesAt(spec, 'listeners').map(decodeListener) };
}

function decodeListener(listener: Fields): Listener {
  const tls = fieldsAt(listener, 'tls');
  const routes = fieldsOr(listener, 'allowedRoutes');
  return {
    name: textOr(listener, 'name'),
    hostname: textOr(listener, 'hostname'),
    port: numberAt(listener, 'port') ?? 0,
    protocol: textOr(listener, 'protocol'),
    tls:
      tls === undefined
        ? undefined
        : {
            mode: choiceAt(tls, 'mode', ['Terminate', 'Passthrough'], 'Terminate'),
            certificates: entriesAt(tls, 'certificateRefs').map((ref) => decodeReference(ref, 'Secret')),
            options: textMapAt(tls, 'options') ?? textMap({}),
            clientValidation: decodeClientValidation(fieldsAt(tls, 'frontendValidation')),
          },
    allowedNamespaces: decodeNamespaces(fieldsAt(routes, 'namespaces'), 'Same'),
    allowedKinds: entriesAt(routes, 'kinds').map((kind) => ({ group: textOr(kind, 'group', 'gateway.networking.k8s.io'), kind: textOr(kind, 'kind') })),
  };
}

function decodeNamespaces(namespaces: Fields | undefined, otherwise: 'Same' | 'None'): NamespacesFrom {
  const from = choiceAt(namespaces ?? {}, 'from', ['All', 'Selector', 'Same', 'None'], otherwise);
  return from === 'Selector' ? { from, selector: decodeLabelSelector(namespaces ?? {}, 'selector') } : { from };
}

function decodeClientValidation(validation: Fields | undefined): ClientValidation | undefined {
  if (validation === undefined) return undefined;
  return {
    caCertificates: entriesAt(validation, 'caCertificateRefs').map((ref) => decodeReference(ref, 'ConfigMap')),
    mode: choiceAt(validation, 'mode', ['AllowValidOnly', 'AllowInsecureFallback'], 'AllowValidOnly'),
  };
}

export function decodeReference(ref: Fields, kind: string, group = ''): ObjectReference {
  return { group: textOr(ref, 'group', group), kind: textOr(ref, 'kind', kind), name: textOr(ref, 'name'), namespace: textAt(ref, 'namespace') };
}

export function decodeReferenceGrant(manifest: Fields): ReferenceGrantSpec {
  const spec = fieldsOr(manifest, 'spec');
  return {
    from: entriesAt(spec, 'from').map((from) => ({ group: textOr(from, 'group'), kind: textOr(from, 'kind'), namespace: textOr(from, 'namespace') })),
    to: entriesAt(spec, 'to').map((to) => ({ group: textOr(to, 'group'), kind: textOr(to, 'kind'), name: textAt(to, 'name') })),
  };
}

export function decodeBackendTlsPolicy(manifest: Fields): BackendTlsPolicySpec {
  const spec = fieldsOr(manifest, 'spec');
  const validation = fieldsOr(spec, 'validation');
  const single = fieldsAt(spec, 'targetRef');
  const targets = entriesAt(spec, 'targetRefs');
  return {
    targets: (targets.length === 0 && single !== undefined ? [single] : targets).map((ref) => ({
      group: textOr(ref, 'group'),
      kind: textOr(ref, 'kind'),
      name: textOr(ref, 'name'),
      sectionName: textAt(ref, 'sectionName'),
    })),
    hostname: textOr(validation, 'hostname'),
    caCertificates: entriesAt(validation, 'caCertificateRefs').map((ref) => decodeReference(ref, 'ConfigMap')),
    wellKnownCaCertificates: textOr(validation, 'wellKnownCACertificates'),
    subjectAltNames: [
      ...entriesAt(validation, 'subjectAltNames').flatMap((name) => textAt(name, 'hostname') ?? textAt(name, 'uri') ?? []),
      ...textsAt(validation, 'subjectAltNames'),
    ],
  };
}
