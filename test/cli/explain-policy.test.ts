import { describe, expect, test } from 'vitest';
import { alive, baton, enrolled, hub, inWords, records, started, text, told, useCli } from '../support/cli-bench.ts';
import { amber, birch, configOf, robin } from '../support/core.ts';

useCli();

const outcomes = (): unknown[] =>
  (told['outcomes'] as { code: string | null; asksPeople: boolean }[]).map(({ code, asksPeople }) => code ?? asksPeople);
const now = 1_700_000_000_000;

describe('explain policy', () => {
  test('tells what Assess would answer, and starts nothing', async () => {
    await enrolled();
    alive([amber, birch]);
    expect(await inWords('explain', 'policy', 'hub-1')).toBe(0);
    expect(text.split('\n')).toEqual([
      'hub-1',
      '  at stake on cometbft, when it does not sign: Jailed after about 95 % of a window of blocks is missed (cosmoshub-4: 10,000 blocks, some 16 hours), ' +
        'then 0.01 % of the stake is slashed.',
      '    when it signs twice: 5 % of the stake is slashed, and the validator is tombstoned: its key never signs again.',
      '    written in https://docs.cosmos.network/main/build/modules/slashing and https://hub.cosmos.network/main/validators/overview',
      '  the guard is the signer: lapsed could be a proof',
      '  mode approve; 1 of role/approver must approve within 900 s',
      '  evidence that is accepted: relinquished, stopped, powered-off',
      '  at most 3 failovers a day by itself, 600 s apart',
      '  lease: term 1 is HELD, amber (i-0a11ce0000000001) is the recorded active',
      '  pause: none; verdict of the watch: healthy; failovers within a day: 0',
      '  amber: ready (the recorded active)',
      '  birch: ready',
      ...['the watch finds it failing', 'a person asks for a failover', 'a person asks for a switchover'].map(
        (when) =>
          `If ${when}: people are asked. Plan: fence amber (i-0a11ce0000000001), then let birch (i-0b0b000000000002) sign for hub-1 in term 2.`,
      ),
      'DryRun and ApprovalRequired of the stack are not seen from here, nor is the chain.',
      '',
    ]);
    expect(started).toEqual([]);
  });
  test('of a policy that acts by itself, with its assumptions', async () => {
    await enrolled((one) => {
      one['policy'] = {
        mode: 'auto',
        approvers: ['role/approver'],
        evidence: ['stopped', 'lapsed', 'attested'],
        assumptions: { lapsed: 'Clocks are true enough.', attested: 'People tell the truth here.' },
      };
    });
    alive([amber, birch]);
    expect(await inWords('explain', 'policy', 'hub-1')).toBe(0);
    expect(text).toContain('    lapsed rests on: Clocks are true enough.\n    attested rests on: People tell the truth here.\n');
    expect(text).toContain('If the watch finds it failing: it goes on by itself. Plan: fence amber');
  });
  test('names what keeps it back: for a verdict, for people, and why no standby is ready', async () => {
    await enrolled();
    alive([amber, birch]);
    await records().addHistory(hub, { execution: 'one', atMs: now - 60_000 });
    expect(await baton('explain', 'policy', 'hub-1')).toBe(0);
    expect(outcomes()).toEqual(['CoolDown', true, true]);
    expect(told).toMatchObject({ failoversWithinADay: 1, verdict: 'healthy' });
    alive([amber]);
    await baton('explain', 'policy', 'hub-1');
    expect(outcomes()).toEqual(['CoolDown', 'CandidateNotReady', 'CandidateNotReady']);
    expect(told).toMatchObject({
      nodes: [
        { name: 'amber', notReady: null },
        { name: 'birch', notReady: 'its guard is silent' },
      ],
    });
  });
  test('of a pause that holds, of one that is over, and of a streak', async () => {
    await enrolled();
    alive([amber, birch]);
    await records().writeWatch(hub, 'home', { samples: [], state: 'suspect', episode: 'abc', paged: false });
    await records().pause(hub, { by: robin, reason: 'Upgrade.', atMs: now, untilMs: now + 1 });
    await inWords('explain', 'policy', 'hub-1');
    expect(text).toContain(`  pause: by ${robin}: Upgrade.; verdict of the watch: suspect; failovers within a day: 0\n`);
    expect(text).toContain('If a person asks for a switchover: Paused. ');
    expect(text).toContain('  next: baton resume hub-1\n');
    await records().pause(hub, { by: robin, reason: 'Upgrade.', atMs: now, untilMs: now });
    await baton('explain', 'policy', 'hub-1');
    expect(told).toMatchObject({ paused: null });
  });
  test('of a validator that nobody configured, and of one that is not enrolled', async () => {
    expect(await baton('explain', 'policy', 'hub-1')).toBe(2);
    await records().writeConfig(configOf());
    expect(await baton('explain', 'policy', 'hub-1')).toBe(0);
    expect(outcomes()).toEqual(['LeaseMissing', 'LeaseMissing', 'LeaseMissing']);
    expect(told).toMatchObject({ lease: null });
  });
  test('needs a validator, and an execution needs none', async () => {
    expect(await baton('explain', 'policy')).toBe(2);
    expect(told).toMatchObject({ error: { message: 'explain policy needs a validator', field: 'VALIDATOR' } });
    expect(await baton('explain', 'hub-1.t1.x', 'hub-1')).toBe(2);
    expect(told).toMatchObject({ error: { message: 'explain takes one execution, not hub-1 too' } });
    expect(await baton('explain', 'hub-1.t1.x')).toBe(0);
  });
});
