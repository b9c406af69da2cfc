import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { catalogue, findRule } from '#findings/catalogue.ts';
import { describeRules, detectors } from '#findings/registry.ts';
import { fixtures } from './findings/fixtures.ts';

const pages = new URL('../docs/rules/', import.meta.url);
const files = new URL('../src/findings/detectors/', import.meta.url);

describe('the rules', () => {
  test('have one code and one id each, in order of the codes', () => {
    const codes = catalogue.map((entry) => entry.code);
    expect(new Set(codes).size).toBe(codes.length);
    expect(new Set(catalogue.map((entry) => entry.rule)).size).toBe(codes.length);
    expect(codes).toEqual([...codes].sort());
  });

  test('are found by code and by id', () => {
    for (const entry of catalogue) {
      expect(findRule(entry.code)).toBe(entry);
      expect(findRule(entry.rule)).toBe(entry);
    }
    expect(findRule('MP000')).toBeUndefined();
  });

  test('have titles without names and without a full stop', () => {
    for (const entry of catalogue) {
      expect(entry.title).not.toMatch(/[./]$/);
      expect(entry.description).not.toMatch(/\.$/);
    }
  });
});

describe('the detectors', () => {
  test('are registered under their own rule and live in a file of that name', () => {
    for (const [rule, detector] of Object.entries(detectors)) expect(detector.rule).toBe(rule);
    expect(readdirSync(files).map((file) => file.replace(/\.ts$/, '')).sort()).toEqual(Object.keys(detectors).sort());
  });

  test('look for something', () => {
    for (const detector of Object.values(detectors)) expect(['detectChanges', 'detectState', 'detectOpenings'].some((name) => name in detector)).toBe(true);
  });

  test('each have a page, and only implemented rules have one', () => {
    const implemented = describeRules().filter((entry) => entry.implemented).map((entry) => `${entry.code}.md`);
    expect(readdirSync(pages).filter((file) => /^MP\d+\.md$/.test(file)).sort()).toEqual([...implemented].sort());
  });

  test('each have a fixture that fires and a near miss', () => {
    const known = fixtures();
    for (const rule of Object.keys(detectors)) {
      expect(known.some((fixture) => fixture.rule === rule && fixture.marks.some((mark) => mark.type === 'expect' && mark.rule === rule)), `${rule} fires`).toBe(true);
      expect(known.some((fixture) => fixture.rule === rule && fixture.marks.every((mark) => mark.type === 'ok')), `${rule} has a near miss`).toBe(true);
    }
  });
});

describe('a page', () => {
  const page = (code: string): string => (existsSync(new URL(`${code}.md`, pages)) ? readFileSync(new URL(`${code}.md`, pages), 'utf8') : '');

  test.each(describeRules().filter((entry) => entry.implemented))('of $code names the rule and has every section', (entry) => {
    const text = page(entry.code);
    expect(text.startsWith(`# ${entry.code} ${entry.rule}\n`)).toBe(true);
    for (const section of ['Why it matters', 'What it looks like', 'When not to worry', 'The fix', 'Tests', 'References']) expect(text).toContain(`\n## ${section}\n`);
    for (const tag of entry.tags) expect(text).toContain(tag);
  });
});
