/** From rendered documents to typed resources, with what could not be rendered (R13, R15, R18). */
import { shortHash } from '#lib/canonical.ts';
import { distinct, sortedBy } from '#lib/order.ts';
import { mayHoldUnresolved } from '#lib/unresolved.ts';
import { Decoder } from '#manifests/decode.ts';
import type { AnyResource } from '#manifests/resource.ts';
import type { Assumption } from '#mesh/model.ts';
import type { IncompleteReason, UnitReport } from '#report/report.ts';
import type { Origin } from '#source/origin.ts';
import type { Side } from '#trees/tree.ts';
import type { OutsideContent } from '#units/build.ts';
import type { Discovered } from '#units/discover.ts';
import type { Documents } from '#units/documents.ts';
import { istioOfRelease } from '#units/istio-release.ts';
import { touchedBy, type Touched } from '#units/outside-values.ts';
import { onSide, shown, type Unit } from '#units/unit.ts';
import type { Rendered, SideRendering } from '../render/rendered.ts';
import type { Broken, FileContent, Placement } from './read.ts';
import { withOtherwise, withUnresolved } from './unresolved.ts';

export type DocumentReader = (origins: readonly Origin[], placement: Placement) => readonly FileContent[];

/** Equal documents from equal files give the *same* objects on both sides, as for files. */
export function renderedReader(documents: Documents): DocumentReader {
  const known = new Map<string, FileContent>();
  const decoder = new Decoder();
  return (origins, placement) =>
    origins.map((origin) => {
      const key = [origin.rendered?.blob, origin.rendered?.otherwise, origin.rendered?.from, origin.file, origin.blob, placement.unit, placement.defaultNamespace].join('\n');
      let content = known.get(key);
      if (content === undefined) {
        content = readOne(origin, placement, documents, decoder);
        known.set(key, content);
      }
      return content;
    });
}

function readOne(origin: Origin, placement: Placement, documents: Documents, decoder: Decoder): FileContent {
  const { file } = origin;
  const reading = documents.read(origin.rendered?.blob ?? '');
  const resources: AnyResource[] = [];
  const broken: Broken[] = [];
  let understood = 0;
  let ignored = 0;
  const found = reading.type === 'documents' ? reading.documents : [];
  for (const document of found) {
    const at = { unit: placement.unit, file, document: 0 };
    // Of a key that a template writes twice the API server takes the last.
    if (document.failure !== undefined && !document.problems.every((problem) => problem.kind === 'duplicate-key')) {
      // Lines of what was rendered are no lines of the file.
      const { kind, reason, remedy } = document.failure;
      broken.push({ ...at, value: document.value, problem: { kind, reason: `what is rendered from it cannot be read: ${reason}`, remedy }, fallback: [] });
      continue;
    }
    const decoded = decoder.decode(istioOfRelease(document.value) ?? document.value, { origin, ...placement });
    if (decoded.type === 'ignored') ignored += 1;
    else if (decoded.type === 'unreadable') broken.push({ ...at, value: document.value, problem: { kind: 'yaml-error', reason: decoded.reason, remedy: decoded.remedy }, fallback: [] });
    else {
      if (decoded.resources.length > 0) understood += 1;
      else if (decoded.unreadable.length === 0) ignored += 1;
      resources.push(...withOtherwise(mayHoldUnresolved(documents.text(origin.rendered?.blob ?? '') ?? '') ? withUnresolved(decoded.resources) : decoded.resources, documents));
      for (const item of decoded.unreadable) broken.push({ ...at, value: undefined, problem: { kind: 'yaml-error', reason: item.reason, remedy: item.remedy }, fallback: [] });
    }
  }
  return { file, resources, broken, documents: found.length, understood, ignored };
}

/** What came of the unit on a side; `undefined` where that side has it as plain YAML, or not at all. */
export function renderingOn(rendered: Rendered, unit: Unit, side: Side): SideRendering | undefined {
  const of = onSide(unit, side);
  return of === undefined || of.kind === 'plain' ? undefined : (rendered.units.get(unit.id)?.[side] ?? notRun(of.kind));
}

/** Where no renderer was given (tests, tools that read one tree): named like any other unit that could not be rendered. */
function notRun(need: 'kustomize' | 'helm'): SideRendering {
  return {
    type: 'missing-tool',
    tool: need,
    reason: `needs ${need}, which was not run`,
    remedy: `keep the rendered manifests beside it and name their folder in \`units\`, or review ${need === 'kustomize' ? 'the output of `kustomize build`' : 'the output of `helm template`'} with \`--base\` and \`--head\``,
  };
}

type Failed = Exclude<SideRendering, { type: 'rendered' }>;

function failureOf(rendering: SideRendering | undefined): Failed | undefined {
  return rendering === undefined || rendering.type === 'rendered' ? undefined : rendering;
}

const kindOf: Readonly<Record<Failed['type'], IncompleteReason['kind']>> = { failed: 'not-renderable', 'missing-tool': 'not-renderable', refused: 'refused', limit: 'limit' };

