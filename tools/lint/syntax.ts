// The part of oxlint's plugin contract and of ESTree that the rules here use, written down as types.

/** Any place in a file that a fault can be reported at. */
export interface Place {
  readonly type: string;
}

/** An identifier or a string: a property key, an imported name. */
export interface Name extends Place {
  readonly name?: string;
  readonly value?: unknown;
}

export interface ObjectExpression extends Place {
  readonly properties: readonly (Place & { readonly computed?: boolean; readonly key?: Name })[];
}

export interface ModuleReference extends Place {
  readonly source: Name | null;
  readonly specifiers?: readonly (Place & { readonly imported?: Name; readonly local?: Name })[];
}

export interface RuleContext {
  /** Absolute path. */
  readonly filename: string;
  report(fault: { readonly message: string; readonly node: Place }): void;
}

export interface Rule {
  create(context: RuleContext): Visitor;
}

/** Called with each node of the kind that a key names. */
export interface Visitor {
  Program?(node: Place): void;
  ObjectExpression?(node: ObjectExpression): void;
  ImportDeclaration?(node: ModuleReference): void;
  ExportNamedDeclaration?(node: ModuleReference): void;
  ExportAllDeclaration?(node: ModuleReference): void;
  ImportExpression?(node: ModuleReference): void;
  TSImportType?(node: ModuleReference): void;
  TSEnumDeclaration?(node: Place): void;
  TSParameterProperty?(node: Place): void;
  TSModuleDeclaration?(node: Place): void;
}

/** The text of an identifier or a string; undefined for anything else. */
export function textOf(name: Name | null | undefined): string | undefined {
  if (name?.type === 'Identifier') return name.name;
  return typeof name?.value === 'string' ? name.value : undefined;
}
