import { bugsOf, type Bug } from '../bug.ts';

/** Power that is said to be off and is not, and fences that are said to work and do not. */

const rules = 'core/power-proof.ts';
const ruleTests = 'core/power-proof.test.ts';
const redfish = 'power/redfish.ts';
const redfishTests = 'power/redfish.test.ts';
const webhook = 'power/webhook.ts';
const webhookTests = 'power/webhook.test.ts';

const of = bugsOf('evidence');

export const powerBugs: readonly Bug[] = [
  of(
    'power-off-before-the-order',
    'Off is off, whenever it was read; a controller remembers the restart of a minute ago, and the machine has long been up and signs.',
    [{ file: rules, find: "  if (!of.ordered) return none('no order of this term to cut its power was taken yet');\n", replace: '' }],
    ruleTests,
    'is none before an order of this term was taken',
  ),
  of(
    'power-order-skipped-when-off',
    'A machine that shows Off needs no order, so none is sent, and it is called ordered.',
    [{ file: redfish, find: "system.PowerState === 'Off' && this.#orders.taken(ask)", replace: "system.PowerState === 'Off'" }],
    redfishTests,
    'Off of a time before the order is no proof',
  ),
  of(
    'power-order-of-another-term',
    'An order was given to this machine some seconds ago; that it was one of another term, and the machine has been started since, is not looked at.',
    [{ file: 'power/switch.ts', find: '`${validator}/${node}/${term}`', replace: '`${validator}/${node}/${term > 0}`' }],
    redfishTests,
    'an order of another term, or of another function, does not count',
  ),
  of(
    'power-off-soon',
    'PoweringOff ends in Off, so it is as good, and some seconds are won; an operating system that hangs stays there for ever.',
    [
      {
        file: rules,
        find: 'if (shown.state !== offStates[said.kind])',
        replace: "if (shown.state !== offStates[said.kind] && shown.state !== 'PoweringOff')",
      },
    ],
    ruleTests,
    'no other word than Off and off is proof, whatever it is',
  ),
  of(
    'power-of-another-machine',
    'The address is the machine; after a blade was swapped, another one answers there.',
    [
      { file: redfish, find: 'system.Id !== power.system || system.UUID !== power.uuid', replace: 'system.Id !== power.system' },
      { file: rules, find: 'if (said.uuid !== uuid) return', replace: 'if (said.uuid === undefined) return' },
    ],
    redfishTests,
    'another UUID',
  ),
  of(
    'power-answer-to-another-question',
    'It is signed, so it is true; a signed answer of the last failover, sent again, is true no more.',
    [{ file: rules, find: "if (answered.nonce !== asked.nonce) return 'the answer is to another question';", replace: '' }],
    ruleTests,
    'is none of another machine, node, validator, term or question',
  ),
  of(
    'webhook-believed-unsigned',
    'The answer comes over TLS from the right host, so its signature is checked only when it has one.',
    [{ file: webhook, find: 'if (!isSigned(', replace: "if (one(reply.headers['webhook-signature']) !== '' && !isSigned(" }],
    webhookTests,
    'an answer without a signature',
  ),
  of(
    'webhook-order-answer-is-the-state',
    'The receiver has answered the order with `off`, so a second question is one too many; it had only taken the order.',
    [{ file: webhook, find: "this.#ask('fence.state', ask, signal)", replace: "this.#ask('fence.off', ask, signal)" }],
    webhookTests,
    'an order whose answer says off is no proof while the state says on',
  ),
  of(
    'reply-cut-at-its-limit',
    'What is over the limit is dropped, and the rest is the reply; the beginning of a long one is read as the whole.',
    [{ file: 'power/call.ts', find: "if (size > mostBytes) reject(new Unanswered('its answer is too long'));\n          else ", replace: '' }],
    webhookTests,
    'an answer without end',
  ),
  of(
    'certificate-looked-at-afterwards',
    'The fingerprint is for the log; the password went out before it was compared.',
    [
      {
        file: 'power/call.ts',
        find: 'fingerprint === undefined || fingerprintOf(socket) === fingerprint',
        replace: 'fingerprintOf(socket) !== undefined',
      },
    ],
    redfishTests,
    'with another certificate gets no login',
  ),
  of(
    'slow-power-holds-up-the-proof',
    'All kinds are looked at side by side and waited for together: a controller that hangs delays what the guard has said long ago.',
    [{ file: 'functions/shared/fence-pass.ts', find: "found.outcome === 'proof' ? found : whole", replace: 'found && whole' }],
    'functions/fence.test.ts',
    'a power that is slow to answer holds up no other proof',
  ),
  of(
    'fence-test-any-refusal-works',
    'A dry run is always refused, so a refusal is success; the one for a right that is missing is another.',
    [
      { file: 'aws/power.ts', find: "if (told === 'UnauthorizedOperation')", replace: "if (told === 'no refusal')" },
      { file: 'aws/power.ts', find: "if (told !== 'DryRunOperation')", replace: "if (told === 'no refusal')" },
    ],
    'aws/power.test.ts',
    'a right that is missing is no success',
  ),
  of(
    'fence-test-that-failed-is-fresh',
    'The fence was tested today, so it is young; that the test failed is said elsewhere.',
    [{ file: 'core/fence-test.ts', find: "now.code === 'works' ? of.atMs : before?.workedAtMs", replace: 'of.atMs' }],
    'core/fence-test.test.ts',
    'keeps when a fence worked last, through tests that fail',
  ),
  of(
    'fence-never-tested-is-young',
    'Where no test is known there is no age, so it is 0; a fence that was never tested rings never.',
    [{ file: 'core/fence-test.ts', find: 'workedAtMs === undefined ? neverHours :', replace: 'workedAtMs === undefined ? 0 :' }],
    'functions/survey.test.ts',
    'of which no test is known are old for ever',
  ),
  of(
    'fence-test-unseen-is-well',
    'A record that cannot be read is left out of the figures, which then say that all is well; the alarm on missing data never rings.',
    [
      { file: 'functions/shared/measure-fences.ts', find: '  if (unseen) return;\n', replace: '' },
      { file: 'functions/shared/measure-fences.ts', find: 'ageHours } = fenceTotals(seen', replace: 'ageHours } = fenceTotals(unseen ? [] : seen' },
    ],
    'functions/survey.test.ts',
    'whose record gives no answer have no figures',
  ),
];
