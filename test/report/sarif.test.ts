import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { Ajv2020 } from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';
import fc from 'fast-check';
import type { Log, Result } from 'sarif';
import { describe, expect, test } from 'vitest';
import { catalogue } from '#findings/catalogue.ts';
import { buildSarif, sarifText, type SarifInput } from '#report/sarif/build.ts';
import { lineHashes } from '#report/sarif/line-hash.ts';
import { ruleId, type RuleDoc } from '#report/sarif/rules.ts';
import { fileUri } from '#report/sarif/uri.ts';
import type { Report } from '#report/report.ts';
import { anyReport, anyText } from '../support/arbitrary-report.ts';
import { cause, empty, hostile, incomplete, mtls, narrowed, sampleChange, sampleFinding, sampleReport, samples, snapshot, undecided, widened } from '../support/sample-reports.ts';

const rules: readonly RuleDoc[] = catalogue;
const text = Array.from({ length: 30 }, (_, index) => `${' '.repeat(index % 3)}key${String(index + 1)}: value`).join('\n');

/** Every RIGHT file of a report exists, and holds thirty lines. */
function headFiles(report: Report): ReadonlyMap<string, string> {
  const files = new Map<string, string>([['README.yaml', 'a: 1\n']]);
  const add = (file: string, side: string): void => {
    if (side === 'RIGHT') files.set(file, text);
  };
  for (const finding of report.findings) {
    if (finding.location !== undefined) add(finding.location.file, finding.location.side);
    for (const related of finding.related) add(related.file, related.side);
  }
  for (const change of report.changes) for (const origin of change.causes) {
    add(origin.file, origin.side);
    for (const step of origin.via) add(step.file, 'RIGHT');
  }
  return files;
}

function input(report: Report, more: Partial<SarifInput> = {}): SarifInput {
  const files = headFiles(report);
  return {
    report,
    rules,
    tag: 'default',
    files: { text: (file) => files.get(file), locate: (subject) => (subject === 'shop/inventory' ? { file: 'README.yaml', line: 1 } : undefined), fallback: 'README.yaml' },
    informationUri: 'https://github.com/acme/mesh-posture',
    repository: { uri: 'https://github.com/acme/shop', revision: report.comparison.head.id, branch: 'main' },
    ...more,
  };
}

function results(log: Log): readonly Result[] {
  return log.runs[0]?.results ?? [];
}

function byFingerprint(log: Log, fingerprint: string): Result {
  const found = results(log).find((result) => result.partialFingerprints?.['meshPostureEffect/v1'] === fingerprint);
  if (found === undefined) throw new Error(`no result ${fingerprint}`);
  return found;
}

const multitool = path.dirname(createRequire(import.meta.url).resolve('@microsoft/sarif-multitool-linux/package.json'));
const ajv = new Ajv2020({ strict: false, allErrors: true });
addFormats.default(ajv);
const schema = ajv.compile(JSON.parse(readFileSync(path.join(multitool, 'sarif-2.1.0.json'), 'utf8')) as object);

