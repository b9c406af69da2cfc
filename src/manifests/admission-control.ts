/** What else decides at admission: webhooks, and policies of other engines as opaque marks. */
import { contentOf } from './content.ts';
import { entriesAt, fieldsAt, fieldsOr, numberAt, own, textAt, textOr, textsAt, type Fields } from './reading.ts';
import { decodeLabelSelector, labelSelectorShape, type LabelSelector } from './selector.ts';
import { anything, list, map, part, text, whole } from './shape.ts';

/** MutatingWebhookConfiguration and ValidatingWebhookConfiguration; the labels tell which revision or tag it is for (M60). */
export interface WebhookConfigurationSpec {
  readonly webhooks: readonly Webhook[];
}

export interface Webhook {
  readonly name: string;
  readonly failurePolicy: 'Fail' | 'Ignore';
  /** `undefined` or empty: all namespaces. */
  readonly namespaceSelector: LabelSelector | undefined;
  readonly objectSelector: LabelSelector | undefined;
  readonly service: { readonly namespace: string; readonly name: string; readonly port: number; readonly path: string } | undefined;
  readonly url: string | undefined;
  readonly rules: readonly { readonly operations: readonly string[]; readonly apiGroups: readonly string[]; readonly apiVersions: readonly string[]; readonly resources: readonly string[] }[];
  readonly hasMatchConditions: boolean;
}

/** A policy of another engine: its effect is not analysed, its content is compared as a whole. */
export interface PolicyMarkSpec {
  /** The kind as written: constraints of Gatekeeper name their own. */
  readonly kind: string;
  readonly content: string;
}

export const webhookConfigurationShape = part({
  webhooks: list(
    part({
      name: text(),
      failurePolicy: text(),
      namespaceSelector: labelSelectorShape,
      objectSelector: labelSelectorShape,
      clientConfig: part({ url: text(), service: part({ namespace: text(), name: text(), port: whole({ min: 1, max: 65535 }), path: text() }) }),
      rules: list(part({ operations: list(text()), apiGroups: list(text()), apiVersions: list(text()), resources: list(text()) })),
      matchConditions: list(anything),
    }),
  ),
});

export const policyMarkShape = part({ spec: map(anything) });

export function decodeWebhookConfiguration(manifest: Fields): WebhookConfigurationSpec {
  return {
    webhooks: entriesAt(manifest, 'webhooks').map((webhook) => {
      const client = fieldsOr(webhook, 'clientConfig');
      const service = fieldsAt(client, 'service');
      return {
        name: textOr(webhook, 'name'),
        // Ignore was the default of the removed v1beta1; v1 has Fail.
        failurePolicy: textAt(webhook, 'failurePolicy') === 'Ignore' ? 'Ignore' : 'Fail',
        namespaceSelector: decodeLabelSelector(webhook, 'namespaceSelector'),
        objectSelector: decodeLabelSelector(webhook, 'objectSelector'),
        service: service === undefined ? undefined : { namespace: textOr(service, 'namespace'), name: textOr(service, 'name'), port: numberAt(service, 'port') ?? 443, path: textOr(service, 'path') },
        url: textAt(client, 'url'),
        rules: entriesAt(webhook, 'rules').map((rule) => ({
          operations: textsAt(rule, 'operations'),
          apiGroups: textsAt(rule, 'apiGroups'),
          apiVersions: textsAt(rule, 'apiVersions'),
          resources: textsAt(rule, 'resources'),
        })),
        hasMatchConditions: entriesAt(webhook, 'matchConditions').length > 0,
      };
    }),
  };
}

export function decodePolicyMark(manifest: Fields): PolicyMarkSpec {
  return { kind: textOr(manifest, 'kind'), content: contentOf(own(manifest, 'spec') ?? null) };
}
