/** A safety rule of core, and how it is switched off: a text of a source file, and what it becomes. */
export interface Mutant {
  readonly name: string;
  /** Under packages/core/src. */
  readonly file: string;
  readonly text: string;
  readonly replacement: string;
}

export const mutants: readonly Mutant[] = [
  {
    name: 'AllowReassociation is true',
    file: 'cloud/perform-cloud-step.ts',
    text: 'allowReassociation: false,',
    replacement: 'allowReassociation: true as never,',
  },
];