describe('SARIF for code scanning', () => {
  test.each(Object.entries(samples))('%s is valid under the schema of SARIF 2.1.0', (_, report) => {
    schema(JSON.parse(sarifText(input(report))));
    expect(schema.errors).toBeNull();
  });

  test.each([['widened', widened] as const, ['mtls', mtls] as const, ['snapshot', snapshot] as const, ['incomplete', incomplete] as const])('%s, a golden', async (title, report) => {
    await expect(sarifText(input(report))).toMatchFileSnapshot(`../../fixtures/report/sarif/${title}.sarif`);
  });

  test('any report is valid, has what code scanning requires, and names only files of the head', () => {
    fc.assert(
      fc.property(anyReport, anyText, (report, tag) => {
        const files = headFiles(report);
        const log = buildSarif(input(report, { tag }));
        schema(JSON.parse(JSON.stringify(log)));
        expect(schema.errors).toBeNull();
        const run = log.runs[0]!;
        expect(run.automationDetails?.id).toMatch(/^mesh-posture\/[^/]*\/$/);
        const ids = run.tool.driver.rules!.map((rule) => rule.id);
        expect(new Set(ids).size).toBe(ids.length);
        for (const rule of run.tool.driver.rules!) {
          expect(rule.shortDescription?.text).toMatch(/\S/);
          expect(rule.shortDescription!.text.length).toBeLessThanOrEqual(1_024);
          expect(rule.fullDescription?.text).toMatch(/\S/);
          expect(rule.help?.text).toMatch(/\S/);
          expect(rule.properties?.tags?.length ?? 0).toBeLessThanOrEqual(10);
        }
        for (const result of results(log)) {
          expect(ids[result.ruleIndex!]).toBe(result.ruleId);
          expect(result.locations).toHaveLength(1);
          expect(result.message.text).toMatch(/\S/);
          for (const place of [...result.locations!, ...(result.relatedLocations ?? []), ...(result.codeFlows ?? []).flatMap((flow) => flow.threadFlows.flatMap((thread) => thread.locations.map((step) => step.location!)))]) {
            const { artifactLocation, region } = place.physicalLocation!;
            expect(artifactLocation!.uri).toMatch(/^[\w.~%-][\w.~%/-]*$/);
            expect(artifactLocation!.uri!.split('/')).not.toContain('..');
            expect([...files.keys()].map((file) => fileUri(file))).toContain(artifactLocation!.uri);
            const count = files.get([...files.keys()].find((file) => fileUri(file) === artifactLocation!.uri)!)!.split('\n').length;
            expect(region!.startLine).toBeGreaterThanOrEqual(1);
            expect(region!.endLine).toBeGreaterThanOrEqual(region!.startLine!);
            expect(region!.endLine).toBeLessThanOrEqual(count);
            expect(region!.startColumn).toBeGreaterThanOrEqual(1);
            expect(region!.endColumn! > region!.startColumn! || region!.endLine! > region!.startLine!).toBe(true);
          }
          // Links of a message lead to related locations and nowhere else.
          for (const [, target] of result.message.text!.matchAll(/\[[^\]]*\]\(([^)]*)\)/g)) expect(result.relatedLocations?.map((place) => String(place.id))).toContain(target);
        }
      }),
      { numRuns: 40 },
    );
  }, 30_000);

  test('the severity belongs to the rule: one rule for each level where it is not where the rule starts', () => {
    const findings = (['critical', 'high', 'low'] as const).map((severity, index) => sampleFinding({ severity, fingerprint: `bbbb00000000000${String(index)}`, location: { file: 'a.yaml', startLine: 1, endLine: 1, side: 'RIGHT' } }));
    const medium = sampleFinding({ code: 'MP103', rule: 'plaintext-accepted', severity: 'medium', status: 'existing', fingerprint: 'bbbb000000000008', location: { file: 'a.yaml', startLine: 1, endLine: 1, side: 'RIGHT' } });
    const log = buildSarif(input(sampleReport({ findings: [...findings, medium, { ...medium, severity: 'high', fingerprint: 'bbbb000000000009' }] })));
    expect(log.runs[0]!.tool.driver.rules!.map((rule): readonly unknown[] => [rule.id, rule.properties?.['security-severity'], rule.defaultConfiguration?.level])).toEqual([
      ['MP103', '5.5', 'warning'],
      ['MP103-high', '8.0', 'error'],
      ['MP201-critical', '9.5', 'error'],
      ['MP201-high', '8.0', 'error'],
      ['MP201-low', '2.0', 'note'],
    ]);
    expect(ruleId({ code: 'MP999', severity: 'low' }, undefined)).toBe('MP999-low');
  });

  test('a deleted control is shown at what is exposed now, its old place is told in words', () => {
    const result = byFingerprint(buildSarif(input(widened)), 'aaaa000000000203');
    expect(result.locations?.[0]?.physicalLocation?.artifactLocation?.uri).toBe('README.yaml');
    expect(result.message.text).toContain('removed here (manifests/shop/inventory-policy.yaml:1 of the base)');
    expect(result.relatedLocations).toBeUndefined();
  });

  test('without an exposed object it is shown at line 1 of a file of the head, without any it is told as a notification', () => {
    const { text: read } = input(widened).files;
    const fallback = byFingerprint(buildSarif(input(widened, { files: { text: read, fallback: 'README.yaml' } })), 'aaaa000000000203');
    expect(fallback.locations?.[0]?.physicalLocation).toMatchObject({ artifactLocation: { uri: 'README.yaml' }, region: { startLine: 1 } });
    const none = buildSarif(input(widened, { files: { text: () => undefined } }));
    expect(results(none)).toEqual([]);
    expect(none.runs[0]?.invocations?.[0]?.toolExecutionNotifications?.map((note) => note.message.text).join()).toContain('no file of the head can carry MP203');
  });

  test('the steps of rendering are a code flow, from values to the rendered line', () => {
    const result = byFingerprint(buildSarif(input(widened)), 'aaaa000000000201');
    expect(result.codeFlows?.[0]?.threadFlows[0]?.locations.map((step) => step.location?.physicalLocation?.artifactLocation?.uri)).toEqual(['charts/shop/values-prod.yaml', 'charts/shop/templates/authz.yaml']);
  });

  test('related locations are linked from the message', () => {
    const result = byFingerprint(buildSarif(input(widened)), 'aaaa000000000101');
    expect(result.message.text).toContain('[this workload is exposed](1)');
    expect(result.relatedLocations?.[0]?.id).toBe(1);
  });

  test('suppressed and fixed findings are left out, existing ones are there', () => {
    const log = buildSarif(input(widened));
    const all = results(log).map((result) => result.partialFingerprints?.['meshPostureEffect/v1']);
    expect(all).not.toContain('aaaa000000000103');
    expect(all).not.toContain('aaaa000000000214');
    expect(byFingerprint(log, 'aaaa000000000205').baselineState).toBe('unchanged');
    expect(byFingerprint(log, 'aaaa000000000101').baselineState).toBe('new');
  });

  test('a snapshot has no baseline', () => {
    expect(results(buildSarif(input(snapshot))).every((result) => result.baselineState === undefined)).toBe(true);
  });

  test('an empty report is a run without results, never no run', () => {
    expect(results(buildSarif(input(empty)))).toEqual([]);
    expect(buildSarif(input(empty)).runs).toHaveLength(1);
  });

  test('the maturity delta is a property, and one note where it is not zero, whatever the minimum', () => {
    const log = buildSarif(input(widened, { minimum: 'critical' }));
    expect(log.runs[0]?.properties?.['zeroTrustMaturity']).toMatchObject({ base: 61, head: 54, delta: -7, pillars: { mtls: { base: 4.2, head: 2.6, delta: -1.6 } } });
    expect(results(log).map((result) => [result.ruleId, result.level])).toEqual([['MP901', 'note']]);
    expect(results(log)[0]?.message.text).toContain('maturity 61 → 54 (−7)');
    expect(results(buildSarif(input(widened, { maturityResult: false }))).map((result) => result.ruleId)).not.toContain('MP901');
    expect(results(buildSarif(input(undecided))).map((result) => result.ruleId)).not.toContain('MP901');
    expect(results(buildSarif(input(narrowed))).map((result) => result.ruleId)).toEqual(['MP901']);
  });

  test('the engine’s own maturity finding is not doubled', () => {
    const own = sampleFinding({ code: 'MP901', rule: 'maturity-changed', severity: 'info', location: { file: 'manifests/payments/mtls.yaml', startLine: 8, endLine: 8, side: 'RIGHT' } });
    expect(results(buildSarif(input({ ...widened, findings: [...widened.findings, own] }))).filter((result) => result.ruleId === 'MP901')).toHaveLength(1);
  });

  test('what was not read is in the log', () => {
    const notes = buildSarif(input(incomplete)).runs[0]?.invocations?.[0]?.toolExecutionNotifications ?? [];
    expect(notes.map((note) => [note.level, note.message.text])).toEqual([
      ['error', 'charts/shop: `helm` is not installed'],
      ['error', 'manifests/shop/cart.yaml: a tab is used for indentation'],
      ['warning', 'vendor/platform: the submodule is not checked out'],
    ]);
  });

  test('no more than 25 000 results, the worst of them, and the log says so', () => {
    const many = Array.from({ length: 25_010 }, (_, index) => sampleFinding({ severity: index < 20 ? 'low' : 'high', resource: `r${String(index)}`, fingerprint: String(index).padStart(16, '0'), location: { file: 'a.yaml', startLine: 1, endLine: 1, side: 'RIGHT' } }));
    const log = buildSarif(input(sampleReport({ findings: many })));
    expect(results(log)).toHaveLength(25_000);
    expect(results(log).filter((result) => result.level === 'note')).toHaveLength(10);
    expect(log.runs[0]?.invocations?.[0]?.toolExecutionNotifications?.[0]?.message.text).toContain('10 results beyond 25000 left out');
  });

  test('equal reports give equal bytes', () => {
    expect(sarifText(input({ ...widened, findings: [...widened.findings].reverse() }))).toBe(sarifText(input(widened)));
  });

  test('paths are encoded segment by segment and never leave the repository', () => {
    expect(fileUri('dir with space/ünïcode#frag?.yaml')).toBe('dir%20with%20space/%C3%BCn%C3%AFcode%23frag%3F.yaml');
    expect(fileUri('a/./b//c.yaml')).toBe('a/b/c.yaml');
    expect(fileUri('c:/x.yaml')).toBe('c%3A/x.yaml');
    expect(fileUri('../x')).toBeNull();
    expect(fileUri('a/../../x')).toBeNull();
    expect(fileUri('/etc/passwd')).toBeNull();
    expect(fileUri('')).toBeNull();
  });

  test('a line beyond the file is pulled into it', () => {
    const change = sampleChange({ id: 'cccc000000000001', causes: [cause('a.yaml', 400, 'A/b/c')] });
    const finding = sampleFinding({ changeIds: [change.id], location: { file: 'a.yaml', startLine: 400, endLine: 500, side: 'RIGHT' } });
    expect(results(buildSarif(input(sampleReport({ changes: [change], findings: [finding] }))))[0]?.locations?.[0]?.physicalLocation?.region).toMatchObject({ startLine: 30, endLine: 30 });
  });
});

