import { test } from 'vitest';
import { fixtures, reviewed } from './fixtures.ts';
test('show', () => {
  for (const each of fixtures()) {
    let report;
    try { report = reviewed(each.base, each.head); } catch (error) { console.log('!!', each.name, String(error), (error as Error).stack?.split('\n').slice(0,4).join('|')); continue; }
    const own = report.findings.filter((f) => f.rule === each.rule && f.status !== 'existing');
    console.log(`== ${each.name} [${each.marks.map((m) => `${m.type} ${m.side}:${m.line}`).join(',')}] ${report.verdict}`);
    for (const f of own) console.log(`   ${f.status} ${f.severity} ${f.certainty} ${f.resource} ${f.location?.file}:${f.location?.startLine}${f.location?.side} ${f.message}`);
    const other = report.findings.filter((f) => f.rule !== each.rule && f.status !== 'existing').map((f) => `${f.code}${f.status[0]}${f.severity[0]}`);
    console.log('      others', other.join(' '));
  }
});
