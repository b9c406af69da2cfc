import { describe, expect, test } from 'vitest';
import { mtls, policy } from '../support/manifests.ts';
import { changes, ids, load, only, units } from '../support/load.ts';
import { pair, stream } from '../support/tree.ts';
import { loadComparison } from '#app/load.ts';
import { defaultConfig } from '#app/config.ts';

const strict = mtls({ name: 'default', namespace: 'shop' }, 'STRICT');
const front = policy({ name: 'front', namespace: 'shop' }, 'cluster.local/ns/shop/sa/front');
const brokenFront = front.replace('  rules:', ' rules:');
const garbage = 'spec: {a: [b\n';

describe('which broken files count (R17)', () => {
  test('one that lies in a unit', () => {
    const loaded = load({ 'a/one.yaml': strict }, { 'a/one.yaml': strict, 'a/two.yaml': `kind: x\napiVersion: y\n${garbage}` });
    expect(loaded.incompleteReasons.map((reason) => [reason.kind, reason.file, reason.status])).toEqual([['unreadable', 'a/two.yaml', 'new']]);
    expect(loaded.coverage.unreadable.map((each) => [each.file, each.side])).toEqual([['a/two.yaml', 'head']]);
  });

  test('one that was a manifest on the other side', () => {
    const loaded = load({ 'a/one.yaml': strict }, { 'a/one.yaml': `# apiVersion: kind:\n${garbage}` });
    expect(loaded.incompleteReasons.map((reason) => [reason.file, reason.status])).toEqual([['a/one.yaml', 'new']]);
    expect(changes(loaded)).toEqual([]);
  });

  test('one that looks like a manifest', () => {
    expect(load({}, { 'a/one.yaml': brokenFront }).incompleteReasons.map((reason) => [reason.file, reason.line !== undefined])).toEqual([['a/one.yaml', true]]);
  });

  test('no other: it is counted as ignored', () => {
    const files = { 'site/mkdocs.yml': `# kind apiVersion\nname: {{ cookiecutter.name }}\n${garbage}` };
    const loaded = load({}, files);
    expect(loaded.incompleteReasons).toEqual([]);
    expect(loaded.discovered.unlike).toEqual(['site/mkdocs.yml']);
    expect(loaded.coverage.ignored).toBe(1);
  });

  test('a template that looks like a manifest is named, one in quotes is a manifest', () => {
    const template = strict.replace('name: default', 'name: {{ name }}');
    expect(load({}, { 'a.yaml': template }).incompleteReasons.map((reason) => reason.file)).toEqual(['a.yaml']);
    const quoted = load({}, { 'a.yaml': strict.replace('kind:', 'metadata2: "{{ x }}"\nkind:') });
    expect(quoted.incompleteReasons).toEqual([]);
    expect(units(quoted)).toEqual(['. - plain']);
  });

  test('content that could not be fetched is named, not counted away', () => {
    const both = pair({}, { 'a/one.yaml': strict });
    const blobs = new Map([...both.blobs].map(([blob]) => [blob, { type: 'unreadable', problem: { kind: 'missing-object', reason: 'the object is not in this clone', remedy: 'fetch it' } }] as const));
    const loaded = loadComparison({ ...both, blobs }, defaultConfig);
    expect(loaded.incompleteReasons.map((reason) => [reason.kind, reason.file])).toEqual([['missing-object', 'a/one.yaml']]);
  });

  test('a limit that stops many files is one reason', () => {
    const both = pair({}, Object.fromEntries(Array.from({ length: 30 }, (_, index) => [`a/${String(index)}.yaml`, `${strict}# ${String(index)}\n`])));
    const blobs = new Map([...both.blobs].map(([blob]) => [blob, { type: 'unreadable', problem: { kind: 'limit', reason: 'too many files', remedy: 'raise `limits.files`' } }] as const));
    expect(loadComparison({ ...both, blobs }, defaultConfig).incompleteReasons.map((reason) => [reason.kind, reason.status, reason.file, reason.reason])).toEqual([['limit', 'new', undefined, 'too many files; 30 files were not read']]);
  });
});

