import type { Backend } from '#semantics/gateways/backends.ts';
import type { AnsweringLayer } from '#sets/cube.ts';

/** A question in the words of the recorded decisions (`docs/questions.md`): `explain`, `test` and witnesses all use it. */
export interface Query {
  readonly from: {
    /** `trust-domain/ns/x/sa/y`; `null`: plaintext, no certificate. */
    readonly principal?: string | null;
    readonly workload?: string;
    readonly outside?: boolean;
    readonly ip?: string;
    /** The calling pod, where NetworkPolicies look at it. `namespaceLabels`: of a namespace that no manifest declares. */
    readonly pod?: { readonly namespace: string; readonly labels: Readonly<Record<string, string>>; readonly namespaceLabels?: Readonly<Record<string, string>> };
    readonly direct?: boolean;
    /** With `principal`: how the client takes part, where the identity alone does not tell (default: ambient in a mesh that has ambient pods). */
    readonly client?: 'sidecar' | 'ambient';
    /** At a gateway: a client certificate of the authority that the credential (or file) `by` trusts; `sans` are its DNS names. */
    readonly certificate?: { readonly by: string; readonly sans?: readonly string[] };
  };
  readonly to: {
    /** `namespace/name`, or `namespace/name[Kind]` where two kinds share the name. */
    readonly workload?: string;
    readonly host?: string;
    readonly selector?: { readonly namespace: string; readonly labels: Readonly<Record<string, string>> };
    /** `namespace/name` of its Deployment or of a Kubernetes Gateway; `namespace/key=value` of pods that no manifest declares. */
    readonly gateway?: string;
    /** With `gateway`: may the request come to this backend (`namespace/service:port`), whatever share of the requests does; `as`: seen there with this path and authority. */
    readonly backend?: string;
    readonly as?: { readonly path: string; readonly host: string };
    readonly ip?: string;
    readonly port: number;
  };
  readonly request: {
    /** `udp` and `sctp` never go through a proxy: only NetworkPolicies see them. */
    readonly protocol: 'http' | 'https' | 'tcp' | 'tls' | 'udp' | 'sctp';
    readonly sni?: string;
    readonly method?: string;
    readonly path?: string;
    readonly host?: string;
    readonly headers?: Readonly<Record<string, string>>;
    readonly token?: {
      readonly valid: boolean;
      readonly claims?: Readonly<Record<string, unknown>>;
      /** `authorization`, `header:NAME`, `parameter:NAME`, `cookie:NAME`. */
      readonly in?: string;
      readonly prefix?: string;
    };
  };
  /** What the manifests do not tell and the answer depends on: `enrolment:<ns>`, `provider:<name>`, `opaque:<key>`, `keys:<id>`, `secret:<ns>/<name>`, `service:<host>`. */
  readonly given?: Readonly<Record<string, boolean>>;
}

export type EnforcementPoint = 'sidecar' | 'ztunnel' | 'waypoint' | 'gateway' | 'none';
export type AnswerLayer = AnsweringLayer | 'none' | 'protocol';

/** Numbered rule of the references: `A1.4` (istio-authorization), `M16` (istio-mtls-enrolment-traffic), `R24`. */
export type RuleNumber = string;

/** The answer for one request. `by`: determining policies, `Kind/namespace/name`, sorted. */
export type Decision =
  | {
      readonly verdict: 'allow' | 'deny';
      readonly layer: AnswerLayer;
      readonly by: readonly string[];
      readonly enforcedAt: EnforcementPoint;
      /** The client's TLS ended in the application: the proxy saw no identity and no HTTP. */
      readonly passthrough?: boolean;
      readonly via?: string;
      readonly hops?: readonly Hop[];
      /** Allowed by a gateway: where it sends the request, and with whose TLS. */
      readonly backend?: Backend;
      readonly tls?: 'terminated' | 'passthrough';
      /** Path and authority as the backend sees them, where they are not what was sent. */
      readonly forwarded?: Forwarded;
      /** One sentence per step, in the order of evaluation, each with its rule number. */
      readonly because: readonly Step[];
    }
  | {
      readonly verdict: 'asks';
      readonly layer: 'external-authorization';
      readonly provider: string;
      readonly by: readonly string[];
      readonly enforcedAt: EnforcementPoint;
      readonly passthrough?: boolean;
      readonly via?: string;
      readonly hops?: readonly Hop[];
      /** As the backend of the question would see it. */
      readonly forwarded?: Forwarded;
      readonly because: readonly Step[];
    }
  | { readonly verdict: 'unknown'; readonly rule: RuleNumber; readonly missing: string; readonly because: readonly Step[] };

/** A gateway answers with 3xx and sends nothing on. */
export interface Redirect {
  readonly verdict: 'redirect';
  readonly layer: 'routing';
  readonly location: string;
  readonly by: readonly string[];
  readonly enforcedAt: 'gateway';
  readonly because: readonly Step[];
}

/** What a question is answered with; only gateways redirect. */
export type Answer = Decision | Redirect;

export interface Forwarded {
  readonly path?: string;
  readonly host?: string;
}

/** One enforcement point on the way, where there is more than one; `via` names the waypoint among them. */
export interface Hop {
  /** The waypoint (`namespace/name`) or the workload. */
  readonly at: string;
  /** Whom it sees; `null`: nobody. */
  readonly peer: string | null;
  readonly verdict: Decision['verdict'];
  readonly layer?: AnswerLayer;
  readonly by?: readonly string[];
  readonly enforcedAt?: EnforcementPoint;
}

export interface Step {
  readonly rule: RuleNumber;
  readonly text: string;
  /** `Kind/namespace/name` of the object that decided this step, where one did. */
  readonly by?: string;
  /** What lies behind the step, field by field. Computed when it is asked for: most answers are never explained. */
  readonly details?: () => readonly StepDetail[];
}

export interface StepDetail {
  /** `Kind/namespace/name`. */
  readonly by: string;
  /** Empty: the place says it all. */
  readonly text: string;
  /** The field in the object's manifest. */
  readonly path: readonly (string | number)[];
}
