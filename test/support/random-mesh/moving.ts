/** Edits by which a workload comes to call as somebody else: under another account, from inside the mesh or outside, with a sidecar or in ambient. */
import { editing, type NamedEdit } from './editing.ts';
import { fieldsAt } from './fields.ts';
import type { Document } from './manifests.ts';
import * as words from './vocabulary.ts';

type Fields = Readonly<Record<string, unknown>>;

function inTemplate(document: Document, change: (template: Fields) => Fields): Document {
  const spec = fieldsAt(document, 'spec');
  return { ...document, spec: { ...spec, template: change(fieldsAt(spec, 'template')) } };
}

/** Labels by which one pod is enrolled otherwise than its namespace says. */
const enrolments: readonly Fields[] = [{}, { 'sidecar.istio.io/inject': 'false' }, { 'sidecar.istio.io/inject': 'true' }, { 'istio.io/dataplane-mode': 'none' }];

export const movingEdits: readonly NamedEdit[] = [
  [60, 'account-changed', editing(['Deployment'], (random, document) => inTemplate(document, (template) => ({ ...template, spec: { ...fieldsAt(template, 'spec'), serviceAccountName: random.pick([...words.accounts, 'default']) } })))],
  [40, 'pod-enrolment', editing(['Deployment'], (random, document, { ambient }) =>
    inTemplate(document, (template) => {
      const metadata = fieldsAt(template, 'metadata');
      const labels = Object.fromEntries(Object.entries(fieldsAt(metadata, 'labels')).filter(([key]) => key !== 'sidecar.istio.io/inject' && key !== 'istio.io/dataplane-mode'));
      return { ...template, metadata: { ...metadata, labels: { ...labels, ...random.pick([...enrolments, ...(ambient ? [{ 'istio.io/dataplane-mode': 'ambient' }] : [])]) } } };
    }),
  )],
  [40, 'namespace-enrolment', editing(['Namespace'], (random, document, { ambient }) => {
    const labels = random.pick<Fields>([{}, { 'istio-injection': 'enabled' }, ...(ambient ? [{ 'istio.io/dataplane-mode': 'ambient' }] : [])]);
    return { ...document, metadata: { ...fieldsAt(document, 'metadata'), labels } };
  })],
];
