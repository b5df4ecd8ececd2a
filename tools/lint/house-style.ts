// The rules of this repository that no stock rule knows, as a plugin for oxlint.
import { join } from 'node:path';
import { fileNameFaults } from './file-name.ts';
import { importFaults } from './imports.ts';
import { repositoryPath } from './module-path.ts';
import { textOf, type ModuleReference, type Rule, type RuleContext } from './syntax.ts';

const root = join(import.meta.dirname, '..', '..');

/** An object with a `kind` names every field: a spread may bring a `kind` of its own. */
const taggedLiteral: Rule = {
  create: (context) => ({
    ObjectExpression(node): void {
      const isTagged = node.properties.some(
        (property) => property.computed !== true && textOf(property.key) === 'kind',
      );
      const spread = node.properties.find((property) => property.type === 'SpreadElement');
      if (!isTagged || spread === undefined) return;
      const message =
        'An object with a `kind` has no spread: name every field, or a stray `kind` slips in.';
      context.report({ message, node: spread });
    },
  }),
};

/** What a build by erasing types cannot carry: a type, or a constant object with a type, says the same. */
const erasable: Rule = {
  create: (context) => ({
    TSEnumDeclaration: (node): void =>
      context.report({ message: 'No enum: use a union of literals.', node }),
    TSParameterProperty: (node): void =>
      context.report({ message: 'No parameter property: declare the field.', node }),
    TSModuleDeclaration: (node): void =>
      context.report({ message: 'No namespace: a module is one.', node }),
  }),
};

const fileName: Rule = {
  create: (context) => ({
    Program(node): void {
      const path = repositoryPath(root, context.filename);
      if (path === undefined) return;
      for (const message of fileNameFaults(path)) context.report({ message, node });
    },
  }),
};

const imports: Rule = {
  create(context) {
    const check = (node: ModuleReference): void => checkImport(context, node);
    return {
      ImportDeclaration: check,
      ExportNamedDeclaration: check,
      ExportAllDeclaration: check,
      ImportExpression: check,
      TSImportType: check,
    };
  },
};

function checkImport(context: RuleContext, node: ModuleReference): void {
  const specifier = textOf(node.source);
  const path = repositoryPath(root, context.filename);
  if (specifier === undefined || path === undefined) return;
  for (const because of importFaults(path, { specifier, names: namesTaken(node) })) {
    context.report({ message: `"${specifier}" is not for this file: ${because}.`, node });
  }
}

/** undefined when the whole module is taken: a namespace, a default, a dynamic import, `export *`. */
function namesTaken({ specifiers }: ModuleReference): readonly string[] | undefined {
  const names: string[] = [];
  for (const specifier of specifiers ?? []) {
    const isNamed = specifier.type === 'ImportSpecifier' || specifier.type === 'ExportSpecifier';
    // in `export { a as b } from 'x'` it is the local side that is taken from x
    const name = textOf(specifier.imported ?? specifier.local);
    if (!isNamed || name === undefined) return undefined;
    names.push(name);
  }
  return names.length === 0 ? undefined : names;
}

const plugin: { readonly meta: { readonly name: string }; readonly rules: Record<string, Rule> } = {
  meta: { name: 'house' },
  rules: { 'tagged-literal': taggedLiteral, erasable, 'file-name': fileName, imports },
};

export default plugin;
