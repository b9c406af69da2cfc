/** Gates, verdict and exit code (`docs/gates.md`). Pure: what it is given is all it knows. */
import { assertNever } from '#lib/assert-never.ts';
import type { Finding, Severity } from '#findings/finding.ts';
import { isIncompleteness } from '#findings/incomplete.ts';
import { severityRank } from '#findings/severity.ts';
import type { Maturity } from '#maturity/scorecard.ts';
import type { Gate, IncompleteReason, Verdict } from '#report/report.ts';

export interface GatesConfig {
  readonly failOn: 'new' | 'any' | 'none';
  readonly severity: 'critical' | 'high' | 'medium' | 'low';
  readonly incomplete: 'new' | 'any' | 'off';
  readonly external: 'fail' | 'warn' | 'off';
  readonly unreferenced: 'fail' | 'warn' | 'off';
  readonly maturity: 'off' | { readonly minimumScore?: number | undefined; readonly maximumDrop?: number | undefined };
}

export const defaultGates: GatesConfig = { failOn: 'new', severity: 'high', incomplete: 'new', external: 'warn', unreferenced: 'warn', maturity: 'off' };

export interface JudgeInput {
  readonly findings: readonly Finding[];
  readonly incompleteReasons: readonly Pick<IncompleteReason, 'status' | 'kind' | 'reason' | 'file' | 'unit'>[];
  readonly gates: GatesConfig;
  readonly maturity?: Maturity | undefined;
  /** False: no changed path is a manifest, lies in a unit or is read by one (R2). */
  readonly applicable?: boolean;
  /** Environments that no root of the repository reaches (R10). */
  readonly unreferenced?: ReadonlySet<string>;
  /** Fingerprints that an approving review accepted for exactly this commit. */
  readonly accepted?: ReadonlySet<string>;
  /** How many invariants the configuration declares. */
  readonly invariants?: number;
  /** What went wrong inside the tool; each is our bug and never a pass. */
  readonly internalErrors?: readonly string[];
}

export interface Judgement {
  readonly verdict: Verdict;
  readonly gates: readonly Gate[];
}

/** Process exit code; wrong usage or configuration is 2 and never gets this far. */
export function exitCode(verdict: Verdict): 0 | 1 | 3 {
  switch (verdict) {
    case 'fail':
      return 1;
    case 'error':
      return 3;
    case 'pass':
    case 'warn':
    case 'not-applicable':
      return 0;
    default:
      return assertNever(verdict);
  }
}

export function judge(input: JudgeInput): Judgement {
  const gates = [findingsGate(input), incompleteGate(input), externalGate(input), unreferencedGate(input), maturityGate(input), invariantsGate(input), internalGate(input)];
  return { verdict: verdictOf(input, gates), gates };
}

function verdictOf(input: JudgeInput, gates: readonly Gate[]): Verdict {
  const failed = gates.filter((gate) => gate.failed);
  // A gate that says no wins over one that does not know: the reader must see the hole first.
  if (failed.some((gate) => gate.id !== 'incomplete' && gate.id !== 'internal')) return 'fail';
  if (failed.length > 0) return 'error';
  if (input.findings.some((finding) => warns(input, finding))) return 'warn';
  return input.applicable === false ? 'not-applicable' : 'pass';
}

const EXTERNAL = 'MP810';
const INVARIANT = 'MP902';

function isFresh(finding: Finding): boolean {
  return finding.status === 'new' || finding.status === 'worsened';
}

/** Below the gate, or accepted: shown and not blocking. Severity info never changes the verdict. */
function warns(input: JudgeInput, finding: Finding): boolean {
  if (!isFresh(finding) || finding.severity === 'info') return false;
  if (isIncompleteness(finding)) return true;
  if (finding.code === EXTERNAL) return input.gates.external !== 'off';
  if (isUnreferenced(input, finding)) return input.gates.unreferenced !== 'off';
  return true;
}

function isUnreferenced(input: JudgeInput, finding: Finding): boolean {
  const { unreferenced } = input;
  return unreferenced !== undefined && finding.environments.length > 0 && finding.environments.every((id) => unreferenced.has(id));
}

function reaches(severity: Severity, gate: GatesConfig['severity']): boolean {
  return severityRank(severity) >= severityRank(gate);
}

/** Judged by the findings gate by status and severity: not what has a gate of its own. */
function blocks(input: JudgeInput, finding: Finding): boolean {
  if (finding.code === EXTERNAL || isIncompleteness(finding) || input.accepted?.has(finding.fingerprint) === true) return false;
  return reaches(finding.severity, input.gates.severity) && countsBy(input.gates.failOn, finding);
}

function countsBy(failOn: GatesConfig['failOn'], finding: Finding): boolean {
  switch (failOn) {
    case 'new':
      return isFresh(finding);
    case 'any':
      return isFresh(finding) || finding.status === 'existing';
    case 'none':
      return false;
    default:
      return assertNever(failOn);
  }
}

