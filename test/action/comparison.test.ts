import examples from '@octokit/webhooks-examples' with { type: 'json' };
import { describe, expect, test } from 'vitest';
import { chooseComparison, type Comparison, type ComparisonRequest } from '#adapters/github/comparison.ts';
import { readEvent, type WorkflowEvent } from '#adapters/github/event.ts';

const a = 'a'.repeat(40);
const b = 'b'.repeat(40);
const c = 'c'.repeat(40);
const zeros = '0'.repeat(40);
const pull: WorkflowEvent = { type: 'pull_request', action: 'synchronize', number: 7, baseSha: a, headSha: b, fork: false };
const push = { type: 'push', before: a, after: b, forced: false, deleted: false } as const;

const choose = (rest: Partial<ComparisonRequest>): Comparison =>
  chooseComparison({ event: pull, sha: c, parents: null, checkedOut: c, compare: 'merge-result', baseRef: null, headRef: null, basePath: null, headPath: null, ...rest });

describe('a pull request', () => {
  test('compares the test merge with its first parent, whatever the payload calls the base', () => {
    const parent = 'd'.repeat(40);
    expect(choose({ parents: [parent, b] })).toEqual({ type: 'revisions', mode: 'merge-result', base: { type: 'revision', revision: parent }, head: c, note: null });
  });

  test.each([
    ['the commit could not be read', null],
    ['the commit is no merge', [a]],
    ['the merge is of an older head', [a, 'e'.repeat(40)]],
    ['the parents are the other way round', [b, a]],
    ['the merge has three parents', [a, b, 'e'.repeat(40)]],
  ])('compares with the merge base and says so where %s', (_, parents) => {
    expect(choose({ parents })).toMatchObject({ mode: 'merge-base', base: { type: 'merge-base', of: a, and: b }, head: b, note: expect.stringContaining('is not the test merge of `bbbbbbb`') as unknown });
  });

  test('compares with the merge base where the input asks for it, without a note', () => {
    expect(choose({ parents: [a, b], compare: 'merge-base' })).toMatchObject({ mode: 'merge-base', head: b, note: null });
  });
});

describe('`pull_request_target`', () => {
  const target: WorkflowEvent = { ...pull, type: 'pull_request_target' };

  test('is refused where something else than the base branch is checked out', () => {
    expect(choose({ event: target, sha: a, checkedOut: b })).toMatchObject({ type: 'refused', reason: expect.stringContaining('can write') as unknown });
  });

  test('is refused so even if revisions or directories are given', () => {
    expect(choose({ event: target, sha: a, checkedOut: b, baseRef: 'x', headRef: 'y' })).toMatchObject({ type: 'refused' });
    expect(choose({ event: target, sha: a, checkedOut: b, basePath: 'x', headPath: 'y' })).toMatchObject({ type: 'refused' });
  });

  test('with the base branch checked out compares with the merge base', () => {
    expect(choose({ event: target, sha: a, checkedOut: a })).toMatchObject({ mode: 'merge-base', head: b });
  });
});

