import * as takeOver from '../cloud/acquire/take-over.ts';
import * as undoAcquire from '../cloud/acquire/undo-acquire.ts';
import * as dualStack from '../cloud/ipv6/hold-both.ts';
import * as claimLoss from '../cloud/maintain/claim-loss.ts';
import * as formerHolder from '../cloud/release/former-holder.ts';
import * as lostPublication from '../find-lost.ts';
import * as optionRefusal from '../identity/require-options.ts';
import * as wireWatch from '../keep/wire-watch.ts';
import * as ipv6Choice from '../kernel/choose-ipv6.ts';
import * as ipv6Refusal from '../kernel/refuse-ipv6.ts';
import type { LoadedParts } from '../late-parts.ts';
import * as stepReport from '../report-to-listener.ts';
import * as supersession from '../superseded.ts';
import * as deliveryProof from '../verify/judge-delivery.ts';
import * as ipv6Proof from '../verify/judge-ipv6.ts';
import * as settingsProof from '../verify/judge-settings.ts';
import * as wireProof from '../verify/require-wire-proof.ts';
import * as routesProof from '../verify/verify-foreign-routes.ts';

export const loadedParts: LoadedParts = {
  wireProof,
  wireWatch,
  optionRefusal,
  takeOver,
  claimLoss,
  supersession,
  formerHolder,
  undoAcquire,
  lostPublication,
  dualStack,
  ipv6Choice,
  ipv6Refusal,
  ipv6Proof,
  deliveryProof,
  settingsProof,
  routesProof,
  stepReport,
};
