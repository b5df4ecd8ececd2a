import type { AddressAttribute } from '@truetuple/core/testing';
import { actionWithoutDryRun, present, type Action } from './action.ts';
import { list, oneOf, optional, text } from './decode-parameters.ts';
import type { XmlFields } from './encode-xml.ts';
import { pageFor, pageParameters } from './parameters.ts';

/** The one attribute that an Elastic IP has. */
const attribute = oneOf('domain-name');

export const modifyAddressAttribute: Action = actionWithoutDryRun(
  { AllocationId: text, DomainName: text },
  async (ec2, { AllocationId: allocationId, DomainName: domainName }) => ({
    address: fieldsOf(ec2.setReverseDns({ allocationId, domainName })),
  }),
);

export const resetAddressAttribute: Action = actionWithoutDryRun(
  { AllocationId: text, Attribute: attribute },
  async (ec2, { AllocationId: allocationId }) => ({
    address: fieldsOf(ec2.setReverseDns({ allocationId, domainName: undefined })),
  }),
);

export const describeAddressesAttribute: Action = actionWithoutDryRun(
  {
    AllocationId: optional(list(text)),
    Attribute: optional(attribute),
    ...pageParameters(1000),
  },
  async (ec2, input) => {
    const found = ec2.describeReverseDns(present({ allocationIds: input.AllocationId }));
    const page = pageFor(found, (address) => address.allocationId, input);
    return { addressSet: page.items.map(fieldsOf), nextToken: page.nextToken };
  },
);

function fieldsOf({ ptrRecordUpdate, ...address }: AddressAttribute): XmlFields {
  return { ...address, ptrRecordUpdate: ptrRecordUpdate && { ...ptrRecordUpdate } };
}