function gateOver(id: Gate['id'], blocking: readonly Finding[], otherwise: string): Gate {
  if (blocking.length === 0) return { id, failed: false, because: otherwise };
  const codes = [...new Set(blocking.map((finding) => finding.code))].sort();
  return { id, failed: true, because: `${count(blocking.length, 'finding')} at or above the gate: ${codes.slice(0, 8).join(', ')}` };
}

function count(number: number, noun: string): string {
  return `${number} ${noun}${number === 1 ? '' : 's'}`;
}

function findingsGate(input: JudgeInput): Gate {
  const blocking = input.findings.filter((finding) => finding.code !== INVARIANT && !isUnreferenced(input, finding) && blocks(input, finding));
  const { failOn, severity } = input.gates;
  const otherwise = failOn === 'none' ? 'this gate is off' : `no ${failOn === 'new' ? 'new or worsened ' : ''}finding of severity ${severity} or above`;
  return gateOver('findings', blocking, otherwise);
}

function invariantsGate(input: JudgeInput): Gate {
  const declared = input.invariants ?? 0;
  // Nothing looks at them yet, so that the gate must not read as if it had held.
  const otherwise = declared === 0 ? 'no invariant is declared' : `${count(declared, 'invariant')} ${declared === 1 ? 'is' : 'are'} declared and not computed by this version`;
  return gateOver('invariants', input.findings.filter((finding) => finding.code === INVARIANT && blocks(input, finding)), otherwise);
}

function unreferencedGate(input: JudgeInput): Gate {
  if (input.gates.unreferenced !== 'fail') return { id: 'unreferenced', failed: false, because: input.gates.unreferenced === 'off' ? 'this gate is off' : 'what no root of the repository reaches is shown and not gated' };
  return gateOver('unreferenced', input.findings.filter((finding) => finding.code !== INVARIANT && isUnreferenced(input, finding) && blocks(input, finding)), 'no finding in what no root of the repository reaches');
}

function externalGate(input: JudgeInput): Gate {
  const changed = input.findings.filter((finding) => finding.code === EXTERNAL && isFresh(finding) && finding.severity !== 'info' && input.accepted?.has(finding.fingerprint) !== true);
  if (input.gates.external === 'fail' && changed.length > 0) return { id: 'external', failed: true, because: `${count(changed.length, 'reference')} to content outside the repository changed` };
  return { id: 'external', failed: false, because: changed.length === 0 ? 'no content outside the repository changed' : `${count(changed.length, 'reference')} to content outside the repository changed; this gate does not block` };
}

/** `new` fails where a reason is new at the head or the pull request touches that input: both have status `new`. */
function incompleteGate(input: JudgeInput): Gate {
  const { incomplete } = input.gates;
  const reasons = input.incompleteReasons.filter((reason) => incomplete === 'any' || reason.status === 'new');
  if (incomplete === 'off') return { id: 'incomplete', failed: false, because: 'this gate is off' };
  const [first] = reasons;
  if (first === undefined) {
    const listed = input.incompleteReasons.length;
    return { id: 'incomplete', failed: false, because: listed === 0 ? 'everything that counts was read' : `${count(listed, 'input')} could not be read before and still cannot` };
  }
  const where = first.file ?? first.unit;
  return { id: 'incomplete', failed: true, because: `${count(reasons.length, 'input')} could not be read, rendered or decided${where === undefined ? '' : `, first \`${where}\``}: ${first.reason}` };
}

function maturityGate(input: JudgeInput): Gate {
  const limits = input.gates.maturity;
  if (limits === 'off' || input.maturity === undefined) return { id: 'maturity', failed: false, because: limits === 'off' ? 'this gate is off' : 'no score was computed' };
  const { base, head, delta } = input.maturity;
  const reasons: string[] = [];
  for (const [environment, card] of Object.entries(head)) {
    const { score } = card.configured;
    const before = base[environment]?.configured.score;
    // What this pull request made unknown is no pass.
    if (score === null && before !== null && before !== undefined) reasons.push(`the score of \`${environment}\` can no longer be computed: ${card.configured.reason}`);
    if (score !== null && limits.minimumScore !== undefined && score < limits.minimumScore) reasons.push(`the score of \`${environment}\` is ${score}, below ${limits.minimumScore}`);
  }
  if (limits.maximumDrop !== undefined && delta.overall !== null && -delta.overall > limits.maximumDrop) reasons.push(`the score drops by ${-delta.overall}, more than ${limits.maximumDrop}`);
  return { id: 'maturity', failed: reasons.length > 0, because: reasons.length > 0 ? reasons.join('; ') : 'the score is within the limits' };
}

function internalGate(input: JudgeInput): Gate {
  const errors = input.internalErrors ?? [];
  const [first] = errors;
  return { id: 'internal', failed: first !== undefined, because: first === undefined ? 'no internal error' : `${count(errors.length, 'internal error')}: ${first}` };
}
