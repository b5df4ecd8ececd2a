// What ensurePublicIdentity would do, each step a sentence and the line that would do it by hand.
import { explain } from '@truetuple/core';
import { simulatedPod } from '@truetuple/core/testing';

const { steps, unknown } = explain(simulatedPod().spec);
for (const { sentence, command } of steps) console.log(`${sentence}\n    ${command}`);
for (const [name, meaning] of Object.entries(unknown)) console.log(`$${name}: ${meaning}`);
