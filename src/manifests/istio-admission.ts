/**
 * What Istio's validating webhook asks of every kind, and the rules its security policies share (A7.1 a to c, o, p).
 * @see https://istio.io/latest/docs/ops/configuration/mesh/validation/
 */
import type { FieldPath } from '#source/origin.ts';
import { goBoolean } from './go-values.ts';
import { metadataText } from './metadata.ts';
import { entriesAt, fieldsAt, fieldsOr, own, textOr, type Fields } from './reading.ts';
import type { ManifestProblem } from './resource.ts';
import { clip, isFields } from './shape.ts';

export function webhookProblem(path: FieldPath, message: string): ManifestProblem {
  return { kind: 'webhook', path, message, certain: true };
}

export function warningProblem(path: FieldPath, message: string): ManifestProblem {
  return { kind: 'warning', path, message, certain: true };
}

export const dryRunAnnotation = 'istio.io/dry-run';

/** A7.1 p: they raise privileges inside istiod, so nobody but istiod may write them. */
const internalAnnotations = ['internal.istio.io/webhook-always-reject', 'internal.istio.io/parent-namespace', 'internal.istio.io/parents'] as const;

/** Annotations that no object of Istio may carry; `istio.io/dry-run` only an AuthorizationPolicy (A7.1 o). */
export function annotationRefusals(manifest: Fields, kind: string): readonly ManifestProblem[] {
  const problems: ManifestProblem[] = [];
  const dryRun = metadataText(manifest, 'annotations', dryRunAnnotation);
  if (dryRun !== undefined) {
    const path = ['metadata', 'annotations', dryRunAnnotation];
    const action = textOr(fieldsOr(manifest, 'spec'), 'action', 'ALLOW');
    if (kind !== 'AuthorizationPolicy') problems.push(webhookProblem(path, `\`${dryRunAnnotation}\` works on AuthorizationPolicy only`));
    else if (action !== 'ALLOW' && action !== 'DENY') problems.push(webhookProblem(path, `\`${dryRunAnnotation}\` works with action \`ALLOW\` and \`DENY\` only, not \`${clip(action)}\``));
    else if (goBoolean(dryRun) === undefined) problems.push(webhookProblem(path, `\`${clip(dryRun)}\` is no boolean: write \`"true"\` or \`"false"\``));
  }
  for (const annotation of internalAnnotations) {
    if (metadataText(manifest, 'annotations', annotation) !== undefined) {
      problems.push(webhookProblem(['metadata', 'annotations', annotation], `\`${annotation}\` is internal to Istio and may not be set`));
    }
  }
  return problems;
}

/** A selector that selects everything looks like one that selects something. */
export function selectorWarnings(spec: Fields, key = 'selector'): readonly ManifestProblem[] {
  const selector = fieldsAt(spec, key);
  if (selector === undefined) return [];
  const labels = fieldsAt(selector, 'matchLabels');
  return labels !== undefined && Object.keys(labels).length > 0 ? [] : [warningProblem(['spec', key], 'the selector has no labels, so it selects every workload')];
}

const targets: ReadonlySet<string> = new Set(['core/Service', 'networking.istio.io/ServiceEntry', 'gateway.networking.k8s.io/Gateway', 'gateway.networking.k8s.io/GatewayClass']);

/** A7.1 c. */
export function targetRefRefusals(spec: Fields): readonly ManifestProblem[] {
  return targetRefs(spec).flatMap(([path, ref]) => {
    const group = textOr(ref, 'group');
    const kind = textOr(ref, 'kind');
    if (targets.has(`${group === '' ? 'core' : group}/${kind}`)) return [];
    return [
      webhookProblem(path, `a policy cannot target \`${clip(group === '' ? kind : `${group}/${kind}`)}\`; it can target a Service, a ServiceEntry, a Gateway of the Gateway API or a GatewayClass`),
    ];
  });
}

function targetRefs(spec: Fields): readonly (readonly [FieldPath, Fields])[] {
  const single = own(spec, 'targetRef');
  return [
    ...(isFields(single) ? [[['spec', 'targetRef'], single] as const] : []),
    ...entriesAt(spec, 'targetRefs').map((ref, index) => [['spec', 'targetRefs', index], ref] as const),
  ];
}