/** `new`: the head has a reason that the base lacks, or the pull request touches what the unit reads. What only the base has, the head mends. */
export function renderReasons(units: readonly Unit[], rendered: Rendered, { isTouched, unreferenced }: { readonly isTouched: (unit: Unit) => boolean; readonly unreferenced: ReadonlySet<string> }): readonly IncompleteReason[] {
  return units.flatMap((unit): readonly IncompleteReason[] => {
    if (rendered.untouched.has(unit.id)) return [];
    const base = failureOf(renderingOn(rendered, unit, 'base'));
    const head = failureOf(renderingOn(rendered, unit, 'head'));
    const failure = head ?? base;
    if (failure === undefined) return [];
    const { rootFile } = shown(unit);
    const file = failure.file ?? rootFile;
    const onlyBase = head === undefined;
    const mended = onlyBase && unit.head !== undefined;
    // A side without the unit has no reason for it.
    const known = base !== undefined && head !== undefined && base.reason === head.reason;
    return [
      {
        id: shortHash('not-renderable', unit.id, ''),
        kind: kindOf[failure.type],
        // R10: what no root reaches is shown and not gated.
        status: !mended && !unreferenced.has(unit.id) && (isTouched(unit) || !known) ? 'new' : 'existing',
        unit: unit.id,
        // A file that is gone is no place for a comment.
        ...(file === undefined || unit.head === undefined ? {} : { file }),
        ...(failure.line === undefined || unit.head === undefined ? {} : { line: failure.line }),
        reason: mended ? `${failure.reason} (on the base side; the head mends it)` : onlyBase ? `${failure.reason} (on the base side, which alone has it)` : failure.reason,
        // What is taken away cannot be mended any more.
        remedy: unit.head === undefined ? 'review by hand what it deployed, as far as it did; `gates.incomplete: off` lets its removal pass with this notice' : failure.remedy,
      },
    ];
  });
}

export function renderedUnitReport(unit: Unit, rendered: Rendered): UnitReport {
  const { kind, path } = shown(unit);
  const pinned = unit.head?.pinned ?? unit.base?.pinned;
  if (pinned !== undefined) return { id: unit.id, kind, path, status: 'pinned', reason: `deployed from \`${pinned}\`, not from this tree` };
  if (rendered.untouched.has(unit.id)) return { id: unit.id, kind, path, status: 'untouched' };
  const base = renderingOn(rendered, unit, 'base');
  const head = renderingOn(rendered, unit, 'head');
  const failure = failureOf(head) ?? failureOf(base);
  if (failure !== undefined) return { id: unit.id, kind, path, status: 'not-renderable', reason: failure.reason, ...(failure.type === 'missing-tool' ? {} : { tool: failure.tool }) };
  const tool = [head, base].find((each) => each?.type === 'rendered')?.tool;
  const identical = base?.type === 'rendered' && head?.type === 'rendered' && sameDocuments(base.documents, head.documents);
  return { id: unit.id, kind, path, status: identical ? 'identical' : 'rendered', ...(tool === undefined ? {} : { tool }) };
}

function sameDocuments(left: readonly Origin[], right: readonly Origin[]): boolean {
  return left.length === right.length && left.every((origin, index) => origin.rendered?.blob === right[index]?.rendered?.blob);
}

/** One reference to outside content that the sides do not share. */
export interface OutsideChange {
  readonly unit: string;
  readonly content: OutsideContent;
  readonly change: 'added' | 'removed' | 'modified';
  readonly side: 'LEFT' | 'RIGHT';
  /** The same thing of another place that it stands in for. */
  readonly instead?: string;
  /** Of modified content: what its values say otherwise. */
  readonly touched?: Touched;
}

