import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { commandLine, escapeData, escapeProperty, perLevel, planAnnotations } from '#report/annotations/annotations.ts';
import { anyReport } from '../support/arbitrary-report.ts';
import { huge, widened } from '../support/sample-reports.ts';

/** What the runner reads out of a line. */
function parsed(line: string): { readonly command: string; readonly properties: Readonly<Record<string, string>>; readonly data: string } | null {
  const match = /^::(\w+)(?: ([^:]*))?::(.*)$/s.exec(line);
  if (match === null) return null;
  const undo = (text: string): string => text.replaceAll('%2C', ',').replaceAll('%3A', ':').replaceAll('%0A', '\n').replaceAll('%0D', '\r').replaceAll('%25', '%');
  const pairs = (match[2] ?? '').split(',').filter((pair) => pair !== '').map((pair): [string, string] => [pair.slice(0, pair.indexOf('=')), undo(pair.slice(pair.indexOf('=') + 1))]);
  return { command: match[1] ?? '', properties: Object.fromEntries(pairs), data: undo(match[3] ?? '') };
}

describe('annotations for a run that may not comment', () => {
  test('errors for critical and high, the place as properties', () => {
    const plan = planAnnotations(widened, () => true);
    expect(plan.annotations.map(commandLine)).toEqual([
      '::error file=manifests/payments/mtls.yaml,line=8,endLine=8,title=MP101 plaintext callers newly accepted (high)::`GET /admin/users` from any client without a mesh identity now reaches `payments/payments-api:8080`; before this change it was denied by `PeerAuthentication/payments/default`; GET http://payments-api.payments:8080/admin/users  from any client without a mesh identity; fix: set `mtls.mode: STRICT` again, or restrict the port by principal',
      '::error file=charts/shop/templates/authz.yaml,line=19,endLine=21,title=MP201 requests newly allowed (high)::`POST /orders/1` from any mesh identity now reaches `shop/checkout:8080`; POST http://checkout.shop:8080/orders/1 with header x-tenant: a  from cluster.local/ns/web/sa/other; fix: name the callers in `from.source.principals`',
      '::error title=MP203 requests no longer possible (high)::`shop/checkout` loses `GET /items` at `shop/inventory`, which its route declares (manifests/shop/inventory-policy.yaml:1 of the base); GET http://inventory.shop:8080/items with a valid token {groups=["a","b"],iss=https://idp.example}  from shop/checkout, given enrolment:shop is true; fix: keep an ALLOW for `shop/checkout`',
    ]);
  });

  test('a file that is not in the pull request is named in the words, not annotated', () => {
    const plan = planAnnotations(widened, (file) => file !== 'manifests/payments/mtls.yaml');
    expect(plan.annotations[0]?.file).toBeUndefined();
    expect(plan.annotations[0]?.message).toContain('(manifests/payments/mtls.yaml:8)');
  });

  test('ten errors and ten warnings, the worst first, the rest is a number', () => {
    const plan = planAnnotations(huge);
    expect(plan.annotations.filter((annotation) => annotation.level === 'error')).toHaveLength(perLevel);
    expect(plan.annotations.filter((annotation) => annotation.level === 'warning')).toHaveLength(perLevel);
    expect(plan.annotations[0]?.title).toContain('(critical)');
    expect(plan.omitted).toBe(380);
    expect(plan.notice).toBe('380 more findings in the job summary');
  });

  test('escaping is the runner’s', () => {
    expect(escapeData('100%\r\n::error::x')).toBe('100%25%0D%0A::error::x');
    expect(escapeProperty('a:b,c%\n')).toBe('a%3Ab%2Cc%25%0A');
  });

  test('any report: one line for each, and the runner reads back what was meant', () => {
    fc.assert(
      fc.property(anyReport, (report) => {
        for (const annotation of planAnnotations(report).annotations) {
          const line = commandLine(annotation);
          expect(line).not.toMatch(/[\r\n]/);
          const read = parsed(line);
          expect(read?.command).toBe(annotation.level);
          expect(read?.data).toBe(annotation.message);
          expect(read?.properties['title']).toBe(annotation.title);
          if (annotation.file !== undefined && annotation.file !== '') expect(read?.properties['file']).toBe(annotation.file);
        }
      }),
      { numRuns: 60 },
    );
  });
});
