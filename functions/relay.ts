import type { z } from 'zod';
import type { Relayed } from '../aws/alert-test.ts';
import { BatonError } from '../core/errors.ts';
import { durationMs } from '../core/time.ts';
import { alertOf, type Alert } from '../relay/index.ts';
import { sendTo, type Outcome } from '../relay/send.ts';
import { relay as contract } from './contract.ts';
import type { Deps } from './shared/deps.ts';
import { handlerOf, type Act } from './shared/handler.ts';
import * as make from './shared/make.ts';

/** Time kept to note who has taken the alert. */
const noteMs = 3_000;

type Needs = Pick<Deps, 'clock' | 'relay' | 'relayLog' | 'alertTests' | 'measure'>;

// What cannot be noted or read is sent again: twice is better than never.
const orNothing = <T>(work: Promise<T>, nothing: T): Promise<T> => work.catch(() => nothing);

const noteTest = async (alert: Alert, outcomes: readonly Outcome[], deps: Needs, signal: AbortSignal): Promise<void> => {
  if (alert.test === undefined) return;
  const atMs = deps.clock.epochMs();
  const relays = Object.fromEntries(outcomes.map(({ name, kind, taken, how }): [string, Relayed] => [name, { kind, taken, how, atMs }]));
  await orNothing(deps.alertTests.noteRelays(alert.test, relays, signal), false);
};

/** Never rejects for a destination: what each made of it is in the result. */
const passOn = async (alert: Alert, deps: Needs, signal: AbortSignal, until: AbortSignal): Promise<readonly Outcome[]> => {
  const { destinations } = await deps.relay.settings(signal);
  const before = await orNothing(deps.relayLog.takenBy(alert.id, signal), []);
  const outcomes = await Promise.all(
    destinations.map(async (destination): Promise<Outcome> => {
      const { name, kind } = destination;
      if (before.includes(name)) return { name, kind, taken: true, how: 'taken before' };
      const outcome = await sendTo(destination, alert, { ...deps.relay, clock: deps.clock }, until);
      deps.measure.split(outcome.taken ? 'RelaySent' : 'RelayFailed', kind, 1);
      return outcome;
    }),
  );
  const fresh = outcomes.flatMap(({ name, taken }) => (taken && !before.includes(name) ? [name] : []));
  await Promise.all([
    fresh.length === 0 ? undefined : orNothing(deps.relayLog.note(alert.id, fresh, signal), false),
    noteTest(alert, outcomes, deps, signal),
  ]);
  return outcomes;
};

/** Passes on what is published to the topic. When a destination did not take it the function fails after the others have it: Lambda asks again. */
export const relay: Act<
  z.output<typeof contract.input>,
  z.input<typeof contract.output>,
  'clock' | 'relay' | 'relayLog' | 'alertTests' | 'measure'
> = async (input, deps, signal, remainingMs) => {
  const until = AbortSignal.any([signal, deps.clock.timeout(durationMs(Math.max(0, remainingMs() - noteMs)))]);
  const outcomes: Outcome[] = [];
  for (const { Sns: sns } of input.Records) outcomes.push(...(await passOn(alertOf(sns, deps.relay.stack), deps, signal, until)));
  const missed = outcomes.filter(({ taken }) => !taken).map(({ name, kind, how }) => `${name} (${kind}): ${how}`);
  if (missed.length === 0) return { sentence: `Passed on to ${outcomes.map(({ name }) => name).join(', ')}.`.slice(0, 2_000) };
  throw new BatonError('AlertFailed', `not taken by ${missed.join('; ')}`.slice(0, 2_000), {
    fix: 'Mend that destination in the parameter as docs/alerts.md says, then: baton alert-test --wait',
  });
};

export const handler = handlerOf({ name: 'Relay', ...contract }, relay, {
  clock: make.clock,
  relay: make.relay,
  relayLog: make.relayLog,
  alertTests: make.alertTests,
  measure: make.measure,
});