export function outsideChanges({ units, outside, unreferenced }: Discovered, rendered: Rendered): readonly OutsideChange[] {
  const found = new Map<string, OutsideChange>();
  const compare = (unit: string, base: ReadonlyMap<string, OutsideContent>, head: ReadonlyMap<string, OutsideContent>): void => {
    const add = (change: OutsideChange): void => {
      const key = `${change.content.name}\n${change.content.file}\n${change.change}`;
      if (!found.has(key)) found.set(key, change);
    };
    const gone = [...base.values()].filter(({ name }) => !head.has(name));
    const moved = new Set<OutsideContent>();
    for (const [name, content] of head) {
      const before = base.get(name);
      if (before === undefined) {
        const instead = gone.find((other) => !moved.has(other) && other.kind === content.kind && other.file === content.file && sameThing(other.name, name));
        if (instead !== undefined) moved.add(instead);
        add(instead === undefined ? { unit, content, change: 'added', side: 'RIGHT' } : { unit, content, change: 'modified', side: 'RIGHT', instead: instead.name });
      } else if (before.detail !== content.detail) add({ unit, content, change: 'modified', side: 'RIGHT', touched: touchedBy(before, content) });
      else {
        const place = changedPart(before, content);
        if (place !== undefined) add({ unit, content: { ...content, file: place.file, line: place.line }, change: 'modified', side: 'RIGHT', touched: touchedBy(before, content) });
      }
    }
    for (const content of gone) if (!moved.has(content)) add({ unit, content, change: 'removed', side: 'LEFT' });
  };
  for (const unit of units) {
    const sides = rendered.units.get(unit.id);
    // A side that could not be prepared says nothing about what it takes.
    if (![sides?.base, sides?.head].some((side) => side !== undefined && side.outside === undefined)) compare(unit.id, outsideOf(sides?.base), outsideOf(sides?.head));
    const pins = [unit.base, unit.head].map((side) => (side?.pinned === undefined ? [] : [[`revision of ${unit.id}`, { kind: 'base' as const, name: `revision of ${unit.id}`, detail: side.pinned, file: side.rootFile ?? side.path, line: 1 }] as const]));
    compare(unit.id, new Map(pins[0]), new Map(pins[1]));
  }
  const [base, head] = deployedAlike(units, outside, unreferenced);
  compare('', byName(base), byName(head));
  return sortedBy(found.values(), (each) => each.content.file, (each) => each.content.line, (each) => each.content.name);
}

/** R10: an object that only one side's roots reach is deployed there alone, though its file stays. What both leave out is compared as it is written. */
function deployedAlike(units: readonly Unit[], outside: Discovered['outside'], unreferenced: ReadonlySet<string>): readonly [readonly OutsideContent[], readonly OutsideContent[]] {
  const leftOut = (side: Side): ReadonlySet<string> => {
    const [reached, loose] = [new Set<string>(), new Set<string>()];
    for (const unit of units) for (const file of onSide(unit, side)?.inputs.files ?? []) (unreferenced.has(unit.id) ? loose : reached).add(file);
    return new Set([...loose].filter((file) => !reached.has(file)));
  };
  if (unreferenced.size === 0) return [outside.base, outside.head];
  const [base, head] = [leftOut('base'), leftOut('head')];
  return [outside.base.filter(({ file }) => !base.has(file) || head.has(file)), outside.head.filter(({ file }) => !head.has(file) || base.has(file))];
}

/** The first thing that another object or file says otherwise; what nobody says any more leaves its user. */
function changedPart(before: OutsideContent, after: OutsideContent): { readonly file: string; readonly line: number } | undefined {
  const [were, are] = [before, after].map(({ parts = [] }) => new Set(parts.map(({ detail }) => detail)));
  return (after.parts ?? []).find(({ detail }) => were?.has(detail) !== true) ?? ([...(were ?? [])].some((detail) => are?.has(detail) !== true) ? after : undefined);
}

/** Equal but for the place: `https://charts.example/shop` and `oci://registry.example/shop`. */
function sameThing(left: string, right: string): boolean {
  const thing = (name: string): string => name.replace(/^\S*\/(?=[^\s/])/u, '');
  return thing(left) === thing(right);
}

/** Overlays may deploy one object in several forms: a change of any of them is one. */
function byName(contents: readonly OutsideContent[]): ReadonlyMap<string, OutsideContent> {
  const found = new Map<string, OutsideContent>();
  for (const content of contents) {
    const known = found.get(content.name);
    found.set(content.name, known === undefined ? content : { ...known, detail: distinct([...known.detail.split('\n'), content.detail]).join('\n'), parts: [...(known.parts ?? []), ...(content.parts ?? [])] });
  }
  return found;
}

function outsideOf(rendering: SideRendering | undefined): ReadonlyMap<string, OutsideContent> {
  return new Map((rendering?.outside ?? []).map((content) => [content.name, content]));
}

/** R15, R22: what stands outside, and releases that nothing states. */
export function renderAssumptions({ units, outside }: Pick<Discovered, 'units' | 'outside'>, rendered: Rendered): readonly Assumption[] {
  const assumptions = new Map<string, Assumption>();
  const add = ({ kind, name }: OutsideContent): void => {
    assumptions.set(`outside:${name}`, { id: `outside:${name}`, text: kind === 'values' ? `the repository does not tell \`${name}\`; they are taken to set what the other side says, else nothing` : `the ${kind} \`${name}\` lies outside the repository; what it deploys is not read, and changes nothing` });
  };
  for (const content of [...outside.head, ...outside.base]) add(content);
  for (const unit of units) {
    const sides = rendered.units.get(unit.id);
    for (const side of [sides?.head, sides?.base]) {
      if (side?.type !== 'rendered') continue;
      for (const content of side.outside) add(content);
    }
    const of = shown(unit);
    if (of.helm?.guessed === true && !rendered.untouched.has(unit.id)) {
      assumptions.set(`release:${of.path}`, { id: `release:${of.path}`, text: `nothing says how the chart \`${of.path}\` is released; release and namespace are taken to be \`${of.helm.release}\`` });
    }
  }
  return [...assumptions.values()];
}
