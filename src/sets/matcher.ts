/**
 * Value matchers: what one value of a policy field accepts. They are data, so that one and the same matcher answers for a
 * concrete request (`matches`), names itself canonically (`matcherKey`) and yields the atoms of the symbolic side.
 */

import type { LabelSelection } from './label-selection.ts';

/** A text attribute. `null` = the request does not carry it. */
export type TextValue = string | null;

/** Peer identity without `spiffe://` (`td/ns/x/sa/y`), or `null`: plaintext or no client certificate. */
export type PeerValue = string | null;

/**
 * A caller of whom more is to be told than its identity: the pod that calls, where it presents none, or where nobody declares the labels
 * of its namespace. A plain identity `td/ns/x/sa/y` stands for a pod of namespace `x`, a plain `null` for a caller that is no pod.
 */
export interface Caller {
  readonly principal: PeerValue;
  readonly namespace: string;
  /** Labels of the namespace, where no manifest declares it. */
  readonly namespaceLabels: Readonly<Record<string, string>>;
}

/** A raw bearer token as sent, before anybody validated it; `null` = none sent. */
export interface Token {
  /** `authorization:Bearer ` (default), `header:NAME:PREFIX`, `parameter:NAME`, `cookie:NAME`. */
  readonly location: string;
  /**
   * Which key sets verify its signature: `'all'` (the recorded `valid: true`), the ids of the key sets that do, or none.
   */
  readonly signedBy: 'all' | readonly string[];
  readonly issuer: string | null;
  readonly subject: string | null;
}

export type Value = TextValue | number | bigint | boolean | Token | Caller | readonly string[];

export type TextMatcher =
  | { readonly type: 'exact'; readonly text: string }
  | { readonly type: 'prefix'; readonly text: string }
  | { readonly type: 'suffix'; readonly text: string }
  /** Non-empty text (`*` for paths, principals, claims). */
  | { readonly type: 'non-empty' }
  /** Carried at all, also when empty (`*` for headers and hosts). */
  | { readonly type: 'present' };

/** A path template with `{*}` and `{**}` (A3.37). */
export interface TemplatePattern {
  readonly type: 'template';
  readonly text: string;
}

export type PathNormalization = 'NONE' | 'BASE' | 'MERGE_SLASHES' | 'DECODE_AND_MERGE_SLASHES';

export type Matcher =
  | TextMatcher
  /** Host: compared in lower case (A3.34). `pattern` is lower-cased already. */
  | { readonly type: 'host'; readonly pattern: TextMatcher }
  /** The name in an authority, without its port and in lower case, as routes are chosen by it (M116). `pattern` is lower-cased already. */
  | { readonly type: 'authority'; readonly pattern: TextMatcher }
  /** Path: the raw path as sent, normalized by the mesh's setting, query and fragment removed (A3.36 to A3.39). */
  | { readonly type: 'path'; readonly pattern: TextMatcher | TemplatePattern; readonly normalization: PathNormalization }
  /**
   * Address block. `network` has 32 bits in family 4 and 128 in family 6, `length` counts from the left of those. Addresses as
   * values are `bigint`s of 128 bits in which IPv4 is `::ffff:0:0/96` (`parseIp`); a block of family 6 accepts no IPv4 address.
   */
  | { readonly type: 'cidr'; readonly family: 4 | 6; readonly network: bigint; readonly length: number }
  | { readonly type: 'number'; readonly value: number }
  /** Ports from `first` to `last`, both included. */
  | { readonly type: 'port-range'; readonly first: number; readonly last: number }
  /** One value of a closed list, for the dimension `protocol`. */
  | { readonly type: 'one-of'; readonly text: string }
  /** Peer identity, whole SPIFFE string (A3.10). */
  | { readonly type: 'principal'; readonly pattern: TextMatcher }
  /** `namespaces` at Envoy: a regular expression over the whole identity, in which each `*` of the value stands for any text (A3.15). */
  | { readonly type: 'namespace-glob'; readonly glob: string }
  /** `namespaces` at ztunnel: the parsed namespace itself (A3.16). */
  | { readonly type: 'namespace'; readonly pattern: TextMatcher }
  /** `serviceAccounts` (A3.19, A3.20). */
  | { readonly type: 'service-account'; readonly namespace: string; readonly account: string; readonly plane: 'envoy' | 'ztunnel' }
  | { readonly type: 'trust-domain'; readonly pattern: TextMatcher }
  /**
   * The caller is a pod of one of `names`, or of a namespace outside `declared` whose labels `selection` accepts. `names` is what the
   * selection accepts of the declared ones, so that a namespace's changed label is a changed matcher.
   */
  | { readonly type: 'source-namespace'; readonly names: readonly string[]; readonly declared: readonly string[]; readonly selection: LabelSelection | undefined }
  /** Any identity at all: `true` for every non-null peer. */
  | { readonly type: 'identified' }
  /**
   * A token. Every given part must hold: `reading` finds it at one of `locations`, or finds bytes that may be none (`token-place.ts`; absent:
   * it is sent exactly there); its signature verifies under `keys` (a key set id); issuer and subject match. All parts absent: some
   * token is sent.
   */
  | {
      readonly type: 'token';
      readonly locations?: readonly string[];
      readonly reading?: 'token' | 'anything';
      readonly keys?: string;
      readonly issuer?: TextMatcher;
      readonly subject?: TextMatcher;
    }
  /**
   * A claim's value, string or list of strings: some element matches `pattern` (A3.31), and that same element also matches all
   * of `also` and none of `except`. Policies write `pattern` only; results use the other two to name an element exactly.
   */
  | { readonly type: 'element'; readonly pattern: TextMatcher; readonly also?: readonly TextMatcher[]; readonly except?: readonly TextMatcher[] }
  /** Not carried at all: true for `null` only. Policies cannot write it; results say it where absence counts. */
  | { readonly type: 'absent' }
  /** The boolean of an uninterpreted predicate (`opaque:<key>`). */
  | { readonly type: 'holds' };

export function isText(matcher: Matcher): matcher is TextMatcher {
  return matcher.type === 'exact' || matcher.type === 'prefix' || matcher.type === 'suffix' || matcher.type === 'non-empty' || matcher.type === 'present';
}

export function ofType<Type extends Matcher['type']>(matchers: readonly Matcher[], type: Type): Extract<Matcher, { readonly type: Type }>[] {
  return matchers.filter((matcher): matcher is Extract<Matcher, { readonly type: Type }> => matcher.type === type);
}
