import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { patchLines } from '#trees/patch.ts';
import { chooseAnchor, DiffIndex, type Candidate, type DiffFile } from '#report/review/anchor.ts';
import { commentBody, commentMarker, fingerprintOf, isRetired, maximumLines, resolvedBody } from '#report/review/comment.ts';
import { planReview, type PlannedComment } from '#report/review/plan-review.ts';
import { planSticky, type ExistingSticky, type StickyWish } from '#report/review/plan-sticky.ts';
import { reconcile, sameLogin, type ExistingComment, type ReconcileOptions } from '#report/review/reconcile.ts';
import { stickyComment } from '#report/markdown/sticky.ts';
import { anyReport } from '../support/arbitrary-report.ts';
import { empty, huge, hostile, sampleFinding, sampleReport, widened } from '../support/sample-reports.ts';

function lines(...ranges: readonly (readonly [number, number])[]): ReadonlySet<number> {
  return new Set(ranges.flatMap(([from, to]) => Array.from({ length: to - from + 1 }, (_, index) => from + index)));
}

function file(path: string, right: ReadonlySet<number>, left: ReadonlySet<number> = new Set(), more: Partial<DiffFile> = {}): DiffFile {
  return { path, left, right, ...more };
}

const at = (startLine: number, endLine = startLine, more: Partial<Candidate> = {}): Candidate => ({ file: 'a.yaml', side: 'RIGHT', startLine, endLine, ...more });

describe('the anchor of a comment', () => {
  const index = new DiffIndex([file('a.yaml', lines([5, 11], [40, 46]), lines([5, 9], [40, 43]), { added: lines([8, 9], [43, 43]), removed: lines([7, 7]) })]);
  const choose = (...candidates: readonly Candidate[]) => chooseAnchor(candidates, index);

  test('the exact changed line, or lines, win', () => {
    expect(choose(at(8))).toEqual({ type: 'line', path: 'a.yaml', side: 'RIGHT', line: 8 });
    expect(choose(at(8, 9))).toEqual({ type: 'line', path: 'a.yaml', side: 'RIGHT', line: 9, startLine: 8 });
  });

  test('a second hunk counts like the first', () => {
    expect(choose(at(43))).toEqual({ type: 'line', path: 'a.yaml', side: 'RIGHT', line: 43 });
  });

  test('of a range that leaves the hunk, the changed part is taken; both ends are in one hunk', () => {
    expect(choose(at(1, 60))).toEqual({ type: 'line', path: 'a.yaml', side: 'RIGHT', line: 9, startLine: 8 });
    expect(choose(at(10, 41))).toEqual({ type: 'line', path: 'a.yaml', side: 'RIGHT', line: 11, startLine: 10 });
  });

  test('the nearest changed line of the same object is taken, not of another', () => {
    const documentAt = (_: string, line: number) => (line < 30 ? { startLine: 1, endLine: 29 } : { startLine: 30, endLine: 60 });
    expect(chooseAnchor([at(20)], index, documentAt)).toEqual({ type: 'line', path: 'a.yaml', side: 'RIGHT', line: 9 });
    expect(chooseAnchor([at(55)], index, documentAt)).toEqual({ type: 'line', path: 'a.yaml', side: 'RIGHT', line: 43 });
    expect(chooseAnchor([at(20)], index)).toEqual({ type: 'file', path: 'a.yaml' });
  });

  test('a deleted line is anchored on the left', () => {
    expect(choose(at(7, 7, { side: 'LEFT' }))).toEqual({ type: 'line', path: 'a.yaml', side: 'LEFT', line: 7 });
    expect(choose(at(1, 30, { side: 'LEFT' }))).toEqual({ type: 'line', path: 'a.yaml', side: 'LEFT', line: 7 });
  });

  test('an exact line of a cause is better than a whole file', () => {
    expect(choose(at(20), at(43))).toEqual({ type: 'line', path: 'a.yaml', side: 'RIGHT', line: 43 });
  });

  test('a changed line of a cause is better than a line that the diff only shows', () => {
    expect(choose(at(6), at(43))).toEqual({ type: 'line', path: 'a.yaml', side: 'RIGHT', line: 43 });
    expect(choose(at(6))).toEqual({ type: 'line', path: 'a.yaml', side: 'RIGHT', line: 6 });
  });

  test('a file of the diff without hunks gets a comment of its own, any other none', () => {
    expect(chooseAnchor([at(3)], new DiffIndex([file('a.yaml', new Set())]))).toEqual({ type: 'file', path: 'a.yaml' });
    expect(chooseAnchor([at(3)], new DiffIndex([file('b.yaml', lines([1, 9]))]))).toEqual({ type: 'summary' });
    expect(chooseAnchor([], index)).toEqual({ type: 'summary' });
  });

  test('a line of the base of a renamed file is commented on under the new name', () => {
    const renamed = new DiffIndex([file('new.yaml', lines([1, 4]), lines([1, 4]), { previousPath: 'old.yaml' })]);
    expect(chooseAnchor([at(2, 2, { file: 'old.yaml', side: 'LEFT' })], renamed)).toEqual({ type: 'line', path: 'new.yaml', side: 'LEFT', line: 2 });
    expect(chooseAnchor([at(2, 2, { file: 'old.yaml' })], renamed)).toEqual({ type: 'summary' });
  });

  test('any anchor is in the diff, and a range has no gap', () => {
    const set = fc.uniqueArray(fc.integer({ min: 1, max: 40 })).map((list) => new Set(list));
    fc.assert(
      fc.property(set, set, fc.array(fc.record({ startLine: fc.integer({ min: 1, max: 40 }), length: fc.nat(15), side: fc.constantFrom('LEFT' as const, 'RIGHT' as const), file: fc.constantFrom('a.yaml', 'b.yaml') }), { maxLength: 5 }), (left, right, wanted) => {
        const candidates = wanted.map((entry) => ({ file: entry.file, side: entry.side, startLine: entry.startLine, endLine: entry.startLine + entry.length }));
        const anchor = chooseAnchor(candidates, new DiffIndex([file('a.yaml', right, left)]), () => ({ startLine: 1, endLine: 40 }));
        if (anchor.type !== 'line') return;
        const allowed = anchor.side === 'RIGHT' ? right : left;
        expect(anchor.startLine === undefined || anchor.startLine < anchor.line).toBe(true);
        for (let line = anchor.startLine ?? anchor.line; line <= anchor.line; line += 1) expect(allowed.has(line)).toBe(true);
      }),
      { numRuns: 400 },
    );
  });

  test('takes the lines of a patch as they are read', () => {
    const read = patchLines('@@ -7,4 +7,4 @@ spec:\n   mtls:\n-    mode: STRICT\n+    mode: PERMISSIVE\n   a: b\n   c: d');
    expect(chooseAnchor([at(8)], new DiffIndex([{ path: 'a.yaml', ...read }]))).toEqual({ type: 'line', path: 'a.yaml', side: 'RIGHT', line: 8 });
  });
});

