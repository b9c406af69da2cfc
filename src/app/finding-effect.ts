/** Effects of changed objects that no request of the comparison shows: what a new finding says about the object's own lines. */
import { findRule } from '#findings/catalogue.ts';
import type { Finding, Location } from '#findings/finding.ts';
import { isIncompleteness } from '#findings/incomplete.ts';
import { severityRank } from '#findings/severity.ts';
import type { ResourceReport } from '#report/report.ts';
import type { ChangedResource } from './load/changed-resources.ts';

/** Lines of the whole object on the side where it stands. */
export type PlaceOf = (entry: ChangedResource, side: 'base' | 'head') => Location | undefined;

/** New findings without a change of the comparison, by where they are. */
export class FindingEffects {
  readonly #byResource = new Map<string, Finding[]>();
  readonly #byFile = new Map<string, Finding[]>();
  readonly #placeOf: PlaceOf;

  constructor(findings: readonly Finding[], placeOf: PlaceOf) {
    this.#placeOf = placeOf;
    for (const finding of findings) {
      const fresh = finding.status === 'new' || finding.status === 'worsened';
      if (!fresh || finding.changeIds.length > 0 || finding.severity === 'info' || isIncompleteness(finding)) continue;
      add(this.#byResource, finding.resource, finding);
      if (finding.location !== undefined) add(this.#byFile, fileKey(finding.location), finding);
    }
  }

  /** `undefined`: no new finding names the object. A rule about changes tells an effect; a rule about a state is named beside "none". */
  of(entry: ChangedResource): Pick<ResourceReport, 'effect' | 'because'> | undefined {
    const named = [...(this.#byResource.get(entry.resource) ?? []), ...this.#within(entry, 'head'), ...this.#within(entry, 'base')];
    const worst = named.reduce<Finding | undefined>((left, right) => (left === undefined || weight(right) > weight(left) ? right : left), undefined);
    if (worst === undefined) return undefined;
    const because = `${worst.code} ${worst.title}: ${worst.message}`;
    if (!isAboutChange(worst)) return { effect: 'none', because: `no request gets another answer; new here is ${because}` };
    return { effect: worst.certainty === 'undecided' ? 'undecided' : 'changed', because };
  }

  #within(entry: ChangedResource, side: 'base' | 'head'): readonly Finding[] {
    if (entry[side] === undefined || this.#byFile.size === 0) return [];
    const place = this.#placeOf(entry, side);
    if (place === undefined) return [];
    return (this.#byFile.get(fileKey(place)) ?? []).filter(({ location }) => location !== undefined && location.startLine >= place.startLine && location.startLine <= place.endLine);
  }
}

function fileKey({ side, file }: Location): string {
  return `${side} ${file}`;
}

function add(groups: Map<string, Finding[]>, key: string, finding: Finding): void {
  const known = groups.get(key);
  if (known === undefined) groups.set(key, [finding]);
  else known.push(finding);
}

function isAboutChange(finding: Finding): boolean {
  return findRule(finding.code)?.kind !== 'state';
}

function weight(finding: Finding): number {
  return severityRank(finding.severity) + (isAboutChange(finding) ? 10 : 0);
}