describe('CodeQL’s line hash', () => {
  test('its own vectors', () => {
    expect(lineHashes('')).toEqual(['c129715d7a2bc9a3:1']);
    expect(lineHashes(' a\nb\n  \t\tc\n d')).toEqual(['271789c17abda88f:1', '54703d4cd895b18:1', '180aee12dab6264:1', 'a23a3dc5e078b07b:1']);
    expect(lineHashes('Lorem ipsum dolor sit amet.\n'.repeat(10)).slice(0, 6)).toEqual([1, 2, 3, 4, 5, 6].map((count) => `a7f2ff13bc495cf2:${String(count)}`));
  });

  test('the description of the algorithm, in big integers, says the same for any text', () => {
    const slow = (content: string): readonly string[] => {
      const units = [...Array(content.length).keys()].map((at) => content.charCodeAt(at));
      const kept: { readonly unit: number; readonly start: boolean }[] = [];
      let start = true;
      let afterReturn = false;
      for (const unit of units) {
        if (unit === 32 || unit === 9 || (afterReturn && unit === 10)) {
          afterReturn = false;
          continue;
        }
        afterReturn = unit === 13;
        const current = unit === 13 ? 10 : unit;
        kept.push({ unit: current, start });
        start = current === 10;
      }
      kept.push({ unit: 65_535, start });
      const counts = new Map<string, number>();
      return kept.flatMap((entry, at) => {
        if (!entry.start) return [];
        let hash = 0n;
        for (let offset = 0; offset < 100; offset += 1) hash = BigInt.asUintN(64, hash * 37n + BigInt(kept[at + offset]?.unit ?? 0));
        const value = hash.toString(16);
        counts.set(value, (counts.get(value) ?? 0) + 1);
        return [`${value}:${String(counts.get(value))}`];
      });
    };
    fc.assert(
      fc.property(fc.array(fc.oneof(fc.constantFrom(' ', '\t', '\n', '\r', '\r\n', 'a', 'key: value'), fc.string({ unit: 'binary', maxLength: 120 })), { maxLength: 40 }).map((parts) => parts.join('')), (content) => {
        expect(lineHashes(content)).toEqual(slow(content));
      }),
      { numRuns: 150 },
    );
  });

  test('there is a hash for every line', () => {
    expect(lineHashes(text)).toHaveLength(30);
    expect(lineHashes('a\n\n\nb\n')).toHaveLength(5);
  });
});