const diff: readonly DiffFile[] = [
  file('manifests/payments/mtls.yaml', lines([5, 11]), lines([5, 11])),
  file('charts/shop/templates/authz.yaml', lines([16, 24]), lines([16, 22])),
  file('manifests/shop/inventory-policy.yaml', new Set(), lines([1, 14])),
];

describe('the plan of a review', () => {
  test('one comment for each cause, deleted lines on the left, the worst first', async () => {
    const plan = planReview({ report: widened, diff });
    expect(plan.comments.map(({ fingerprint, anchor }) => ({ fingerprint, anchor }))).toEqual([
      { fingerprint: 'aaaa000000000101', anchor: { type: 'line', path: 'manifests/payments/mtls.yaml', side: 'RIGHT', line: 8 } },
      { fingerprint: 'aaaa000000000201', anchor: { type: 'line', path: 'charts/shop/templates/authz.yaml', side: 'RIGHT', line: 21, startLine: 19 } },
      { fingerprint: 'aaaa000000000203', anchor: { type: 'line', path: 'manifests/shop/inventory-policy.yaml', side: 'LEFT', line: 10, startLine: 1 } },
    ]);
    expect(plan.outside).toEqual(['aaaa000000000203']);
    await expect(plan.comments.map((comment) => comment.body).join('\n\n=====\n\n')).toMatchFileSnapshot('../../fixtures/report/review/comments-widened.md');
  });

  test('a comment on a line of context is outside the changed lines', () => {
    const added = diff.map((entry) => (entry.path === 'manifests/payments/mtls.yaml' ? { ...entry, added: lines([10, 10]) } : entry));
    expect(planReview({ report: widened, diff: added }).outside).toEqual(['aaaa000000000101', 'aaaa000000000203']);
  });

  test('existing, fixed and suppressed findings get no comment', () => {
    const all = planReview({ report: widened, diff, minimum: 'info' });
    const said = [...all.comments.map((comment) => comment.fingerprint), ...all.summaryOnly, ...all.withheld];
    expect(said).not.toContain('aaaa000000000205');
    expect(said).not.toContain('aaaa000000000214');
    expect(said).not.toContain('aaaa000000000103');
  });

  test('below the minimum and beyond the maximum is withheld, without a place is for the summary', () => {
    const files = huge.findings.map((finding) => file(finding.location!.file, lines([10, 14])));
    const plan = planReview({ report: huge, diff: files });
    expect(plan.comments).toHaveLength(10);
    expect(plan.withheld).toHaveLength(490);
    expect(planReview({ report: huge, diff: files, maximum: 1_000 }).comments).toHaveLength(30);
    expect(planReview({ report: huge, diff: [] }).summaryOnly).toHaveLength(300);
    expect(planReview({ report: huge, diff: files, minimum: 'critical', maximum: 30 }).comments.every((comment) => comment.body.includes('**critical ·'))).toBe(true);
  });

  test('two findings of one change at one line are one comment', () => {
    const both = sampleReport({
      findings: [
        sampleFinding({ severity: 'critical', location: { file: 'a.yaml', startLine: 3, endLine: 3, side: 'RIGHT' }, changeIds: ['1'], fingerprint: 'aaaa000000000001' }),
        sampleFinding({ code: 'MP204', rule: 'default-deny-lost', title: 'default deny lost', location: { file: 'a.yaml', startLine: 3, endLine: 3, side: 'RIGHT' }, changeIds: ['1'], fingerprint: 'aaaa000000000002' }),
        sampleFinding({ code: 'MP103', location: { file: 'a.yaml', startLine: 3, endLine: 3, side: 'RIGHT' }, changeIds: [], fingerprint: 'aaaa000000000003' }),
      ],
    });
    const plan = planReview({ report: both, diff: [file('a.yaml', lines([1, 5]))] });
    expect(plan.comments.map((comment) => comment.fingerprint)).toEqual(['aaaa000000000001', 'aaaa000000000003']);
    expect(plan.folded).toEqual(new Map([['aaaa000000000002', 'aaaa000000000001']]));
    expect(plan.comments[0]?.body).toContain('Same cause: high `MP204` default deny lost');
  });

  test('a comment has at most twelve lines, its marker first, and nothing live in it', () => {
    fc.assert(
      fc.property(anyReport, (report) => {
        const changes = new Map(report.changes.map((change) => [change.id, change]));
        for (const finding of report.findings.slice(0, 6)) {
          const body = commentBody(finding, report.findings.slice(0, 3), changes, {});
          expect(body.split('\n').length).toBeLessThanOrEqual(maximumLines);
          expect(fingerprintOf(body)).toBe(finding.fingerprint);
          expect(body.split('-->')).toHaveLength(2);
          expect(body).not.toMatch(/\n\s*::/);
          expect(body.length).toBeLessThan(30_000);
        }
      }),
      { numRuns: 40 },
    );
  });

  test('hostile texts do not change what is planned', () => {
    const plan = planReview({ report: hostile, diff: hostile.findings.flatMap((finding) => (finding.location === undefined ? [] : [file(finding.location.file, lines([1, 40]), lines([1, 40]))])) });
    expect(plan.comments.map((comment) => comment.fingerprint)).toEqual(planReview({ report: widened, diff }).comments.map((comment) => comment.fingerprint));
  });
});

