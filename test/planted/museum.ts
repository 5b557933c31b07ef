import type { Bug } from './bug.ts';
import { adapterBugs } from './bugs/adapters.ts';
import { answerBugs } from './bugs/answers.ts';
import { approvalBugs } from './bugs/approval.ts';
import { askBugs } from './bugs/ask.ts';
import { cloneBugs } from './bugs/clone.ts';
import { consoleBugs } from './bugs/console.ts';
import { doctorBugs } from './bugs/doctor.ts';
import { documentBugs } from './bugs/documents.ts';
import { ethereumBugs } from './bugs/ethereum.ts';
import { evidenceBugs } from './bugs/evidence.ts';
import { functionBugs } from './bugs/functions.ts';
import { gateBugs } from './bugs/gate.ts';
import { gatedSignerBugs } from './bugs/gated-signer.ts';
import { guardBugs } from './bugs/guard.ts';
import { holdBugs } from './bugs/hold.ts';
import { leaseBugs } from './bugs/lease.ts';
import { recoverBugs } from './bugs/recover.ts';
import { relayBugs } from './bugs/relay.ts';
import { powerBugs } from './bugs/power.ts';
import { slackBugs } from './bugs/slack.ts';
import { breakerBugs } from './bugs/breaker.ts';
import { termBugs } from './bugs/terms.ts';
import { surveyBugs } from './bugs/survey.ts';
import { watermarkBugs } from './bugs/watermark.ts';
import { workflowBugs } from './bugs/workflow.ts';

/** Every planted bug, in the order of the table. */
export const museum: readonly Bug[] = [
  ...leaseBugs,
  ...holdBugs,
  ...evidenceBugs,
  ...approvalBugs,
  ...answerBugs,
  ...relayBugs,
  ...slackBugs,
  ...watermarkBugs,
  ...gateBugs,
  ...gatedSignerBugs,
  ...guardBugs,
  ...ethereumBugs,
  ...askBugs,
  ...cloneBugs,
  ...functionBugs,
  ...surveyBugs,
  ...breakerBugs,
  ...termBugs,
  ...powerBugs,
  ...doctorBugs,
  ...recoverBugs,
  ...consoleBugs,
  ...adapterBugs,
  ...workflowBugs,
  ...documentBugs,
];
