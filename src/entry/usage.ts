/** What `--help` prints: the page of all commands, and each command's own. */

const report = `  --format text|markdown|json|sarif   repeatable; default text
  --output FILE                       repeatable: the n-th file takes the n-th format; the rest goes to standard output
  --verbose                           also list what did not change
  --statistics FILE                   write work units and sizes as JSON`;

const config = '  --config FILE                       instead of .github/mesh-posture.yml of the tree (of the base, where two are compared)';

export const commandUsage = {
  review: `mesh-posture review --base REV|DIR --head REV|DIR
Compares two revisions of this repository, or two directories: what the change opens and closes for attackers and callers.

  --base REV|DIR                      before: a revision or a directory
  --head REV|DIR                      after: of the same sort as the base
${config}
${report}

  mesh-posture review --base origin/main --head HEAD --format json --output report.json
`,
  audit: `mesh-posture audit [REV|DIR]
Findings and zero-trust scorecard of one tree; default: the working directory.

${config}
${report}

  mesh-posture audit deploy/ --format markdown
`,
  explain: `mesh-posture explain --to NAMESPACE/NAME …
One request: its answer with every step, rule and place; with --base and --head both answers, \`>\` before the steps that differ, and the
change that holds the request. Exits with 0 whatever the answer is.

  --from IDENTITY|WORKLOAD|plaintext  td/ns/x/sa/y, namespace/name, or plaintext (default)
  --ip ADDRESS                        the caller's address; without a workload or identity: outside the cluster
  --to NAMESPACE/NAME|HOST|ADDRESS    the workload, the host of a Service, or an address outside the cluster;
                                      gateway:NAMESPACE/NAME: what a gateway does, at a port of its Service
  --port N                            the port of its pods (of the Service, where a host is named); default the only one declared
  --protocol http|tcp|tls|https|udp|sctp   default http; tls and https: the client's own TLS
  --method M                          default GET
  --path P                            default /
  --host H                            default the workload's own
  --header 'Name: value'              repeatable
  --sni NAME                          server name of the TLS handshake
  --claims JSON                       of a valid token in \`Authorization\`
  --given KEY=true|false              what the manifests do not tell, as an unknown answer names it; repeatable
  --tree REV|DIR                      default: the working directory
  --base REV|DIR --head REV|DIR       both sides of a change instead
  --queries FILE                      many requests, JSON Lines (docs/questions.md); answers as JSON Lines
${config}

  mesh-posture explain --from web/front --to shop/orders --port 8080 --method POST --path /api/orders
  mesh-posture explain --base origin/main --head HEAD --to shop/orders
`,
  test: `mesh-posture test FILE…
Scenarios, changes and validations with expected answers: JSON Lines (gzip too), JSON, or YAML. Exits with 1 where one fails.

  mesh-posture test policies/tests.yaml
`,
  environments: `mesh-posture environments [REV|DIR]
What was found, and what runs together; default: the working directory.

  --explain FILE                      which units use this file
${config}

  mesh-posture environments --explain overlays/prod/mesh.yaml
`,
  rules: `mesh-posture rules [CODE]
The findings, or one of them by code or name.

  mesh-posture rules MP101
`,
  demo: `mesh-posture demo
The embedded example: nothing to install, nothing to configure. It finds something, so it exits with 1.

${report}

  mesh-posture demo --format markdown
`,
} as const;

export const usage = `mesh-posture: what a change to Istio and Kubernetes manifests really opens and closes

  mesh-posture review --base REV|DIR --head REV|DIR   compare two revisions or two directories
  mesh-posture audit [REV|DIR]                        findings and zero-trust scorecard of one tree
  mesh-posture explain --to WORKLOAD …                one request: every step, rule and place; on one tree or both sides
  mesh-posture test FILE…                             scenarios with expected answers (JSON Lines, gzip, JSON, YAML)
  mesh-posture environments [REV|DIR]                 what was found, and what runs together
  mesh-posture rules [CODE]                           the findings, or one of them
  mesh-posture demo                                   the embedded example: nothing to install, nothing to configure

review, audit, demo
${report}
review, audit, explain, environments
${config}
explain
  --from, --ip, --to, --port, --protocol, --method, --path, --host, --header, --sni, --claims, --given, --tree, --base, --head, --queries
environments
  --explain FILE                      which units use this file

  mesh-posture COMMAND --help         the flags of one command, with an example
  mesh-posture --version

Exit codes: 0 pass, 1 a gate failed, 2 wrong usage or configuration, 3 incomplete or an internal error.
`;