const viewer = 'github-actions';
const options: ReconcileOptions = { viewer, head: '9ae0ea9e3c9c6e1b9b6252c8395efdc1aabbccdd', stillTrue: [] };

function planned(fingerprint: string, text = 'text', line = 3): PlannedComment {
  return { fingerprint, anchor: { type: 'line', path: 'a.yaml', side: 'RIGHT', line }, body: `${commentMarker(fingerprint)}\n${text}` };
}

function existing(id: number, body: string, more: Partial<ExistingComment> = {}): ExistingComment {
  return { id, author: 'github-actions[bot]', body, line: 3, wholeFile: false, replyTo: null, ...more };
}

const one = '0000000000000001';
const two = '0000000000000002';

describe('reconciling with the comments that are there', () => {
  test('the same words are kept, CRLF or not', () => {
    expect(reconcile([existing(1, planned(one).body.replaceAll('\n', '\r\n'))], [planned(one)], options)).toEqual({ keep: [{ id: 1, fingerprint: one }], update: [], create: [], retire: [] });
  });

  test('other words are edited in place', () => {
    expect(reconcile([existing(1, planned(one).body)], [planned(one, 'new')], options).update).toEqual([{ id: 1, fingerprint: one, body: planned(one, 'new').body }]);
  });

  test('what is gone is deleted; with an answer it is edited and stays', () => {
    expect(reconcile([existing(1, planned(one).body)], [], options).retire).toEqual([{ how: 'delete', id: 1 }]);
    const answered = reconcile([existing(1, planned(one).body), existing(2, 'this is intended', { author: 'alice', replyTo: 1 })], [], options);
    expect(answered.retire).toEqual([{ how: 'edit-resolved', id: 1, body: resolvedBody(planned(one).body, one, options.head) }]);
    expect(answered.retire[0]?.how === 'edit-resolved' && answered.retire[0].body).toContain('✅ Resolved in `9ae0ea9e');
  });

  test('our own reply is no conversation', () => {
    expect(reconcile([existing(1, planned(one).body), existing(2, 'note', { replyTo: 1 })], [], options).retire).toEqual([{ how: 'delete', id: 1 }]);
  });

  test('stale comments are minimized or kept where that is asked for', () => {
    expect(reconcile([existing(1, planned(one).body)], [], { ...options, stale: 'minimize' }).retire).toEqual([{ how: 'minimize', id: 1 }]);
    expect(reconcile([existing(1, planned(one).body)], [], { ...options, stale: 'keep' }).retire).toEqual([]);
  });

  test('an outdated comment whose finding is still there is made anew at the new line', () => {
    const result = reconcile([existing(1, planned(one).body, { line: null })], [planned(one, 'text', 9)], options);
    expect(result.create).toEqual([planned(one, 'text', 9)]);
    expect(result.retire).toEqual([{ how: 'delete', id: 1 }]);
  });

  test('a comment on a file is not outdated', () => {
    expect(reconcile([existing(1, planned(one).body, { line: null, wholeFile: true })], [planned(one)], options).keep).toHaveLength(1);
  });

  test('a thread that people answered is never opened a second time', () => {
    const result = reconcile([existing(1, planned(one).body, { line: null }), existing(2, 'known, see SHOP-1', { author: 'alice', replyTo: 1 })], [planned(one)], options);
    expect(result).toEqual({ keep: [{ id: 1, fingerprint: one }], update: [], create: [], retire: [] });
  });

  test('a retired comment does not count, a finding that comes back is told again', () => {
    const retired = resolvedBody(planned(one).body, one, options.head);
    expect(isRetired(retired)).toBe(true);
    expect(fingerprintOf(retired)).toBeNull();
    expect(reconcile([existing(1, retired)], [planned(one)], options)).toEqual({ keep: [], update: [], create: [planned(one)], retire: [] });
  });

  test('somebody else’s comment with our marker is left alone', () => {
    expect(reconcile([existing(1, planned(one).body, { author: 'mallory' })], [planned(one)], options)).toEqual({ keep: [], update: [], create: [planned(one)], retire: [] });
    expect(sameLogin('Github-Actions[bot]', 'github-actions')).toBe(true);
    expect(sameLogin('github-actions-evil', 'github-actions')).toBe(false);
  });

  test('of two that a race made, the lowest id stays', () => {
    expect(reconcile([existing(7, planned(one).body), existing(3, planned(one).body)], [planned(one)], options)).toEqual({ keep: [{ id: 3, fingerprint: one }], update: [], create: [], retire: [{ how: 'delete', id: 7 }] });
  });

  test('a finding that is still true keeps its comment though it is not among the ten', () => {
    expect(reconcile([existing(1, planned(two).body)], [planned(one)], { ...options, stillTrue: [two] })).toEqual({ keep: [{ id: 1, fingerprint: two }], update: [], create: [planned(one)], retire: [] });
  });

  test('applied once, a second time does nothing', () => {
    const fingerprint = fc.integer({ min: 0, max: 5 }).map((value) => String(value).padStart(16, '0'));
    const comment = fc.record({ fingerprint, text: fc.constantFrom('a', 'b'), outdated: fc.boolean(), own: fc.boolean(), answered: fc.boolean(), retired: fc.boolean() });
    fc.assert(
      fc.property(fc.array(comment, { maxLength: 12 }), fc.uniqueArray(fc.record({ fingerprint, text: fc.constantFrom('a', 'b') }), { selector: (entry) => entry.fingerprint, maxLength: 6 }), fc.array(fingerprint, { maxLength: 2 }), fc.constantFrom('delete' as const, 'minimize' as const), (before, wish, still, stale) => {
        const wanted = wish.map((entry) => planned(entry.fingerprint, entry.text));
        const settings: ReconcileOptions = { ...options, stillTrue: still, stale };
        let state: ExistingComment[] = before.flatMap((entry, position) => {
          const id = position * 2 + 1;
          const body = planned(entry.fingerprint, entry.text).body;
          const mine = existing(id, entry.retired ? resolvedBody(body, entry.fingerprint, 'x') : body, { author: entry.own ? viewer : 'mallory', line: entry.outdated ? null : 3 });
          return entry.answered ? [mine, existing(id + 1, 'answer', { author: 'alice', replyTo: id })] : [mine];
        });
        const first = reconcile(state, wanted, settings);
        const gone = new Set(first.retire.filter((entry) => entry.how !== 'edit-resolved').map((entry) => entry.id));
        const bodies = new Map([...first.update.map((entry): [number, string] => [entry.id, entry.body]), ...first.retire.flatMap((entry): [number, string][] => (entry.how === 'edit-resolved' ? [[entry.id, entry.body]] : []))]);
        state = state.filter((entry) => !gone.has(entry.id)).map((entry) => ({ ...entry, body: bodies.get(entry.id) ?? entry.body }));
        state.push(...first.create.map((entry, position) => existing(1_000 + position, entry.body)));
        const second = reconcile(state, wanted, settings);
        expect({ update: second.update, create: second.create, retire: second.retire }).toEqual({ update: [], create: [], retire: [] });
        expect(new Set(second.keep.map((entry) => entry.fingerprint))).toEqual(new Set([...wanted.map((entry) => entry.fingerprint), ...second.keep.map((entry) => entry.fingerprint).filter((entry) => still.includes(entry))]));
      }),
      { numRuns: 500 },
    );
  });
});