describe('what one side cannot read is taken from the other (R18)', () => {
  test('one document of a stream; the others stand by themselves', () => {
    const loaded = load({ 'a.yaml': stream(strict, front) }, { 'a.yaml': stream(strict.replace('STRICT', 'PERMISSIVE'), brokenFront) });
    expect(changes(loaded)).toEqual(['modified PeerAuthentication/shop/default']);
    expect(ids(only(loaded).head.resources)).toEqual(['AuthorizationPolicy/shop/front', 'PeerAuthentication/shop/default']);
    expect(only(loaded).head.resources[0]).toBe(only(loaded).base.resources[0]);
    expect(loaded.incompleteReasons.map((reason) => [reason.file, reason.status])).toEqual([['a.yaml', 'new']]);
    // The broken document begins on line 9 of the stream and ends on line 19.
    expect(loaded.incompleteReasons[0]?.line).toSatisfy((line: number) => line > 9 && line <= 19);
  });

  test('a document that is deleted beside a broken one is still removed', () => {
    const other = policy({ name: 'other', namespace: 'shop' }, 'x');
    expect(changes(load({ 'a.yaml': stream(other, front) }, { 'a.yaml': brokenFront }))).toEqual(['removed AuthorizationPolicy/shop/other']);
  });

  test('an object that moved elsewhere is not taken twice', () => {
    const loaded = load({ 'a.yaml': stream(strict, front) }, { 'a.yaml': stream(strict, brokenFront), 'b.yaml': front.replace('sa/front', 'sa/back') });
    expect(changes(loaded)).toEqual(['modified AuthorizationPolicy/shop/front']);
  });

  test('a broken object in a moved file is recognised by its name', () => {
    const loaded = load({ 'a/one.yaml': front }, { 'b/two.yaml': brokenFront });
    expect(changes(loaded)).toEqual([]);
  });

  test('a whole file, and mirrored', () => {
    const broken = { 'a.yaml': strict, 'b.yaml': `apiVersion: x\nkind: y\n${garbage}` };
    expect(changes(load({ 'a.yaml': strict, 'b.yaml': front }, broken))).toEqual([]);
    const repaired = load(broken, { 'a.yaml': strict, 'b.yaml': front });
    expect(changes(repaired)).toEqual([]);
    // A pull request that mends a file is not stopped for what the base was.
    expect(repaired.incompleteReasons.map((reason) => reason.status)).toEqual(['existing']);
  });

  test('two objects glued together: both are kept from the base', () => {
    const loaded = load({ 'a.yaml': stream(strict, front) }, { 'a.yaml': `${strict}${front}` });
    expect(changes(loaded)).toEqual([]);
    expect(loaded.incompleteReasons).toHaveLength(1);
  });

  test('equal on both sides blocks nobody, touched does', () => {
    const files = { 'a.yaml': stream(strict, brokenFront), 'b.yaml': mtls({ name: 'b', namespace: 'shop' }, 'STRICT') };
    expect(load(files, { ...files, 'b.yaml': mtls({ name: 'b', namespace: 'shop' }, 'DISABLE') }).incompleteReasons.map((reason) => reason.status)).toEqual(['existing']);
    expect(load(files, { ...files, 'a.yaml': `${files['a.yaml']}# more\n` }).incompleteReasons.map((reason) => reason.status)).toEqual(['new']);
  });

  test('duplicate keys on both sides: the last one counts, as `kubectl` reads it', () => {
    const twice = (mode: string): string => strict.replace('mode: STRICT', `mode: STRICT\n    mode: ${mode}`);
    const loaded = load({ 'a.yaml': twice('STRICT') }, { 'a.yaml': twice('DISABLE') });
    expect(changes(loaded)).toEqual(['modified PeerAuthentication/shop/default']);
    expect(loaded.incompleteReasons.map((reason) => [reason.kind, reason.status])).toEqual([['unreadable', 'new']]);
    // Where one side is sound, R18 takes that.
    expect(changes(load({ 'a.yaml': strict }, { 'a.yaml': twice('DISABLE') }))).toEqual([]);
  });
});

