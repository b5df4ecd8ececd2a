import { refuse } from './refuse.ts';

/** Refuses a call that gives none of these parameters, or more than one. */
export function requireExactlyOne(
  isGivenByName: Readonly<Record<string, boolean>>,
  noneCode = 'MissingParameter',
): void {
  const names = Object.keys(isGivenByName);
  const given = names.filter((name) => isGivenByName[name] === true);
  if (given.length > 1) {
    refuse(
      'InvalidParameterCombination',
      `The parameters ${given.join(' and ')} may not be used together.`,
    );
  }
  if (given.length === 0) refuse(noneCode, `One of ${names.join(', ')} is needed.`);
}
