/** Where a rendered object is written: in the resource that was patched into it, the kustomization that generates it, the chart's template. */
import { parseStream } from '#source/documents.ts';
import type { FieldPath, Origin, Span } from '#source/origin.ts';
import { spanReader } from '#source/span.ts';
import { templateLine } from '#source/template-lines.ts';
import { lineOf } from '#units/build.ts';

/** @param source text of `origin.file` @param rendered text of the rendered document */
export function renderedSpan(origin: Origin, path: FieldPath, source: string, rendered: string): Span {
  switch (origin.rendered?.from) {
    case 'resource': {
      const reader = spanReader(source);
      const place = placeOf(source, rendered, origin.item);
      return path.length === 0 ? reader.object(place) : reader.field(place, path);
    }
    case 'generator': {
      const name = nameOf(parseStream(rendered)[0]?.value).replace(/-[a-z0-9]{10}$/u, '');
      return oneLine(lineOf(source, name === '' ? 'Generator' : name));
    }
    case 'template': {
      const reader = spanReader(rendered);
      const position = origin.item === undefined ? { document: 0 } : { document: 0, item: origin.item };
      const span = path.length === 0 ? reader.object(position) : reader.field(position, path);
      return oneLine(templateLine(source, rendered, span.startLine));
    }
    case 'archive':
    case undefined:
      return oneLine(1);
  }
}

function oneLine(line: number): Span {
  return { startLine: line, startColumn: 1, endLine: line, endColumn: 1 };
}

/** The document (and item) of a source file that became this object: same kind, and a name of which the rendered one is a longer form. */
function placeOf(source: string, rendered: string, renderedItem: number | undefined): { readonly document: number; readonly item?: number } {
  const whole = parseStream(rendered)[0]?.value;
  const items = itemsOf(whole);
  const object = renderedItem === undefined || items === undefined ? whole : items[renderedItem];
  const kind = field(object, 'kind');
  const name = nameOf(object);
  let best: { readonly document: number; readonly item?: number } = { document: 0 };
  let score = -1;
  const consider = (value: unknown, place: { readonly document: number; readonly item?: number }): void => {
    if (field(value, 'kind') !== kind) return;
    const own = nameOf(value);
    const fit = own === name ? Number.MAX_SAFE_INTEGER : own !== '' && name.includes(own) ? own.length : -1;
    if (fit > score) {
      score = fit;
      best = place;
    }
  };
  for (const { value, index } of parseStream(source)) {
    for (const [item, each] of (itemsOf(value) ?? []).entries()) consider(each, { document: index, item });
    consider(value, { document: index });
  }
  return best;
}

function field(value: unknown, key: string): unknown {
  // A record of unknown values is all that is assumed.
  return value !== null && typeof value === 'object' && !Array.isArray(value) ? (value as Record<string, unknown>)[key] : undefined;
}

function itemsOf(value: unknown): readonly unknown[] | undefined {
  const items = field(value, 'items');
  return Array.isArray(items) ? items : undefined;
}

function nameOf(value: unknown): string {
  const name = field(field(value, 'metadata'), 'name');
  return typeof name === 'string' ? name : '';
}