describe('the sticky comment', () => {
  const body = (report = widened, more: { readonly run?: number; readonly attempt?: number; readonly head?: string; readonly tag?: string } = {}): string => stickyComment({ report, tag: 'default', run: 7, attempt: 1, head: 'abc', ...more });
  const wish = (text: string, more: Partial<StickyWish> = {}): StickyWish => ({ body: text, viewer, mode: 'on-findings', verdict: 'fail', somethingToSay: true, ...more });
  const there = (id: number, text: string, author = 'github-actions[bot]'): ExistingSticky => ({ id, author, body: text });

  test('is made where the mode asks for it, and only there', () => {
    const action = (mode: StickyWish['mode'], verdict: StickyWish['verdict'], somethingToSay: boolean) => planSticky([], wish(body(), { mode, verdict, somethingToSay })).action;
    expect(action('always', 'pass', false)).toBe('create');
    expect(action('on-findings', 'pass', false)).toBe('none');
    expect(action('on-findings', 'warn', true)).toBe('create');
    expect(action('on-findings', 'error', false)).toBe('create');
    expect(action('on-failure', 'warn', true)).toBe('none');
    expect(action('on-failure', 'fail', true)).toBe('create');
    expect(action('never', 'fail', true)).toBe('none');
  });

  test('once there, it is brought up to date, also to green', () => {
    expect(planSticky([there(1, body())], wish(body(empty), { mode: 'on-failure', verdict: 'pass', somethingToSay: false }))).toEqual({ action: 'update', id: 1, body: body(empty), remove: [] });
  });

  test('the same words are not written again, by a later run neither', () => {
    expect(planSticky([there(1, body())], wish(body(widened, { run: 8 })))).toEqual({ action: 'keep', id: 1, remove: [] });
    expect(planSticky([there(1, body().replaceAll('\n', '\r\n'))], wish(body()))).toEqual({ action: 'keep', id: 1, remove: [] });
  });

  test('a newer run or attempt of the same head is not overwritten, one of another head is', () => {
    const late = (run: number, attempt: number, head: string) => planSticky([there(1, body(widened, { run, attempt, head }))], wish(body(empty))).action;
    expect(late(8, 1, 'abc')).toBe('stale');
    expect(late(7, 2, 'abc')).toBe('stale');
    expect(late(6, 9, 'abc')).toBe('update');
    expect(late(8, 1, 'def')).toBe('update');
  });

  test('of several, the lowest id stays; other tags and other authors are left alone', () => {
    const plan = planSticky([there(9, body()), there(4, body()), there(2, body(), 'mallory'), there(3, body(widened, { tag: 'staging' })), there(5, 'a comment of a person', 'alice')], wish(body(empty)));
    expect(plan).toEqual({ action: 'update', id: 4, body: body(empty), remove: [9] });
  });

  test('a comment of ours with a broken state is rewritten', () => {
    expect(planSticky([there(1, '<!-- mesh-posture:v1 tag=default state=AAAA -->\nold')], wish(body())).action).toBe('update');
  });
});
