/** What a reader is told of every pair of trees under `fixtures/findings`, whole: `vitest -u` writes it anew, and the difference is to be read. */
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import type { Change, Cause } from '#impact/change.ts';
import { fixtures, reviewed } from '../findings/fixtures.ts';

function causeText({ side, file, line, endLine, resource, change, via }: Cause): string {
  return `${resource} ${change} at ${side} ${file}:${String(line)}-${String(endLine)}${via.length === 0 ? '' : ` by way of ${JSON.stringify(via)}`}`;
}

function changeText({ direction, facet, destinations, region, callers, headline, before, after, witness, causes, alternativeCauses = [], causeProof, causeNote, enforcementPoints, assumptions }: Change): string {
  const parts: readonly (readonly [string, readonly string[]])[] = [
    ['before', [before]],
    ['after', [after]],
    ['destinations', destinations.map((each) => JSON.stringify(each))],
    ['callers', [JSON.stringify(callers)]],
    [region.complete ? 'region' : 'region, in part', region.cubes.map((each) => JSON.stringify(each))],
    ['witness', witness === undefined ? [] : [JSON.stringify(witness)]],
    [`causes, proved by ${causeProof ?? 'nothing'}`, causes.map(causeText)],
    ...alternativeCauses.map((each) => ['or', each.map(causeText)] as const),
    ['note', causeNote === undefined ? [] : [causeNote]],
    ['stands at', [enforcementPoints.join(', ')]],
    ['assuming', assumptions],
  ];
  return [`${direction} ${facet}: ${headline}\n`, ...parts.flatMap(([name, lines]) => lines.map((line) => `  ${name}: ${line}\n`))].join('');
}

test.each(fixtures().map((fixture) => [fixture.name, fixture] as const))('%s', (name, { base, head }) => {
  const { changes } = reviewed(base, head);
  const text = changes.length === 0 ? 'nothing changes\n' : changes.map(changeText).join('\n');
  return expect(text).toMatchFileSnapshot(fileURLToPath(new URL(`../../fixtures/findings/${name}/changes.txt`, import.meta.url)));
});