describe('other events', () => {
  test.each<[string, WorkflowEvent, Partial<Comparison>]>([
    ['a merge group compares its two commits', { type: 'merge_group', baseSha: a, headSha: b }, { type: 'revisions', mode: 'merge-group', base: { type: 'revision', revision: a }, head: b }],
    ['a push compares before and after', push, { type: 'revisions', mode: 'push', base: { type: 'revision', revision: a }, head: b, note: null }],
    ['a first push is a snapshot', { ...push, before: zeros }, { type: 'snapshot', head: b }],
    ['a forced push is a snapshot', { ...push, forced: true }, { type: 'snapshot', head: b }],
    ['a deleted branch is nothing', { ...push, after: zeros, deleted: true }, { type: 'nothing' }],
    ['a schedule is a snapshot', { type: 'schedule' }, { type: 'snapshot', head: c, note: null }],
    ['a dispatch is a snapshot', { type: 'workflow_dispatch' }, { type: 'snapshot', head: c, note: null }],
  ])('%s', (_, event, expected) => {
    expect(choose({ event })).toMatchObject(expected);
  });

  test('a dispatch with refs compares them', () => {
    expect(choose({ event: { type: 'workflow_dispatch' }, baseRef: 'main', headRef: 'topic' })).toEqual({ type: 'revisions', mode: 'revisions', base: { type: 'revision', revision: 'main' }, head: 'topic', note: null });
    expect(choose({ event: { type: 'workflow_dispatch' }, baseRef: 'main' })).toMatchObject({ head: c });
    expect(choose({ event: { type: 'workflow_dispatch' }, headRef: 'topic' })).toEqual({ type: 'snapshot', head: 'topic', note: null });
  });

  test('an event without commits is refused, unless refs or directories say what to compare', () => {
    const event = readEvent('issues', {});
    expect(choose({ event })).toMatchObject({ type: 'refused', reason: 'the event `issues` names no pull request and no commits to compare' });
    expect(choose({ event, baseRef: 'main', headRef: 'topic' })).toMatchObject({ type: 'revisions' });
    expect(choose({ event, basePath: 'old', headPath: 'new' })).toEqual({ type: 'directories', base: 'old', head: 'new' });
  });

  test.each<[string, Partial<ComparisonRequest>]>([
    ['one directory alone', { basePath: 'old' }],
    ['the other directory alone', { headPath: 'new' }],
    ['directories and revisions', { basePath: 'old', headPath: 'new', baseRef: 'main' }],
  ])('%s is refused with a remedy', (_, rest) => {
    expect(choose(rest)).toMatchObject({ type: 'refused', remedy: expect.stringContaining('`base-path`') as unknown });
  });
});

describe('real payloads', () => {
  const payloads = (name: string) => (examples as unknown as readonly { name: string; examples: readonly unknown[] }[]).find((event) => event.name === name)?.examples ?? [];

  test('all pull requests of the examples are read', () => {
    expect(payloads('pull_request').length).toBeGreaterThan(20);
    for (const payload of payloads('pull_request')) expect(readEvent('pull_request', payload)).toMatchObject({ type: 'pull_request', number: expect.any(Number) as unknown });
  });

  test('all merge groups and pushes of the examples are read', () => {
    for (const payload of payloads('merge_group')) expect(readEvent('merge_group', payload).type).toBe('merge_group');
    expect(payloads('push').length).toBeGreaterThan(3);
    for (const payload of payloads('push')) expect(readEvent('push', payload).type).toBe('push');
  });

  test('a head repository that is gone or another one is a fork', () => {
    const repo = { full_name: 'bank/mesh' };
    const event = (headRepo: unknown) => readEvent('pull_request', { action: 'opened', number: 7, pull_request: { number: 7, base: { sha: a, repo }, head: { sha: b, repo: headRepo } } });
    expect(event(repo)).toMatchObject({ fork: false });
    expect(event({ full_name: 'stranger/mesh' })).toMatchObject({ fork: true });
    expect(event(null)).toMatchObject({ fork: true });
  });

  test.each<[string, string, unknown]>([
    ['no pull request', 'pull_request', { action: 'opened' }],
    ['a pull request without commits', 'pull_request', { pull_request: { number: 7 } }],
    ['a commit that is an option', 'pull_request', { pull_request: { number: 7, base: { sha: '--upload-pack=x' }, head: { sha: b } } }],
    ['a list', 'push', []],
    ['null', 'merge_group', null],
    ['nothing', '', {}],
  ])('a payload with %s is unusable, with reason and remedy', (_, name, payload) => {
    expect(readEvent(name, payload)).toMatchObject({ type: 'unusable', reason: expect.stringMatching(/\S/) as unknown, remedy: expect.stringMatching(/\S/) as unknown });
  });
});