const binary = path.join(multitool, 'Sarif.Multitool');

describe('the multitool with GitHub’s rules (skipped off Linux x64)', () => {
  const runs = existsSync(binary) && process.platform === 'linux' && process.arch === 'x64';
  const errorsOf = (log: string): readonly string[] => {
    const folder = mkdtempSync(path.join(tmpdir(), 'mesh-posture-sarif-'));
    try {
      const file = path.join(folder, 'log.sarif');
      const out = path.join(folder, 'out.sarif');
      writeFileSync(file, log);
      execFileSync(binary, ['validate', file, '--rule-kind', 'Sarif;Ghas', '--level', 'Error;Warning;Note', '-o', out, '--log', 'ForceOverwrite'], { stdio: 'pipe', env: { ...process.env, DOTNET_SYSTEM_GLOBALIZATION_INVARIANT: '1' } });
      const judged = JSON.parse(readFileSync(out, 'utf8')) as Log; // the tool writes SARIF
      return results(judged)
        .filter((result) => result.level === 'error')
        .map((result) => `${result.ruleId ?? ''} ${result.message.id ?? ''} ${(result.message.arguments ?? []).join(' | ')}`);
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  };

  test.skipIf(!runs).each([
    ['widened', widened],
    ['snapshot', snapshot],
    ['hostile', hostile],
    ['incomplete', incomplete],
  ] as const)('%s has no error', (_, report) => {
    expect(errorsOf(sarifText(input(report)))).toEqual([]);
  }, 60_000);

  test.skipIf(!runs)('a result without a location is an error: the tool really looks', () => {
    const log = buildSarif(input(widened));
    const run = log.runs[0]!;
    expect(errorsOf(JSON.stringify({ ...log, runs: [{ ...run, results: run.results!.map((result) => ({ ...result, locations: [] })) }] })).join()).toMatch(/GH10/);
  }, 60_000);
});
