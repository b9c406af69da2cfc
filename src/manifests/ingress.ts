import { entriesAt, fieldsAt, fieldsOr, numberAt, textAt, textOr, textsAt, type Fields } from './reading.ts';
import { list, part, text, whole } from './shape.ts';

/** Kubernetes Ingress (M128). The class may also be in the annotation `kubernetes.io/ingress.class`. */
export interface IngressSpec {
  readonly ingressClassName: string | undefined;
  readonly defaultBackend: IngressBackend | undefined;
  readonly rules: readonly IngressRule[];
  readonly tls: readonly { readonly hosts: readonly string[]; readonly secretName: string }[];
}

export interface IngressRule {
  /** Empty = any host. */
  readonly host: string;
  readonly paths: readonly { readonly path: string; readonly pathType: 'Exact' | 'Prefix' | 'ImplementationSpecific'; readonly backend: IngressBackend | undefined }[];
}

/** `undefined` where the backend is no Service. */
export interface IngressBackend {
  readonly service: string;
  readonly port: number | string | undefined;
}

export interface IngressClassSpec {
  readonly controller: string;
}

const backend = part({ service: part({ name: text(), port: part({ name: text(), number: whole({ min: 0, max: 65535 }) }) }) });

export const ingressShape = part({
  ingressClassName: text(),
  defaultBackend: backend,
  rules: list(part({ host: text(), http: part({ paths: list(part({ path: text(), pathType: text(), backend })) }) })),
  tls: list(part({ hosts: list(text()), secretName: text() })),
});

export const ingressClassShape = part({ controller: text() });

export function decodeIngress(manifest: Fields): IngressSpec {
  const spec = fieldsOr(manifest, 'spec');
  return {
    ingressClassName: textAt(spec, 'ingressClassName'),
    // `backend` is the name of the field in the removed versions.
    defaultBackend: decodeBackend(fieldsAt(spec, 'defaultBackend') ?? fieldsAt(spec, 'backend')),
    rules: entriesAt(spec, 'rules').map((rule) => ({
      host: textOr(rule, 'host'),
      paths: entriesAt(fieldsOr(rule, 'http'), 'paths').map((path) => {
        const type = textAt(path, 'pathType');
        return { path: textOr(path, 'path'), pathType: type === 'Exact' || type === 'Prefix' ? type : 'ImplementationSpecific', backend: decodeBackend(fieldsAt(path, 'backend')) };
      }),
    })),
    tls: entriesAt(spec, 'tls').map((tls) => ({ hosts: textsAt(tls, 'hosts'), secretName: textOr(tls, 'secretName') })),
  };
}

function decodeBackend(backend: Fields | undefined): IngressBackend | undefined {
  if (backend === undefined) return undefined;
  const service = fieldsAt(backend, 'service');
  if (service !== undefined) {
    const port = fieldsOr(service, 'port');
    return { service: textOr(service, 'name'), port: numberAt(port, 'number') ?? textAt(port, 'name') };
  }
  const name = textAt(backend, 'serviceName');
  return name === undefined ? undefined : { service: name, port: numberAt(backend, 'servicePort') ?? textAt(backend, 'servicePort') };
}

export function decodeIngressClass(manifest: Fields): IngressClassSpec {
  return { controller: textOr(fieldsOr(manifest, 'spec'), 'controller') };
}
