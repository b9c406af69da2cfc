/** MP810: content of another place that this change takes in another version, with other values, or for the first time (R15). Answers to `gates.external` alone. */
import { ruleEntry } from './catalogue.ts';
import { fingerprint } from './fingerprint.ts';
import type { Finding, Severity } from './finding.ts';

/** One reference to outside content that the sides do not share. */
export interface OutsideReference {
  readonly unit: string;
  readonly content: { readonly kind: 'base' | 'chart' | 'values'; readonly name: string; readonly file: string; readonly line: number };
  readonly change: 'added' | 'removed' | 'modified';
  readonly side: 'LEFT' | 'RIGHT';
  /** The same thing of another place that it stands in for. */
  readonly instead?: string;
  /** Of modified content: what its values say otherwise. */
  readonly touched?: 'images' | 'sizes' | 'anything';
}

const controlPlane = /(?:^|[/\s])(?:istiod|istio-base|istio-cni|ztunnel|base|cni|gateway|istio-discovery|istio-control|istio-ingress|istio)(?:$|[\s])/u;

const said = { added: 'is newly deployed', removed: 'is no longer deployed', modified: 'is deployed in another version or with other values' } as const;
const saidOfValues = { added: 'are newly read', removed: 'are no longer read', modified: 'are read otherwise' } as const;
const touchedWords = { images: ': only images of its containers change', sizes: ': only images, numbers, sizes and places of its pods change' } as const;

/** Istio's own charts decide for every workload. Images and sizes are no policy: a container image is no content that holds manifests (R15). */
function severityOf({ content: { name }, change, touched }: OutsideReference): Severity {
  if (/istio/iu.test(name) && controlPlane.test(name)) return 'high';
  if (change === 'modified' && touched === 'images') return 'info';
  return change === 'modified' && touched === 'sizes' ? 'low' : ruleEntry('outside-content-changed').severity;
}

function messageOf({ content: { kind, name }, change, instead, touched }: OutsideReference): string {
  if (kind === 'values') return `\`${name}\` ${saidOfValues[change]}, and the repository does not tell what they say`;
  const more = change !== 'modified' || touched === undefined || touched === 'anything' ? '' : touchedWords[touched];
  return `the ${kind} \`${name}\` ${instead === undefined ? said[change] : `is deployed in place of \`${instead}\``}${more}, and its manifests are not in the repository`;
}

export function outsideFindings(references: readonly OutsideReference[]): readonly Finding[] {
  const entry = ruleEntry('outside-content-changed');
  return references.map((reference): Finding => {
    const { content, change, side } = reference;
    const { name, file, line } = content;
    return {
      code: entry.code,
      rule: entry.rule,
      title: entry.title,
      severity: severityOf(reference),
      certainty: 'undecided',
      evidence: 'UNKNOWN',
      status: 'new',
      environments: [],
      resource: name,
      location: { file, startLine: line, endLine: line, side },
      related: [],
      message: messageOf(reference),
      impact: 'what it opens or closes is not known to this review',
      remedy: 'compare its rendered manifests, or keep them in the repository',
      validation: {
        positive: `the manifests of \`${name}\` are rendered before and after, and their difference is reviewed`,
        negative: `a policy that the new version of \`${name}\` drops is found in that difference`,
      },
      fingerprint: fingerprint({ code: entry.code, causes: [name], facet: change, direction: '' }),
      changeIds: [],
      tags: entry.tags,
    };
  });
}
