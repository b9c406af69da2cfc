/** Waivers for *state* findings (`docs/gates.md`; MP904). A waiver that does not hold silences nothing and is listed. */
import { compileGlob } from '#lib/glob.ts';
import type { Finding } from '#findings/finding.ts';
import { findRule } from '#findings/catalogue.ts';

export interface Suppression {
  /** Code or id. */
  readonly rule: string;
  readonly resource: string | undefined;
  readonly fingerprint: string | undefined;
  readonly environment: string | undefined;
  readonly reason: string;
  /** `YYYY-MM-DD`, inclusive, UTC. */
  readonly expires: string;
  readonly owner: string | undefined;
  /** Where it stands, 1-based. */
  readonly line: number;
  /** Set: it cannot be understood (no reason, no date …) and silences nothing. */
  readonly invalid: string | undefined;
}

export type SuppressedFinding = Pick<Finding, 'code' | 'rule' | 'resource' | 'fingerprint' | 'environments' | 'changeIds'>;

/** Why a waiver silences nothing. */
export interface UnheldSuppression {
  readonly suppression: Suppression;
  readonly status: 'invalid' | 'expired' | 'unused';
  /** One sentence. */
  readonly because: string;
}

const maximumDays = 365;

/** `undefined`: it holds today. `today` is `YYYY-MM-DD` in UTC. */
export function refusalOf(suppression: Suppression, today: string): Omit<UnheldSuppression, 'suppression'> | undefined {
  if (suppression.invalid !== undefined) return { status: 'invalid', because: suppression.invalid };
  const until = dayNumber(suppression.expires);
  const now = dayNumber(today);
  if (until === undefined || now === undefined) return { status: 'invalid', because: `\`expires\` is no date: \`${suppression.expires}\`` };
  if (until < now) return { status: 'expired', because: `expired on ${suppression.expires}` };
  if (until > now + maximumDays) return { status: 'invalid', because: `\`expires\` is more than ${String(maximumDays)} days ahead` };
  return undefined;
}

/** The first waiver that silences the finding. A change finding is never silenced: it is accepted per head commit only. */
export function suppressionFor(finding: SuppressedFinding, suppressions: readonly Suppression[], today: string): Suppression | undefined {
  if (finding.changeIds.length > 0) return undefined;
  return suppressions.find((suppression) => refusalOf(suppression, today) === undefined && matches(suppression, finding));
}

/** Every waiver that silences nothing, in the order of the file. */
export function unheldSuppressions(findings: readonly SuppressedFinding[], suppressions: readonly Suppression[], today: string): readonly UnheldSuppression[] {
  const states = findings.filter((finding) => finding.changeIds.length === 0);
  return suppressions.flatMap((suppression): readonly UnheldSuppression[] => {
    const refusal = refusalOf(suppression, today);
    if (refusal !== undefined) return [{ suppression, ...refusal }];
    if (states.some((finding) => matches(suppression, finding))) return [];
    const change = findings.some((finding) => finding.changeIds.length > 0 && matches(suppression, finding));
    const because = change ? 'matches a finding about a change only, which is accepted on its commit and never by a suppression' : 'matches no finding';
    return [{ suppression, status: 'unused', because }];
  });
}

function matches(suppression: Suppression, finding: SuppressedFinding): boolean {
  if (suppression.rule !== finding.code && suppression.rule !== finding.rule) return false;
  if (suppression.fingerprint !== undefined && suppression.fingerprint !== finding.fingerprint) return false;
  // A finding that other environments have too stays: the waiver says nothing about them.
  if (suppression.environment !== undefined && !(finding.environments.length > 0 && finding.environments.every((each) => each === suppression.environment))) return false;
  return suppression.resource === undefined || compileGlob(suppression.resource)(finding.resource);
}

/** Why an entry cannot silence anything, apart from dates that only a day can judge. */
export function invalidity(entry: { readonly rule: string; readonly resource: string | undefined; readonly fingerprint: string | undefined; readonly reason: unknown; readonly expires: unknown }): string | undefined {
  if (findRule(entry.rule) === undefined) return `no rule is called \`${entry.rule}\``;
  if (entry.resource === undefined && entry.fingerprint === undefined) return 'it names neither `resource` nor `fingerprint`';
  if (typeof entry.reason !== 'string' || entry.reason.trim().length < 10) return '`reason` is missing or shorter than 10 characters';
  if (typeof entry.expires !== 'string' || dayNumber(entry.expires) === undefined) return '`expires` is missing or no date of the form `YYYY-MM-DD`';
  return undefined;
}

const monthDays = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];

/** Days since the year 0 of the Gregorian calendar; `undefined` for what is no day of it. */
function dayNumber(text: string): number | undefined {
  const match = /^([0-9]{4})-([0-9]{2})-([0-9]{2})$/u.exec(text);
  if (match === null) return undefined;
  const [year = 0, month = 0, date = 0] = match.slice(1).map(Number);
  const leap = (year % 4 === 0 && year % 100 !== 0) || year % 400 === 0;
  const lengths = monthDays.map((days, index) => (index === 1 && leap ? 29 : days));
  if (month < 1 || date < 1 || date > (lengths[month - 1] ?? 0)) return undefined;
  const before = year - 1;
  const earlier = year === 0 ? 0 : 366 + before * 365 + Math.floor(before / 4) - Math.floor(before / 100) + Math.floor(before / 400);
  return earlier + lengths.slice(0, month - 1).reduce((sum, days) => sum + days, 0) + date;
}
