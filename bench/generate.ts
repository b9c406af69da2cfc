/** A git repository with a made-up mesh: `base` and `head` are two commits, in the head every policy differs. */
import { spawnSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { picker, type Pick } from './random.ts';

const methods = ['GET', 'POST', 'PUT', 'DELETE'];
const resources = ['orders', 'items', 'users', 'carts', 'invoices', 'reports'];

function workload(namespace: string, name: string): string {
  return `apiVersion: v1
kind: ServiceAccount
metadata:
  name: ${name}
  namespace: ${namespace}
---
apiVersion: apps/v1
kind: Deployment
metadata:
  name: ${name}
  namespace: ${namespace}
spec:
  replicas: 2
  selector:
    matchLabels:
      app: ${name}
  template:
    metadata:
      labels:
        app: ${name}
        version: v1
    spec:
      serviceAccountName: ${name}
      containers:
        - name: app
          image: registry.example/${namespace}/${name}:1.0.0
          ports:
            - name: http
              containerPort: 8080
---
apiVersion: v1
kind: Service
metadata:
  name: ${name}
  namespace: ${namespace}
spec:
  selector:
    app: ${name}
  ports:
    - name: http
      port: 80
      targetPort: 8080
`;
}

function rule(pick: Pick, namespaces: number): string {
  const source = pick.below(4) === 0 ? `namespaces: ["ns-${pick.below(namespaces)}"]` : `principals: ["cluster.local/ns/ns-${pick.below(namespaces)}/sa/app-${pick.below(5)}"]`;
  return `    - from:
        - source:
            ${source}
      to:
        - operation:
            methods: ["${pick.of(methods)}"]
            paths: ["/${pick.of(resources)}/*", "/${pick.of(resources)}"]
`;
}

function policy(namespace: string, app: string, name: string, action: 'ALLOW' | 'DENY', rules: readonly string[]): string {
  return `apiVersion: security.istio.io/v1
kind: AuthorizationPolicy
metadata:
  name: ${name}
  namespace: ${namespace}
spec:
  selector:
    matchLabels:
      app: ${app}
  action: ${action}
  rules:
${rules.join('')}`;
}

/** A policy holds at most 512 rules. */
const rulesPerPolicy = 500;

/** One workload behind many rules, of which `differs` picks those that the head has otherwise. */
export function ruleFiles(rules: number, differs: (index: number) => boolean): { readonly base: ReadonlyMap<string, string>; readonly head: ReadonlyMap<string, string> } {
  const pick = picker(rules + 11);
  const before = Array.from({ length: rules }, () => rule(pick, 1_000));
  const after = before.map((text, index) => (differs(index) ? rule(pick, 1_000) : text));
  const files = (texts: readonly string[]): ReadonlyMap<string, string> => {
    const found = new Map([
      ['namespace.yaml', 'apiVersion: v1\nkind: Namespace\nmetadata:\n  name: shop\n  labels:\n    istio-injection: enabled\n'],
      ['workload.yaml', workload('shop', 'cart')],
    ]);
    for (let at = 0; at < texts.length; at += rulesPerPolicy) found.set(`allow-${at}.yaml`, policy('shop', 'cart', `allow-${at}`, 'ALLOW', texts.slice(at, at + rulesPerPolicy)));
    return found;
  };
  return { base: files(before), head: files(after) };
}

/** Path → text for both sides. Two policies per workload; `changed`: how many policies differ. */
export function meshFiles(workloads: number, changed = Infinity): { readonly base: ReadonlyMap<string, string>; readonly head: ReadonlyMap<string, string> } {
  const pick = picker(workloads + 7);
  const perNamespace = 5;
  const namespaces = Math.max(1, Math.ceil(workloads / perNamespace));
  const base = new Map<string, string>();
  const head = new Map<string, string>();
  const both = (path: string, text: string): void => {
    base.set(path, text);
    head.set(path, text);
  };
  both('mesh/peer-authentication.yaml', 'apiVersion: security.istio.io/v1\nkind: PeerAuthentication\nmetadata:\n  name: default\n  namespace: istio-system\nspec:\n  mtls:\n    mode: STRICT\n');
  for (let ns = 0; ns < namespaces; ns++) {
    both(`ns-${ns}/namespace.yaml`, `apiVersion: v1\nkind: Namespace\nmetadata:\n  name: ns-${ns}\n  labels:\n    istio-injection: enabled\n`);
  }
  for (let index = 0; index < workloads; index++) {
    const namespace = `ns-${Math.floor(index / perNamespace)}`;
    const app = `app-${index % perNamespace}`;
    both(`${namespace}/${app}.yaml`, workload(namespace, app));
    const allow = [rule(pick, namespaces), rule(pick, namespaces), rule(pick, namespaces)];
    const deny = [rule(pick, namespaces)];
    base.set(`${namespace}/${app}-allow.yaml`, policy(namespace, app, `${app}-allow`, 'ALLOW', allow));
    const differs = (of: 0 | 1): boolean => 2 * index + of < changed;
    head.set(`${namespace}/${app}-allow.yaml`, policy(namespace, app, `${app}-allow`, 'ALLOW', differs(0) ? [...allow.slice(0, 2), rule(pick, namespaces)] : allow));
    base.set(`${namespace}/${app}-deny.yaml`, policy(namespace, app, `${app}-deny`, 'DENY', deny));
    head.set(`${namespace}/${app}-deny.yaml`, policy(namespace, app, `${app}-deny`, 'DENY', differs(1) ? [rule(pick, namespaces)] : deny));
  }
  return { base, head };
}

export function git(directory: string, ...args: readonly string[]): string {
  const run = spawnSync('git', ['-c', 'user.name=bench', '-c', 'user.email=bench@example.invalid', '-c', 'commit.gpgsign=false', '-c', 'init.defaultBranch=main', '-c', 'gc.auto=0', ...args], { cwd: directory, encoding: 'utf8', maxBuffer: 1 << 30 });
  if (run.status !== 0) throw new Error(`git ${args.join(' ')}: ${run.stderr}`);
  return run.stdout.trim();
}

function write(directory: string, files: ReadonlyMap<string, string>): void {
  for (const [path, text] of files) {
    mkdirSync(dirname(join(directory, path)), { recursive: true });
    writeFileSync(join(directory, path), text);
  }
}

/** Makes the repository in an empty directory; the commits are the tags `base` and `head`. */
export function makeRepository(directory: string, workloads: number, changed = Infinity): void {
  const files = meshFiles(workloads, changed);
  // The usual limit is for repositories of people.
  if (files.head.size > 19_000) write(directory, new Map([['.github/mesh-posture.yml', 'limits:\n  files: 200000\n']]));
  git(directory, 'init', '-q');
  write(directory, files.base);
  git(directory, 'add', '-A');
  git(directory, 'commit', '-qm', 'base');
  git(directory, 'tag', 'base');
  write(directory, files.head);
  git(directory, 'add', '-A');
  git(directory, 'commit', '-qm', 'head');
  git(directory, 'tag', 'head');
  git(directory, 'gc', '-q');
}
