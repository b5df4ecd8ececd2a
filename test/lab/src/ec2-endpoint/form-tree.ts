import type { Form } from './parse-form.ts';
import { refuse } from './refusal.ts';

/** A parameter's value, or the parameters below a name: `Filter.1.Name` is three levels. */
export type FormNode = string | FormBranch;
export type FormBranch = ReadonlyMap<string, FormNode>;

type Growing = Map<string, string | Growing>;

/** TagSpecification.1.Tag.1.Key is the deepest name that an action here takes. */
const depthLimit = 6;

/** Unfolds dotted names into a tree; refuses names that contradict each other. */
export function formTree(form: Form): FormBranch {
  const root: Growing = new Map();
  for (const [name, value] of form) insert(root, name, value);
  return root;
}

function insert(root: Growing, name: string, value: string): void {
  const parts = name.split('.');
  const last = parts.pop() ?? '';
  if (parts.length >= depthLimit || last === '' || parts.includes('')) {
    refuse('UnknownParameter', `The parameter ${name} is not recognized`);
  }
  let branch = root;
  for (const part of parts) branch = branchBelow(branch, part, name);
  if (branch.has(last)) contradiction(name);
  branch.set(last, value);
}

function branchBelow(branch: Growing, part: string, name: string): Growing {
  const below = branch.get(part) ?? new Map<string, string | Growing>();
  if (typeof below === 'string') return contradiction(name);
  branch.set(part, below);
  return below;
}

function contradiction(name: string): never {
  return refuse('InvalidQueryParameter', `The parameter ${name} is both a value and a list`);
}