describe('what only the base cannot read', () => {
  const reasons = (base: Readonly<Record<string, string>>, head: Readonly<Record<string, string>>): readonly unknown[] => load(base, head).incompleteReasons.map((reason) => [reason.file, reason.status, reason.reason.replace(/^.*\(/u, '(')]);
  const mended = '(on the base side; the head can be read)';
  const gone = '(on the base side; the head takes it away, and what it did is not known)';
  const beside = { 'a/m.yaml': strict };

  test('is repaired where the head has a readable version of it', () => {
    expect(reasons({ ...beside, 'a/p.yaml': brokenFront }, { ...beside, 'a/p.yaml': front })).toEqual([['a/p.yaml', 'existing', mended]]);
    expect(reasons({ ...beside, 'a/p.yaml': garbage + front }, { ...beside, 'a/p.yaml': front })).toEqual([['a/p.yaml', 'existing', mended]]);
  });

  test('is repaired in another file, too', () => {
    expect(reasons({ ...beside, 'a/p.yaml': brokenFront }, { ...beside, 'b/q.yaml': front })).toEqual([['a/p.yaml', 'existing', mended]]);
  });

  test('is new where the head takes it away: the file, its text, or the document', () => {
    expect(reasons({ ...beside, 'a/p.yaml': brokenFront }, beside)).toEqual([['a/p.yaml', 'new', gone]]);
    expect(reasons({ ...beside, 'a/p.yaml': brokenFront }, { ...beside, 'a/p.yaml': '# nothing\n' })).toEqual([['a/p.yaml', 'new', gone]]);
    expect(reasons({ 'a/m.yaml': stream(strict, brokenFront) }, { 'a/m.yaml': strict })).toEqual([['a/m.yaml', 'new', gone]]);
    expect(reasons({ 'a/m.yaml': stream(strict, `apiVersion: v1\nkind: Service\n${garbage}`) }, { 'a/m.yaml': strict })).toEqual([['a/m.yaml', 'new', gone]]);
  });

  test('is new where something else comes in its place', () => {
    expect(reasons({ ...beside, 'a/p.yaml': brokenFront }, { ...beside, 'a/p.yaml': front.replace('name: front', 'name: back') })).toEqual([['a/p.yaml', 'new', gone]]);
  });
});

describe('what admission refuses is not in force (A7.1)', () => {
  const misspelt = front.replace('principals', 'principal');

  test('a refused head leaves the base in force, and the finding sees the refused one', () => {
    const loaded = only(load({ 'a.yaml': front }, { 'a.yaml': misspelt }));
    expect(loaded.head.resources).toEqual(loaded.base.resources);
    expect(loaded.head.all.map((each) => each.problems.length > 0)).toEqual([true]);
  });

  test('a refused new object is nowhere, a refused base never was', () => {
    const added = only(load({ 'b.yaml': strict }, { 'b.yaml': strict, 'a.yaml': misspelt }));
    expect(ids(added.head.resources)).toEqual(['PeerAuthentication/shop/default']);
    const mended = only(load({ 'a.yaml': misspelt }, { 'a.yaml': front }));
    expect(ids(mended.base.resources)).toEqual([]);
    expect(ids(mended.base.all)).toEqual(['AuthorizationPolicy/shop/front']);
    expect(ids(mended.head.resources)).toEqual(['AuthorizationPolicy/shop/front']);
  });
});

describe('twice in one unit (R19)', () => {
  test('the last in file order is in force and both are named', () => {
    const files = { 'a/1.yaml': strict, 'a/2.yaml': strict.replace('STRICT', 'DISABLE') };
    const loaded = load(files, files);
    expect(only(loaded).head.resources.map((each) => each.origin.file)).toEqual(['a/2.yaml']);
    expect(loaded.duplicates.filter((each) => each.side === 'head').map((each) => [each.resource, each.inForce.origin.file, each.overridden.origin.file, each.differ])).toEqual([['PeerAuthentication/shop/default', 'a/2.yaml', 'a/1.yaml', true]]);
  });

  test('it is a reason with both places, new where the pull request brings it', () => {
    const twice = { 'a/1.yaml': stream(front, strict), 'a/2.yaml': strict.replace('STRICT', 'DISABLE') };
    const reasons = load({ 'a/1.yaml': twice['a/1.yaml'] }, twice).incompleteReasons;
    expect(reasons.map((reason) => [reason.kind, reason.status, reason.file, reason.line])).toEqual([['unreadable', 'new', 'a/2.yaml', 1]]);
    expect(reasons[0]?.reason).toBe('`PeerAuthentication/shop/default` is defined twice with different content, first in `a/1.yaml` line 13; this one, the last in file order, is taken to be in force');
    expect(load(twice, twice).incompleteReasons.map((reason) => reason.status)).toEqual(['existing']);
    expect(load(twice, { 'a/1.yaml': twice['a/1.yaml'] }).incompleteReasons).toEqual([]);
  });

  test('what was there before blocks nobody, whatever else changes in the file; a definition that changes does', () => {
    const twice = { 'a/1.yaml': strict, 'a/2.yaml': strict.replace('STRICT', 'DISABLE') };
    const status = (head: Readonly<Record<string, string>>): readonly string[] => load(twice, { ...twice, ...head }).incompleteReasons.map((reason) => reason.status);
    expect(status({ 'a/2.yaml': `# a comment\n${twice['a/2.yaml']}` })).toEqual(['existing']);
    expect(status({ 'a/1.yaml': stream(front, strict) })).toEqual(['existing']);
    expect(status({ 'a/2.yaml': strict.replace('STRICT', 'PERMISSIVE') })).toEqual(['new']);
    expect(status({ 'a/1.yaml': strict.replace('STRICT', 'PERMISSIVE') })).toEqual(['new']);
    // The other one comes last: it is in force now.
    expect(status({ 'a/1.yaml': twice['a/2.yaml'], 'a/2.yaml': strict })).toEqual(['new']);
    // A third one beside two that were there is not hidden behind them.
    expect(status({ 'a/3.yaml': strict.replace('STRICT', 'PERMISSIVE') })).toEqual(['new']);
  });

  test('twice with equal content is silent', () => {
    const files = { 'a/1.yaml': strict, 'a/2.yaml': `# copy\n${strict}` };
    expect(load(files, files).incompleteReasons).toEqual([]);
  });

  test('the same definition in two units is one', () => {
    const files = { 'a/1.yaml': strict, 'b/2.yaml': strict };
    expect(load(files, files).duplicates).toEqual([]);
  });
});
