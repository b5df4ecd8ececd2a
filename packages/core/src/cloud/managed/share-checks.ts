import type { CallOptions, Ec2Api } from '../ec2/ec2-api.ts';

/**
 * An Ec2Api in which several who switch off the source/destination check of one network interface at the same time make one call. An
 * abort ends it before it is sent for all of them, as they have one signal.
 */
export function shareChecks(ec2: Ec2Api): Ec2Api {
  const underWay = new Map<string, Promise<void>>();
  return {
    ...ec2,
    setSourceDestCheck: (input, call?: CallOptions) => {
      const key = `${input.networkInterfaceId} ${input.sourceDestCheck}`;
      const known = underWay.get(key);
      if (known !== undefined) return known;
      const made = ec2.setSourceDestCheck(input, call).finally(() => underWay.delete(key));
      underWay.set(key, made);
      return made;
    },
  };
}
