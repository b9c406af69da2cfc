import { readFileSync, readdirSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import { parseStream } from '#source/documents.ts';
import { decodeDocument } from './decode.ts';
import { fieldName } from './validate.ts';
const root='/work/shared/conformance/';
const counts=new Map<string,{n:number, eg:string}>();
let objects=0, ms=0; const kinds=new Map<string,number>();
for (const dir of readdirSync(root)) { if (dir.includes('.')) continue;
 for (const f of readdirSync(root+dir)) { if (!f.includes('jsonl')|| f==='validation.jsonl') continue;
  const buf=readFileSync(`${root}${dir}/${f}`); const text=f.endsWith('.gz')?gunzipSync(buf).toString():buf.toString();
  for (const line of text.split('\n')) { if (line==='') continue; const e=JSON.parse(line);
   for (const k of ['manifests','base','head']) { if (typeof e[k]!=='string') continue;
    for (const d of parseStream(e[k])) { const t=performance.now(); const r=decodeDocument(d.value,{origin:{file:'x',blob:'',document:d.index},unit:'u',defaultNamespace:'default'}); ms+=performance.now()-t;
      if (r.type!=='resources') { const key=`${r.type} ${JSON.stringify(r).slice(0,150)}`; const c=counts.get(key)??{n:0,eg:e.id+' '+e.about}; c.n++; counts.set(key,c); continue; }
      for (const u of r.unreadable) { const key='unreadable '+u.reason; const c=counts.get(key)??{n:0,eg:e.id+' '+e.about}; c.n++; counts.set(key,c); }
      for (const x of r.resources) { objects++; kinds.set(x.kind,(kinds.get(x.kind)??0)+1); for (const p of x.problems) { const key=`${x.kind} ${p.kind} ${fieldName(p.path).replace(/\d+/g,'N').slice(0,70)} ${p.message}`; const c=counts.get(key)??{n:0,eg:e.id+' '+e.about}; c.n++; counts.set(key,c);} }
    } } } } }
for (const [k,c] of [...counts].sort()) console.log(c.n, k, '|', c.eg);
console.log(objects, ms.toFixed(0)+'ms', [...kinds].map(([k,n])=>`${k}:${n}`).join(' '));
