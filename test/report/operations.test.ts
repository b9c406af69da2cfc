/** The cell of a table that says which requests a change is about: it never says more than the change's first cube holds. */
import { describe, expect, test } from 'vitest';
import type { RegionCube } from '#impact/change.ts';
import { operationsOf } from '#report/wording.ts';
import { sampleChange } from '../support/sample-reports.ts';

const said = (...cubes: readonly RegionCube[]): string => operationsOf(sampleChange({ region: { cubes, complete: true } }));

describe('the requests of a change in one cell', () => {
  test.each<[RegionCube, string]>([
    [{ headers: { 'x-tenant': { only: ['*x'], except: ['*yx'] } }, protocol: { only: ['http'] } }, 'header x-tenant *x but *yx, http'],
    [{ headers: { 'x-tenant': { except: ['*'] } } }, 'header x-tenant any but *'],
    [{ token: { only: ['token of issuer a'] }, claims: { groups: { only: ['admin'] } } }, 'token of issuer a, claim groups admin'],
    [{ token: { only: ['(none)'] } }, 'token (none)'],
    [{ sni: { only: ['*.example'] } }, 'server name *.example'],
    [{ sourceIps: { only: ['10.0.0.0/8'], except: ['10.1.0.0/16'] } }, 'source address 10.0.0.0/8 but 10.1.0.0/16'],
    [{ remoteIps: { only: ['10.0.0.1/32'] }, destinationIps: { only: ['10.9.0.0/16'] } }, 'client address 10.0.0.1/32, destination address 10.9.0.0/16'],
    [{ paths: { only: ['/items*'], except: ['/items'] }, methods: { only: ['GET', 'POST'] } }, 'GET POST, path /items* but /items'],
  ])('%# names every condition', (cube, words) => {
    expect(said(cube)).toBe(words);
  });

  test('near miss: who calls is told elsewhere, and no condition is no word', () => {
    expect(said({ peers: { only: ['trust domain cluster.local'] }, headers: {} })).toBe('any request');
    expect(said({ methods: { only: ['GET'] } }, { methods: { only: ['PUT'] } })).toBe('GET, and more');
  });
});
