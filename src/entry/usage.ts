/** What `--help` prints. */
export const usage = `mesh-posture: what a change to Istio and Kubernetes manifests really opens and closes

  mesh-posture review --base REV|DIR --head REV|DIR   compare two revisions or two directories
  mesh-posture audit [REV|DIR]                        findings and zero-trust scorecard of one tree
  mesh-posture explain --to WORKLOAD --port N …       one request: every step, rule and object
  mesh-posture test FILE…                             scenarios with expected answers (JSON Lines, gzip, YAML)
  mesh-posture environments [REV|DIR]                 what was found, and what runs together
  mesh-posture rules [CODE]                           the findings, or one of them
  mesh-posture demo                                   the embedded example: nothing to install, nothing to configure

review, audit, demo
  --format text|markdown|json|sarif   repeatable; default text
  --output FILE                       repeatable: the n-th file takes the n-th format; the rest goes to standard output
  --config FILE                       instead of .github/mesh-posture.yml of the base
  --verbose                           also list what did not change
  --statistics FILE                   write work units and sizes as JSON

explain
  --from IDENTITY|WORKLOAD|plaintext  td/ns/x/sa/y, namespace/name, or plaintext (default)
  --to NAMESPACE/NAME  --port N       the workload and the port of its pods
  --protocol http|tcp|tls|https       default http
  --method M --path P --host H --header 'Name: value' --claims JSON
  --tree REV|DIR                      default: the working directory
  --queries FILE                      many requests, JSON Lines; answers as JSON Lines

Exit codes: 0 pass, 1 a gate failed, 2 wrong usage or configuration, 3 incomplete or an internal error.
`;
