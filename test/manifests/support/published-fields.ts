import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import ts from 'typescript';

/** What the published types of a kind say about one field: enough to compare names, nesting, enums and required fields. */
export type Published =
  | { readonly is: 'text'; readonly oneOf?: readonly string[] }
  | { readonly is: 'number' | 'flag' | 'number-or-text' | 'anything' }
  | { readonly is: 'list' | 'map'; readonly of: Published }
  | { readonly is: 'object'; readonly fields: Readonly<Record<string, Published>>; readonly required: readonly string[] };

const root = 'node_modules/@kubernetes-models/istio';

/** Reads the declaration file of a kind and gives the type of its `spec`. */
export function publishedSpec(group: string, version: string, kind: string): Published {
  const file = join(root, group, version, `${kind}.d.ts`);
  const source = ts.createSourceFile(file, readFileSync(file, 'utf8'), ts.ScriptTarget.Latest, true);
  const declaration = source.statements.filter(ts.isInterfaceDeclaration).find((statement) => statement.name.text === `I${kind}`);
  if (declaration === undefined) throw new Error(`no I${kind} in ${file}`);
  const whole = fieldsOf(declaration.members);
  const spec = whole.is === 'object' ? whole.fields['spec'] : undefined;
  if (spec === undefined) throw new Error(`${kind} has no spec`);
  return spec;
}

function fieldsOf(members: ts.NodeArray<ts.TypeElement>): Published {
  const fields: Record<string, Published> = {};
  const required: string[] = [];
  for (const member of members) {
    if (ts.isIndexSignatureDeclaration(member)) return { is: 'map', of: typeOf(member.type) };
    if (!ts.isPropertySignature(member) || member.type === undefined || !(ts.isStringLiteral(member.name) || ts.isIdentifier(member.name))) throw new Error(`unexpected ${member.getText()}`);
    fields[member.name.text] = typeOf(member.type);
    if (member.questionToken === undefined) required.push(member.name.text);
  }
  return Object.keys(fields).length === 0 ? { is: 'anything' } : { is: 'object', fields, required };
}

function typeOf(type: ts.TypeNode): Published {
  if (ts.isParenthesizedTypeNode(type)) return typeOf(type.type);
  if (ts.isTypeLiteralNode(type)) return fieldsOf(type.members);
  if (ts.isTypeReferenceNode(type)) {
    const [argument] = type.typeArguments ?? [];
    return type.typeName.getText() === 'Array' && argument !== undefined ? { is: 'list', of: typeOf(argument) } : { is: 'anything' };
  }
  // `A & (Exclude<A, …> | …)` is how a `oneof` is written: the first operand has all fields.
  if (ts.isIntersectionTypeNode(type)) return type.types[0] === undefined ? { is: 'anything' } : typeOf(type.types[0]);
  if (ts.isLiteralTypeNode(type) && ts.isStringLiteral(type.literal)) return { is: 'text', oneOf: [type.literal.text] };
  if (ts.isUnionTypeNode(type)) {
    const parts = type.types.filter((part) => !(ts.isLiteralTypeNode(part) && part.literal.kind === ts.SyntaxKind.NullKeyword)).map(typeOf);
    const [only] = parts;
    if (parts.length === 1 && only !== undefined) return only;
    const names = parts.flatMap((part) => (part.is === 'text' ? (part.oneOf ?? []) : []));
    return names.length === parts.length ? { is: 'text', oneOf: names } : { is: 'number-or-text' };
  }
  if (type.kind === ts.SyntaxKind.StringKeyword) return { is: 'text' };
  if (type.kind === ts.SyntaxKind.NumberKeyword) return { is: 'number' };
  return { is: type.kind === ts.SyntaxKind.BooleanKeyword ? 'flag' : 'anything' };
}
