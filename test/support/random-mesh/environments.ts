/** Several environments that share most objects of one random world, each with a few of its own. */
import { defaultConfig } from '#app/config.ts';
import { loadComparison, type LoadedEnvironment } from '#app/load.ts';
import type { TreePair } from '#trees/tree.ts';
import { pair, type Files } from '../tree.ts';
import { edited } from './edits.ts';
import { fieldsAt } from './fields.ts';
import type { Document } from './manifests.ts';
import { Random } from './random.ts';
import { asText, inCluster, type World } from './world.ts';

export interface LoadedWorlds {
  readonly pair: TreePair;
  readonly environments: readonly LoadedEnvironment[];
}

function idOf(document: Document): string {
  const metadata = fieldsAt(document, 'metadata');
  return `${document.kind} ${String(metadata['namespace'])}/${String(metadata['name'])}`;
}

/** The same edits made to both sides; where the pull request changes an object, its own change stays. */
function withOwn({ base, head }: Pick<World, 'base' | 'head'>, own: readonly Document[]): Pick<World, 'base' | 'head'> {
  const before = new Map(base.map((document) => [idOf(document), document]));
  const after = new Map(own.map((document) => [idOf(document), document]));
  const untouched = (document: Document): boolean => JSON.stringify(before.get(idOf(document))) === JSON.stringify(document);
  const onHead = head.flatMap((document) => (untouched(document) ? (after.get(idOf(document)) ?? []) : [document]));
  const there = new Set(head.map(idOf));
  return { base: own, head: inCluster([...onHead, ...own.filter((document) => !before.has(idOf(document)) && !there.has(idOf(document)))]) };
}

/** With one of the edits alone, mostly: an environment differs in little. */
function mostlyOne(random: Random, base: readonly Document[], own: readonly Document[]): readonly Document[] {
  const texts = new Set(base.map((document) => JSON.stringify(document)));
  const fresh = own.filter((document) => !texts.has(JSON.stringify(document)));
  return fresh.length === 0 || random.chance(0.3) ? own : inCluster([...base, random.pick(fresh)]);
}

/** @param count of environments: the first is the world itself */
export function environmentsOf(world: World, count: number): LoadedWorlds {
  const random = new Random(world.seed);
  const sides = Array.from({ length: count }, (_, index) => {
    if (index === 0) return world;
    const own = withOwn(world, mostlyOne(random, world.base, inCluster(edited(random, world.base, world.features).head)));
    // The pull request may differ, too.
    return random.chance(0.3) ? { base: own.base, head: inCluster(edited(random, own.head, world.features).head) } : own;
  });
  const files = (side: 'base' | 'head'): Files => Object.fromEntries(sides.map((each, index) => [`clusters/e${String(index)}/all.yaml`, asText(each[side])]));
  return loaded(files('base'), files('head'), count);
}

/** Folders `clusters/e0`, `clusters/e1` …, each an environment of its own. */
export function loaded(base: Files, head: Files, count: number): LoadedWorlds {
  const trees = pair(base, head);
  const environments = Object.fromEntries(Array.from({ length: count }, (_, index) => [`e${String(index)}`, { units: [`clusters/e${String(index)}`], context: [] }]));
  return { pair: trees, environments: loadComparison(trees, { ...defaultConfig, environments }).environments };
}
