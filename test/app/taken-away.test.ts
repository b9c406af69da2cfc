/** R28: a namespace that goes with all that lay in it holds nobody any more; a policy taken away alone opens its pods. */
import { describe, expect, test } from 'vitest';
import { changesIn, newCodes, reviewed } from '../support/reviewed.ts';
import { stream } from '../support/tree.ts';

const namespace = (name: string, more = ''): string => `apiVersion: v1\nkind: Namespace\nmetadata: {name: ${name}${more}}\n`;
const isolation = (name: string): string => `apiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\nmetadata: {name: deny, namespace: ${name}}\nspec: {podSelector: {}, policyTypes: [Ingress]}\n`;
const guard = (name: string): string => `apiVersion: security.istio.io/v1\nkind: AuthorizationPolicy\nmetadata: {name: guard, namespace: ${name}}\nspec: {selector: {matchLabels: {app: api}}, rules: [{to: [{operation: {paths: [/api]}}]}]}\n`;
const service = (name: string): string => `apiVersion: v1\nkind: Service\nmetadata: {name: api, namespace: ${name}}\nspec: {selector: {app: api}, ports: [{port: 80}]}\n`;
const shop = stream(namespace('shop'), isolation('shop'));
const bank = (more = ''): string => stream(namespace('bank', more), isolation('bank'), guard('bank'), service('bank'));

const review = (before: string, after: string): ReturnType<typeof reviewed> => reviewed({ 'shop.yaml': shop, 'bank.yaml': before }, { 'shop.yaml': shop, ...(after === '' ? {} : { 'bank.yaml': after }) });

describe('a namespace', () => {
  test('that is taken away whole opens nothing, and the report says what it rests on', () => {
    const report = review(bank(), '');
    expect(changesIn(report)).toEqual([]);
    expect(newCodes(report)).toEqual([]);
    expect(report.verdict).toBe('pass');
    expect(report.coverage.assumptions.map(({ id }) => id)).toContain('namespace-gone:bank');
  });

  test('that stays without its policies is open', () => {
    const report = review(bank(), stream(namespace('bank'), service('bank')));
    expect(changesIn(report)).toContain('widened access');
    expect(report.verdict).toBe('fail');
    expect(report.coverage.assumptions.map(({ id }) => id)).not.toContain('namespace-gone:bank');
  });

  test('in which something is left, though its own object goes, is open', () => {
    expect(changesIn(review(bank(), service('bank')))).toContain('widened access');
  });

  test('that no manifest declared is open: nothing says that its pods go', () => {
    expect(changesIn(review(stream(isolation('bank'), guard('bank')), ''))).toContain('widened access');
  });

  test.each([
    ['Flux', ', annotations: {kustomize.toolkit.fluxcd.io/prune: disabled}'],
    ['Argo CD', ', annotations: {argocd.argoproj.io/sync-options: "ServerSideApply=true,Prune=false"}'],
    ['Helm', ', annotations: {helm.sh/resource-policy: keep}'],
  ])('that %s is told to keep is open', (_, more) => {
    expect(changesIn(review(bank(more), ''))).toContain('widened access');
  });
});
